-- A connection as the rules of a policy see it: its facts in a form made for comparing, each worked
-- out once, when a rule first asks for it.
--
-- A fact that Xero did not give, or gave in a form that it cannot have, is false: nobody can tell.
-- Predicates get a view of the connection which reads like it and cannot be written to, so that no
-- predicate changes what the rules behind it judge, or which connection is disconnected. Nor has it
-- fields that are misspelt: `connection.tenanttype ~= "PRACTICE"` would be true of everybody.

local connection_of = require "xero.connection"
local errors = require "xero.error"
local suggest = require "xero.suggest"
local uuid = require "xero.uuid"

local subject = {}

---@class xero.Subject
---@field connection xero.Connection
---@field id string|false lower case
---@field tenant_id string|false lower case
---@field auth_event_id string|false lower case
---@field type string|false upper case
---@field name string
---@field created_at number|false
---@field updated_at number|false
---@field view xero.Connection for predicates

local function id_of(value)
  return uuid.is(value) and uuid.normal(value)
end

local behind = setmetatable({}, { __mode = "k" }) -- the connection behind each view

-- The names of all fields that a connection of the list may have: Xero's, ours, and those of which
-- we do not know.
local function field_names(connections)
  local names, has = {}, {}
  local function add(name)
    if has[name] then return end
    has[name], names[#names + 1] = true, name
  end
  for _, name in ipairs(connection_of.FIELDS) do add(name) end
  for _, name in ipairs { "name", "created_at", "updated_at" } do add(name) end
  for _, connection in ipairs(connections) do
    for name in next, connection do add(name) end
  end
  return names, has
end

-- What the views of a list's connections have in common.
local function views_of(connections)
  local names, has
  local function get(view, name)
    local value = behind[view][name]
    if value ~= nil or type(name) ~= "string" then return value end
    if not has then names, has = field_names(connections) end
    if has[name] then return nil end
    local nearest = suggest(name, names)
    error(('no connection has a field "%s": %s'):format(name,
      nearest and ('did you mean "%s"?'):format(nearest)
      or "there are " .. table.concat(names, ", ")), 2)
  end
  return {
    __name = "xero.Connection",
    __index = get,
    __newindex = function() error("a predicate cannot change a connection", 2) end,
    __pairs = function(view) return pairs(behind[view]) end,
    __tostring = function(view) return tostring(behind[view]) end,
  }
end

local derive = {
  id = function(connection) return id_of(connection.id) end,
  tenant_id = function(connection) return id_of(connection.tenantId) end,
  auth_event_id = function(connection) return id_of(connection.authEventId) end,
  type = function(connection)
    return connection.tenantType and connection.tenantType:upper() or false
  end,
  name = function(connection) return connection.name end,
  created_at = function(connection) return connection.created_at or false end,
  updated_at = function(connection) return connection.updated_at or false end,
  view = function(connection, views)
    local view = setmetatable({}, views)
    behind[view] = connection
    return view
  end,
}

---Makes what the subjects of a list have in common.
---@param connections xero.Connection[]
---@return table family for subject.new
function subject.family(connections)
  local views = views_of(connections)
  return {
    __index = function(self, key)
      local value = derive[key](self.connection, views)
      self[key] = value
      return value
    end,
  }
end

local alone = subject.family {}

---@param connection xero.Connection
---@param family? table of the list that it is in, where predicates are asked about it
---@return xero.Subject
function subject.new(connection, family)
  -- The nils make room for the facts at once; a table that grows with each costs twice the time.
  return setmetatable({
    connection = connection, id = nil, tenant_id = nil, name = nil, type = nil, created_at = nil,
    updated_at = nil, view = nil,
  }, family or alone)
end

-- One line about what a predicate raised; what it raised may be anything.
local function describe(raised)
  if errors.is(raised) or type(raised) == "string" then return tostring(raised) end
  return "a " .. type(raised)
end

---Asks a predicate.
---@param predicate function
---@param ... any what it is asked about
---@return boolean|nil answer nil: it failed
---@return string|nil why in the predicate's words, or how it failed
function subject.ask(predicate, ...)
  local ok, answer, why = pcall(predicate, ...)
  if not ok then
    -- Nobody's mistake: the run is to end.
    if errors.is(answer, "interrupted") or errors.is(answer, "deadline") then error(answer, 0) end
    return nil, "the predicate failed: " .. describe(answer)
  elseif type(answer) ~= "boolean" then
    local got = answer == nil and "nothing" or "a " .. type(answer)
    return nil, ("the predicate gave %s, not true or false"):format(got)
  end
  return answer, type(why) == "string" and why or nil
end

-- What a predicate can ask of the run beside the connection.
local function row_of(sources)
  return function(source, connection)
    if source == nil then error("a source expected, got nothing: is its name misspelt?", 2) end
    local loaded = sources[source]
    if not loaded then
      error("this source is not loaded: name it in the policy, sources = { … }", 2)
    end
    local id = id_of(connection.tenantId)
    if not id then error("the connection has no tenantId", 2) end
    return loaded.ids[id]
  end
end

---What predicates get beside the connection. It cannot be written to.
---@class xero.Context
---@field now number seconds since the epoch
---@field profile? string its name
---@field count integer of all connections
---@field row fun(source: xero.Source, connection: xero.Connection): table? the tenant's row there

---Makes the context of predicates.
---@param facts { now: number, profile?: string, count: integer, sources: table }
---@return xero.Context
function subject.context(facts)
  local fields = {
    now = facts.now,
    profile = facts.profile,
    count = facts.count,
    row = row_of(facts.sources),
  }
  return setmetatable({}, {
    __index = fields,
    __newindex = function() error("a predicate cannot change its context", 2) end,
    __pairs = function() return pairs(fields) end,
  })
end

return subject
