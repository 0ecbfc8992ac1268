-- Unit tests of policies: a policy's file, a fixed present, and fixtures in place of Xero and of
-- the sources. Nothing is read but the policy, and nothing can be disconnected.
--
--   local testing = require("xero").testing
--   local offboard = testing.policy "offboard.lua"
--
--   it("keeps active customers", function()
--     local plan = offboard:plan {
--       connections = { "Ripple", { name = "Old Co", updated = "90d" } },
--       sources = { crm = { testing.tenant_id "Ripple" } },
--     }
--     assert.keeps(plan, "Ripple")
--     assert.disconnects(plan, "Old Co", "not an active customer")
--   end)
--
-- The policy is loaded, its sources judged and the plan made by the very code of `xero-run plan`.

local errors = require "xero.error"
local fixture = require "xero.testing_fixture"
local limits = require "xero.limits"
local marks = require "xero.marks"
local native = require "xero.native"
local planner = require "xero.plan"
local policy_file = require "xero.policy_file"
local suggest = require "xero.suggest"
local time = require "xero.time"
local uuid = require "xero.uuid"

---@class xero.Testing
local testing = {}

---The present of tests that do not say another: 2026-01-01T12:00:00Z, in seconds since the epoch.
---@type number
testing.NOW = time.parse "2026-01-01T12:00:00"

---The tenant id that a connection of a test has by its name.
---@type fun(name: string): string
testing.tenant_id = fixture.tenant_id

-- Paths -------------------------------------------------------------------------------------------

-- The directory of the file that called into this one: the test's.
local function directory_of_caller()
  local own = debug.getinfo(1, "S").source
  for level = 3, math.huge do
    local info = debug.getinfo(level, "S")
    if not info then return "" end
    if info.what ~= "C" and info.source ~= own then
      return info.source:match "^@(.*/)" or ""
    end
  end
end

-- A file beside the test, or else seen from the working directory.
local function find(path)
  if type(path) ~= "string" then
    error(("bad argument #1 (a path expected, got %s)"):format(type(path)), 3)
  end
  local beside = path:sub(1, 1) ~= "/" and directory_of_caller() .. path or path
  for _, candidate in ipairs { beside, path } do
    local status = native.file_status(candidate)
    if status and status.kind == "file" then return candidate end
  end
  error(("there is no file %s%s"):format(beside, beside ~= path and ", and no " .. path or ""), 3)
end

---The text of a file, seen from the directory of the test, or else from the working directory: for
---a source whose fixture is the text that it would read.
---@param path string
---@return string
function testing.read(path)
  local found = find(path)
  local file <close> = assert(io.open(found, "rb"))
  return file:read "a"
end

---The connections in a file, as `xero-run list --format json --anonymise` writes them.
---@param path string seen from the directory of the test, or else from the working directory
---@return xero.Connection[]
function testing.connections(path)
  local found = find(path)
  local file <close> = assert(io.open(found, "rb"))
  local ok, list = pcall(fixture.read_connections, file:read "a")
  if not ok then error(("%s: %s"):format(found, tostring(list)), 2) end
  return list
end

-- The plan ----------------------------------------------------------------------------------------

-- Whether a connection is the one that is meant, or of the tenant that is.
local function is_of(connection, who)
  if who == connection or who == connection.name then return true end
  if not uuid.is(who) then return false end
  return connection.id ~= nil and uuid.equal(connection.id, who)
    or connection.tenantId ~= nil and uuid.equal(connection.tenantId, who)
end

---@class xero.testing.Plan
---@field entries xero.PlanEntry[] in the order of the connections; none where a source refused
---@field counts table<string, integer> by verdict, and `total`
---@field refusals xero.Error[] why it would not be applied
local Plan = {}
Plan.__index = Plan
Plan.__name = "xero.testing.Plan"

---Tells whether a value is a plan of a test.
---@param value any
---@return boolean
function testing.is_plan(value)
  return getmetatable(value) == Plan
end

---The names of the tenants with a verdict, in the order of the connections.
---@param verdict "protected"|"kept"|"disconnect"|"waiting"|"held"
---@return string[]
function Plan:names(verdict)
  local names = {}
  for _, entry in ipairs(self.entries) do
    if entry.verdict == verdict then names[#names + 1] = entry.connection.name end
  end
  return names
end

---The entries of a tenant: by its name, by an id of it or of its connection, or of a connection.
---@param who string|xero.Connection
---@return xero.PlanEntry[]
function Plan:find(who)
  local found = {}
  for _, entry in ipairs(self.entries) do
    if is_of(entry.connection, who) then found[#found + 1] = entry end
  end
  return found
end

-- Scenarios ---------------------------------------------------------------------------------------

local SCENARIO = {
  "now", "connections", "sources", "profile", "matched_for", "previous", "max_disconnects",
}

---@class xero.testing.Scenario
---@field now? string|number the present; testing.NOW
---@field connections (string|table)[] a name; or Xero's own fields, where `name`, `created` and
---  `updated` (a date, or how long ago) will do; or what testing.connections gives
---@field sources? table<string, any> by name, in place of the source: a list of the ids that count,
---  a list of rows, a text; or { rows =, text =, age =, before = }: how old the data are, and how
---  many ids there were at the last success
---@field profile? { name?: string, protect?: table<string, string>, limits?: table }
---@field matched_for? string|table<string, string> how long the rules with `after` have matched: of
---  all tenants, or by name
---@field previous? xero.testing.Plan the run before this one: its marks and numbers are remembered,
---  and what was ago is counted from the first run, so that it stays the same connection
---@field max_disconnects? integer the option

local function check_scenario(self, scenario)
  if type(scenario) ~= "table" then
    error(("expected a scenario { connections = { … } }, got %s"):format(type(scenario)), 0)
  end
  fixture.check_keys("a scenario", scenario, SCENARIO)
  local names = {}
  for i, source in ipairs(self.declared.sources) do names[i] = source.name end
  for name in pairs(scenario.sources or {}) do
    local nearest = suggest(tostring(name), names)
    if nearest ~= name then
      error(('the policy has no source "%s"%s'):format(tostring(name),
        nearest and (': did you mean "%s"?'):format(nearest) or ""), 0)
    end
  end
  if scenario.previous ~= nil and not testing.is_plan(scenario.previous) then
    error("previous: expected a plan", 0)
  end
end

-- Dates ahead of the present are what a fixture of real connections has in a test that says no
-- present: rules about age would mean nothing.
local function check_dates(connections, now)
  for _, each in ipairs(connections) do
    local latest = math.max(each.created_at or 0, each.updated_at or 0)
    if latest > now then
      error(('%s is of %s, which is after the test\'s present, %s: say now = "…"'):format(
        tostring(each), time.format(latest), time.format(now)), 0)
    end
  end
end

local function check_matched_for(scenario, connections)
  if type(scenario.matched_for) ~= "table" then return end
  for who in pairs(scenario.matched_for) do
    local found = false
    for _, each in ipairs(connections) do found = found or is_of(each, who) end
    if not found then error(('matched_for: no connection is called "%s"'):format(who), 0) end
  end
end

local PROFILE = { "name", "protect", "limits" }
local PROFILE_PLACE = { what = "profile", is_vague = true }

local function profile_of(given)
  if given == nil then return nil end
  fixture.check_keys("a profile", given, PROFILE)
  for tenant in pairs(given.protect or {}) do
    if not uuid.is(tenant) then
      error(("profile.protect: %s is no tenant's id: say [testing.tenant_id %q]"):format(
        tostring(tenant), tostring(tenant)), 0)
    end
  end
  if given.limits ~= nil then limits.check(given.limits, PROFILE_PLACE) end
  return { name = given.name or "test", protect = given.protect, limits = given.limits }
end

local function load_sources(self, scenario, input)
  local loaded, histories = {}, marks.histories(input.state, self.declared.name)
  for _, source in ipairs(self.declared.sources) do
    local given = scenario.sources and scenario.sources[source.name]
    loaded[source] = fixture.load(source, given, input.now, histories[source.name])
  end
  return loaded
end

-- How long a tenant's rule has matched, or nil.
local function matched_for(scenario, connection)
  local given = scenario.matched_for
  if type(given) ~= "table" then return fixture.duration(given, "matched_for") end
  for who, duration in pairs(given) do
    if is_of(connection, who) then return fixture.duration(duration, "matched_for") end
  end
end

-- The marks that earlier runs would have left, as a plan without them shows who waits for what.
local function add_marks(input, scenario)
  if not scenario.matched_for then return end
  local before = input.state.policies[input.policy.name]
  local record = {
    at = before and before.at or input.now,
    connections = before and before.connections or 0,
    sources = before and before.sources or {},
    marks = {},
  }
  for _, entry in ipairs(planner.make(input).entries) do
    local seconds = entry.since and matched_for(scenario, entry.connection)
    if seconds then
      record.marks[uuid.normal(entry.connection.id)] = {
        rule = entry.rule.identity,
        since = input.now - seconds,
        updated = entry.connection.updatedDateUtc,
      }
    end
  end
  input.state = marks.advance(input.state, input.policy.name, record)
end

-- What a plan is where a source cannot be believed: the run would have ended there.
local function ended_early(refusal)
  return {
    entries = {}, refusals = { refusal }, refusal = refusal,
    counts = { total = 0, protected = 0, kept = 0, disconnect = 0, waiting = 0, held = 0 },
  }
end

local function make(self, scenario, input)
  local ok, sources = pcall(load_sources, self, scenario, input)
  if not ok then
    if errors.is(sources, "source") then return ended_early(sources) end
    error(sources, 0)
  end
  input.sources = sources
  add_marks(input, scenario)
  return planner.make(input)
end

local function plan_of(self, scenario)
  check_scenario(self, scenario)
  local now = scenario.now == nil and testing.NOW or fixture.instant(scenario.now, "now")
  local previous = scenario.previous or { remembered = marks.new(), origin = now }
  local input = {
    policy = self.declared,
    connections = fixture.connections(scenario.connections or {}, previous.origin),
    now = now,
    state = previous.remembered,
    profile = profile_of(scenario.profile),
    max_disconnects = scenario.max_disconnects,
  }
  if scenario.now == nil then check_dates(input.connections, now) end
  check_matched_for(scenario, input.connections)
  local made = make(self, scenario, input)
  -- A refused run remembers nothing.
  made.remembered = made.refusal and input.state
    or marks.advance(input.state, self.declared.name, made.record)
  made.origin = previous.origin
  return setmetatable(made, Plan)
end

---@class xero.testing.Policy
---@field declared xero.Policy
local Policy = {}
Policy.__index = Policy

-- A mistake of the policy or of the test, at the place of the test that made it.
local function complain(raised, level)
  local is_usage = errors.is(raised, "usage")
  if not is_usage and type(raised) ~= "string" then error(raised, 0) end
  local hint = is_usage and raised.hint and (" (%s)"):format(raised.hint) or ""
  error(tostring(raised) .. hint, level + 1)
end

---What the policy would do. A mistake in the scenario is raised, a source that the policy cannot
---believe is a refusal of the plan.
---@param scenario xero.testing.Scenario
---@return xero.testing.Plan
function Policy:plan(scenario)
  local ok, made = pcall(plan_of, self, scenario)
  if not ok then complain(made, 2) end
  return made
end

---Loads the policy of a script. Raises what is wrong with it, with file and line.
---@param path string seen from the directory of the test, or else from the working directory
---@return xero.testing.Policy
function testing.policy(path)
  local found = find(path)
  local ok, declared = pcall(function() return policy_file.run(policy_file.read(found), found) end)
  if not ok then complain(declared, 2) end
  return setmetatable({ declared = declared }, Policy)
end

return testing
