-- A connection as the rules of a policy see it: its facts in a form made for comparing, each worked
-- out once, when a rule first asks for it.
--
-- A fact that Xero did not give, or gave in a form that it cannot have, is false: nobody can tell.
-- Predicates get a view of the connection which reads like it and cannot be written to, so that no
-- predicate changes what the rules behind it judge, or which connection is disconnected.

local errors = require "xero.error"
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

local view_metatable = {
  __name = "xero.Connection",
  __index = function(view, key) return behind[view][key] end,
  __newindex = function() error("a predicate cannot change a connection", 2) end,
  __pairs = function(view) return pairs(behind[view]) end,
  __tostring = function(view) return tostring(behind[view]) end,
}

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
  view = function(connection)
    local view = setmetatable({}, view_metatable)
    behind[view] = connection
    return view
  end,
}

local metatable = {
  __index = function(self, key)
    local value = derive[key](self.connection)
    self[key] = value
    return value
  end,
}

---@param connection xero.Connection
---@return xero.Subject
function subject.new(connection)
  -- The nils make room for the facts at once; a table that grows with each costs twice the time.
  return setmetatable({
    connection = connection, id = nil, tenant_id = nil, name = nil, type = nil, created_at = nil,
    updated_at = nil, view = nil,
  }, metatable)
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
