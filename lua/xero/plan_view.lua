-- A plan as people and programs read it: what would go, what waits, what is held and why, and in
-- one line what stays. A refused plan is shown whole before it is refused.

local errors = require "xero.error"
local json = require "xero.json"
local log = require "xero.log"
local native = require "xero.native"
local output = require "xero.output"
local shown_name = require("xero.connection").shown_name
local time = require "xero.time"

local plan_view = {}

local STAYS = { protected = true, kept = true }

local function rows_of(plan, all)
  local rows = {}
  for _, entry in ipairs(plan.entries) do
    if all or not STAYS[entry.verdict] then
      table.insert(rows, {
        id = entry.connection.id,
        tenantId = entry.connection.tenantId,
        tenantName = entry.connection.tenantName,
        verdict = entry.verdict,
        rule = entry.rule.label,
        reason = entry.reason,
        due = entry.verdict == "waiting" and time.format(entry.due) or nil,
      })
    end
  end
  return rows
end

local COLUMNS = {
  { title = "VERDICT", key = "verdict" },
  { title = "ID", key = "id" },
  { title = "RULE", key = "rule", max = 30 },
  { title = "NAME", value = function(row) return shown_name(row.tenantName) end, max = 30 },
  { title = "REASON", key = "reason" },
}

local FIELDS = { "verdict", "id", "tenantName", "tenantId", "rule", "reason", "due" }

local function summary(counts)
  return ("%d of %d connections would be disconnected; %d wait, %d held; %d stay, %d of them"
    .. " protected"):format(counts.disconnect, counts.total, counts.waiting, counts.held,
    counts.kept + counts.protected, counts.protected)
end

local function refusals_of(plan)
  local messages = {}
  for _, refusal in ipairs(plan.refusals) do table.insert(messages, refusal.message) end
  return json.array(messages)
end

local function write_json(plan, all)
  print(json.encode({
    policy = plan.policy.name,
    profile = plan.profile,
    counts = plan.counts,
    limit = { allowed = plan.limits[1].allowed, says = plan.limits[1].says },
    quota = plan.quota,
    refusals = refusals_of(plan),
    connections = json.array(rows_of(plan, all)),
  }, { indent = 2, order = {
    "policy", "profile", "counts", "limit", "quota", "refusals", "connections",
    table.unpack(FIELDS),
  } }))
end

-- Ids may go straight to xero-run disconnect: only those that go, and none of a refused plan.
local function write_ids(plan)
  if plan.refusal then return end
  for _, entry in ipairs(plan.entries) do
    if entry.verdict == "disconnect" then print(entry.connection.id) end
  end
end

local function write(plan, all)
  local format = native.options.format or "table"
  if format == "ids" then return write_ids(plan) end
  if format == "json" then return write_json(plan, all) end
  local rows = rows_of(plan, all)
  if format ~= "table" then
    return output.write(rows, { fields = FIELDS, columns = COLUMNS })
  end
  if #rows > 0 then output.write(rows, { columns = COLUMNS }) end
  output.print_line(summary(plan.counts), 2)
  if plan.quota and plan.quota.message then print(plan.quota.message) end
end

-- All that forbids it is said; the first one ends the run.
local function refuse(plan)
  for i = 2, #plan.refusals do log.error("REFUSED: %s", plan.refusals[i].message) end
  local first = plan.refusal
  first.message = "REFUSED: " .. first.message
  errors.raise(first)
end

---Shows a plan in the format that was asked for. Raises what refuses it.
---@param plan xero.Plan
---@param all? boolean every connection, those that stay, too
function plan_view.show(plan, all)
  write(plan, all)
  if plan.refusal then refuse(plan) end
end

return plan_view
