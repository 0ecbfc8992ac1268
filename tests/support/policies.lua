-- What specs of policies need: connections by a few words, sources with given tenants, and scripts
-- of policies with true file names and lines.

local connection = require "xero.connection"
local marks = require "xero.marks"
local plan = require "xero.plan"
local policy = require "xero.policy"
local time = require "xero.time"

local policies = {}

---The present of all specs: 2026-11-23T12:00:00Z.
policies.NOW = time.parse "2026-11-23T12:00:00"

local DAY = 86400

---@param n integer
---@return string id the same for the same number
function policies.id(n) return ("%08x-0000-4000-8000-000000000000"):format(n) end

---@param n integer
---@return string id of a tenant
function policies.tenant(n) return ("%08x-1111-4000-8000-000000000000"):format(n) end

---A date in Xero's form, so many days ago.
---@param days number
---@return string
function policies.days_ago(days)
  return (time.format(policies.NOW - days * DAY):sub(1, -2) .. ".0000000")
end

---Connections of the fields given; what is not given is filled in, `false` leaves it out.
---@param list table[]
---@return xero.Connection[]
function policies.connections(list)
  local made = {}
  for i, fields in ipairs(list) do
    local one = {
      id = policies.id(i), tenantId = policies.tenant(i), tenantName = "Tenant " .. i,
      tenantType = "ORGANISATION", authEventId = policies.id(1000 + i),
      createdDateUtc = policies.days_ago(400), updatedDateUtc = policies.days_ago(200),
    }
    for key, value in pairs(fields) do one[key] = value or nil end
    made[i] = one
  end
  return connection.adopt(require("xero.json").array(made))
end

---So many connections without anything special.
---@param count integer
---@return xero.Connection[]
function policies.many(count)
  local list = {}
  for i = 1, count do list[i] = {} end
  return policies.connections(list)
end

---A source as rules see it, and what it gives when loaded.
---@param name string
---@param tenants integer[] the numbers of its tenants
---@param history? table
---@return table source
---@return table loaded
function policies.source(name, tenants, history)
  local ids = {}
  for _, n in ipairs(tenants) do ids[policies.tenant(n)] = { n = tostring(n) } end
  local source = setmetatable({ name = name }, { __name = "xero.source" })
  return source, { ids = ids, rows = #tenants, at = policies.NOW, history = history }
end

---Loads the text of a policy script called offboard.lua; `names` are its globals.
---@param text string
---@param names? table
---@return xero.Policy
function policies.load(text, names)
  local env = setmetatable({ policy = policy }, {
    __index = function(_, name) return names and names[name] or _G[name] end,
  })
  return policy.load(assert(load(text, "@offboard.lua", "t", env)), "offboard.lua")
end

---The plan of rules for connections; `input` adds to the input of plan.make.
---@param made xero.Policy
---@param connections xero.Connection[]
---@param input? table
---@return xero.Plan
function policies.plan(made, connections, input)
  local all = { policy = made, connections = connections, now = policies.NOW }
  for key, value in pairs(input or {}) do all[key] = value end
  return plan.make(all)
end

---What is remembered once a plan was carried out, as it is read again from its file.
---@param made xero.Plan
---@return xero.State
function policies.state_after(made)
  local state = marks.advance(made.before, made.policy.name, made.record)
  return assert(marks.decode(marks.encode(state)))
end

---The verdicts of a plan, one letter each: (p)rotected, (k)ept, (d)isconnect, (w)aiting, (h)eld.
---@param made xero.Plan
---@return string
function policies.verdicts(made)
  local letters = {}
  for i, entry in ipairs(made.entries) do letters[i] = entry.verdict:sub(1, 1) end
  return table.concat(letters)
end

return policies
