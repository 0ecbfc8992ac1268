-- The conditions of a rule: checked when the policy loads, tested against each connection.
--
-- A test gives true, false, or nil where nobody can tell, since Xero gave no such date or id. What
-- nobody can tell never counts towards disconnecting: plan.lua takes it as a no for a rule that
-- disconnects and as a yes for one that keeps. HELD means that a predicate or a pattern failed.
--
-- Kinds have three functions: `check(value, complain)` reads what the policy says (see
-- condition_value.lua), `bind(value, context)` makes the test of a run, and `see(subject, value,
-- context)` says what there was to see.

local definition = require "xero.definition"
local subject_of = require "xero.subject"
local text = require "xero.text"
local time = require "xero.time"
local twins = require "xero.twins"
local value_of = require "xero.condition_value"

local condition = {}

---The answer of a test that failed.
condition.HELD = "held"

local function quoted(value)
  return ('"%s"'):format(text.printable(value))
end

-- Kinds -----------------------------------------------------------------------------------

-- One of some words, compared with a fact of the connection.
local function word(fact, field, check)
  return {
    check = check,
    bind = function(wanted)
      local set = {}
      for _, value in ipairs(wanted) do set[value] = true end
      return function(subject)
        local value = subject[fact]
        if not value then return nil end
        return set[value] == true
      end
    end,
    see = function(subject)
      local value = subject.connection[field]
      if not subject[fact] then return ("there is no valid %s"):format(field) end
      return ("%s is %s"):format(field, text.printable(value))
    end,
  }
end

local function see_name(subject)
  return subject.name == "" and "there is no name" or "the name is " .. quoted(subject.name)
end

local name = {
  check = value_of.globs,
  bind = function(tests)
    return function(subject)
      for i = 1, #tests do
        if tests[i](subject.name) then return true end
      end
      return false
    end
  end,
  see = see_name,
}

local find = string.find

local name_matches = {
  check = value_of.patterns,
  bind = function(patterns)
    return function(subject)
      for i = 1, #patterns do
        local ok, found = pcall(find, subject.name, patterns[i])
        if not ok then return condition.HELD, ("the pattern failed: %s"):format(found) end
        if found then return true end
      end
      return false
    end
  end,
  see = see_name,
}

-- A fact of the connection that is an instant.
local function see_instant(fact, field)
  return function(subject, _, context)
    local written, at = subject.connection[field], subject[fact]
    if not written then return ("there is no %s"):format(field) end
    if not at then return ("%s is no date: %s"):format(field, quoted(written)) end
    local age = context.now - at
    return ("%s is %s, %s %s"):format(field, text.printable(written),
      time.describe(math.abs(age)), age < 0 and "from now" or "ago")
  end
end

local see_created = see_instant("created_at", "createdDateUtc")
local see_updated = see_instant("updated_at", "updatedDateUtc")

-- A date is before or at and after a limit, which is what `limit_of` makes of the value and of now.
local function instant(fact, see, check, is_before, limit_of)
  return {
    check = check,
    see = see,
    bind = function(value, context)
      local limit = limit_of(value, context.now)
      return function(subject)
        local at = subject[fact]
        if not at then return nil end
        return (at < limit) == is_before
      end
    end,
  }
end

local function the_date(date) return date end
local function ago(duration, now) return now - duration end

local function see_tenant(subject, sources, context)
  if not subject.tenant_id then return "there is no valid tenantId" end
  local places = {}
  for i, source in ipairs(sources) do
    local loaded = context.sources[source]
    places[i] = ("%s in %s (%s rows)"):format(loaded.ids[subject.tenant_id] and "is" or "is not",
      source.name, tostring(loaded.rows))
  end
  return ("tenant %s %s"):format(subject.tenant_id, table.concat(places, ", "))
end

-- Several sources are one larger list, for `not_listed` too: it matches who is in none of them.
local function membership(is_listed)
  return {
    check = value_of.sources,
    see = see_tenant,
    bind = function(sources, context)
      local lists = {}
      for i, source in ipairs(sources) do lists[i] = context.sources[source].ids end
      return function(subject)
        local tenant = subject.tenant_id
        if not tenant then return nil end
        for i = 1, #lists do
          if lists[i][tenant] then return is_listed end
        end
        return not is_listed
      end
    end,
  }
end

local duplicate = {
  check = value_of.duplicate,
  bind = function(keep, context)
    local spare = twins.spare(context, keep)
    return function(subject)
      if not subject.tenant_id then return nil end
      local answer = spare[subject.connection]
      if answer == "unclear" then return nil end
      return answer == "spare"
    end
  end,
  see = function(subject, keep, context)
    if not subject.tenant_id then return "there is no valid tenantId" end
    return twins.describe(context, subject, keep)
  end,
}

local when = {
  check = value_of.predicate,
  bind = function(predicate, context)
    return function(subject)
      local answer, why = subject_of.ask(predicate, subject.view, context.view)
      if answer == nil then return condition.HELD, why end
      return answer, why
    end
  end,
  see = function() return "the predicate gave no reason" end,
}

local KINDS = {
  id = word("id", "id", value_of.ids),
  tenant_id = word("tenant_id", "tenantId", value_of.ids),
  auth_event_id = word("auth_event_id", "authEventId", value_of.ids),
  type = word("type", "tenantType", value_of.types),
  name = name,
  name_matches = name_matches,
  created_before = instant("created_at", see_created, value_of.date, true, the_date),
  created_after = instant("created_at", see_created, value_of.date, false, the_date),
  older_than = instant("created_at", see_created, value_of.age, true, ago),
  created_within = instant("created_at", see_created, value_of.age, false, ago),
  connected_within = instant("updated_at", see_updated, value_of.age, false, ago),
  not_connected_within = instant("updated_at", see_updated, value_of.age, true, ago),
  listed = membership(true),
  not_listed = membership(false),
  duplicate = duplicate,
  when = when,
}

-- The cheap ones first; predicates last, so that they are asked only where all others hold.
local ORDER = {
  "id", "tenant_id", "auth_event_id", "type", "listed", "not_listed", "created_before",
  "created_after", "older_than", "created_within", "connected_within", "not_connected_within",
  "duplicate", "name", "name_matches", "when",
}

---What a rule may say. All that it says must hold; of a list of values, one.
---@class xero.Conditions
---@field id? string|string[] of the connection
---@field tenant_id? string|string[]
---@field auth_event_id? string|string[] of the consent
---@field type? string|string[] such as "ORGANISATION"
---@field name? string|string[] the whole name; * and ? stand for any letters; case is ignored
---@field name_matches? string|string[] a Lua pattern
---@field listed? xero.Source|xero.Source[] the tenant is in the source
---@field not_listed? xero.Source|xero.Source[] it is in none
---@field created_before? string a date
---@field created_after? string a date
---@field older_than? string|number first connected longer ago than this duration
---@field created_within? string|number
---@field connected_within? string|number connected, or connected again, within it
---@field not_connected_within? string|number
---@field duplicate? "newest"|"oldest" a spare connection of its tenant, of which that one stays
---@field when? fun(connection: xero.Connection, context: xero.Context): boolean, string? and why
---@field after? string|number rules that disconnect: how long it must have matched in each run

---The names of all conditions, in the order in which a rule's are tested.
condition.NAMES = ORDER

---@class xero.Condition
---@field key string such as "older_than"
---@field text string how the policy wrote it: `older_than = "90d"`
---@field identity string changes where the condition does
---@field sources xero.Source[] the sources that it needs

local function complaint(place, key)
  return function(message) definition.fail(place, key .. ": " .. message) end
end

---Checks the conditions of a rule. Raises kind "usage" at the rule's place.
---@param fields table<string, any> what the rule says, without what are no conditions
---@param place xero.Place
---@return xero.Condition[] conditions in the order of testing
function condition.check(fields, place)
  local conditions = {}
  for _, key in ipairs(ORDER) do
    local value = fields[key]
    if value ~= nil then
      local wanted = KINDS[key].check(value, complaint(place, key))
      local is_membership = key == "listed" or key == "not_listed"
      conditions[#conditions + 1] = {
        key = key,
        text = ("%s = %s"):format(key, value_of.written(value)),
        identity = key .. "\0" .. value_of.identity(value),
        sources = is_membership and wanted or {},
        wanted = wanted,
      }
    end
  end
  return conditions
end

---@class xero.RunContext
---@field now number seconds since the epoch
---@field sources table<xero.Source, { ids: table<string, any>, rows: integer }> loaded ones
---@field subjects xero.Subject[] all connections
---@field groups? table<string, xero.Subject[]> by tenant; see twins.lua
---@field view table what predicates get
---@field family table of the subjects: see subject.lua

---Makes the test of a condition for one run.
---@param self xero.Condition
---@param context xero.RunContext
---@return fun(subject: xero.Subject): boolean|"held"|nil, string|nil test
function condition.bind(self, context)
  return KINDS[self.key].bind(self.wanted, context)
end

---Says what there was to see for a condition, whatever its answer.
---@param self xero.Condition
---@param subject xero.Subject
---@param context xero.RunContext
---@return string
function condition.see(self, subject, context)
  return KINDS[self.key].see(subject, self.wanted, context)
end

---Reads a duration of the policy itself, such as `after`.
---@param place xero.Place
---@param key string
---@param value any
---@return number seconds
function condition.duration(place, key, value)
  return value_of.duration(value, complaint(place, key))
end

---Reads one source or a list of them.
---@param place xero.Place
---@param key string
---@param value any
---@return xero.Source[]
function condition.sources(place, key, value)
  return value_of.sources(value, complaint(place, key))
end

return condition
