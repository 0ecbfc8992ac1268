-- A client: one app or token, and what can be asked of Xero with it.
--
-- Here are the requests; how they are waited for and repeated is for exchange.lua, what they may
-- disconnect and what became of it for disconnect.lua.

local clock = require "xero.clock"
local config = require "xero.config"
local connection = require "xero.connection"
local errors = require "xero.error"
local Exchange = require "xero.exchange"
local json = require "xero.json"
local raise = require "xero.raise"
local Session = require "xero.session"
local servers = require "xero.servers"
local uuid = require "xero.uuid"

---@class xero.ClientOptions
---@field profile? string a profile of the configuration
---@field auth? "app"|"user"|"custom"|"token"
---@field client_id? string
---@field client_secret? string|userdata
---@field api_url? string
---@field identity_url? string
---@field timeout? number|string seconds, or a duration such as "10s"
---@field token_getter? fun(): table? gives the stored tokens, in place of the files
---@field token_saver? fun(tokens: table) has stored them when it returns

---@class xero.DeleteOptions
---@field reason? string|fun(connection: xero.Connection): string? why, for people: for all, or each
---@field concurrency? integer how many at once, 1 to 32
---@field on_result? fun(outcome: xero.Outcome) what is called with each outcome as it comes

---@class xero.TokenFacts
---@field mode "app"|"user"|"custom"|"token"
---@field expires_at? number seconds since the epoch
---@field scopes string[]
---@field auth_event_id? string the consent that it belongs to
---@field user_id? string

---@class xero.Client
local Client = {}
Client.__index = Client
Client.__name = "xero.client"

local client = {}

local function mistake(level, name, position, expected, value)
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, expected,
    value == nil and "no value" or type(value)), level + 1)
end

-- A method called with a dot has no client, or its first argument in place of one. What inherits
-- from a client is one.
local function check_self(self, name, level)
  if type(self) == "table" and self.session then return end
  local given = self == nil and "no value" or type(self)
  error(("calling '%s' on bad self (xero.client expected, got %s): write client:%s(...)"):format(
    name, given, name), level + 1)
end

-- Options are few, so a wrong one is a slip of the pen that must not pass in silence. `known` has
-- the types of each.
local function check_options(options, known, name, position, level)
  if options ~= nil and type(options) ~= "table" then
    mistake(level + 1, name, position, "table", options)
  end
  for key, value in pairs(options or {}) do
    if not known[key] then
      local names = {}
      for each in pairs(known) do names[#names + 1] = ("'%s'"):format(each) end
      table.sort(names)
      error(("unknown option '%s' to '%s' (it takes %s)"):format(tostring(key), name,
        table.concat(names, ", ")), level + 1)
    elseif not known[key]:find(type(value), 1, true) then
      error(("option '%s' to '%s' is a %s, not a %s"):format(key, name, type(value), known[key]),
        level + 1)
    end
  end
end

---Raises at `level` what is wrong with the arguments of get_connections, as Lua's library does.
function client.check_get(options, level)
  check_options(options, { auth_event_id = "string" }, "get_connections", 1, level + 1)
end

---The same for delete_connection.
function client.check_delete(target, options, level)
  if type(target) ~= "string" and type(target) ~= "table" then
    mistake(level + 1, "delete_connection", 1, "connection or id", target)
  end
  check_options(options, { reason = "string" }, "delete_connection", 2, level + 1)
end

local function is_position(key, list)
  return math.type(key) == "integer" and key >= 1 and key <= #list
end

-- What stands behind a gap or under a name would stay connected, and nobody would know.
local function check_targets(targets, name, level)
  local count = 0
  for key, target in pairs(targets) do
    count = count + 1
    local kind = type(target)
    if key ~= count and not is_position(key, targets) then
      error(("bad argument #1 to '%s' (a list expected, got the key %s)"):format(name,
        tostring(key)), level + 1)
    elseif kind ~= "table" and kind ~= "string" then
      error(("bad argument #1 to '%s' (element %d: connection or id expected, got %s)"):format(name,
        key, kind), level + 1)
    end
  end
  if count < #targets then
    error(("bad argument #1 to '%s' (the list has gaps)"):format(name), level + 1)
  end
end

local MANY = { reason = "string or function", concurrency = "number", on_result = "function" }

---The same for delete_connections.
function client.check_delete_many(targets, options, level)
  local name = "delete_connections"
  if type(targets) ~= "table" or connection.is(targets) or targets.id ~= nil then
    mistake(level + 1, name, 1, "list of connections or ids", targets)
  end
  check_targets(targets, name, level + 1)
  check_options(options, MANY, name, 2, level + 1)
  local window = options and options.concurrency
  if window and not (math.tointeger(window) and window >= 1 and window <= 32) then
    error(("option 'concurrency' to '%s' is no whole number from 1 to 32"):format(name), level + 1)
  end
end

---@param options? xero.ClientOptions
---@param env { getenv: function, native: table, log: xero.Log }
---@return xero.Client
function client.new(options, env)
  local settings = config.settings(options or {}, env)
  local exchange = Exchange.new(env.native, env.log)
  local session = Session.new(settings, env.native, exchange)
  return setmetatable({
    native = env.native,
    log = env.log,
    settings = settings,
    exchange = exchange,
    session = session,
    explain = function(failure)
      failure.hint = session:refusal(failure.status) or failure.hint
      return failure
    end,
  }, Client)
end

-- A list that is no complete JSON is a lost answer, never an empty list.
local function read_list(answer)
  if answer.error or answer.status < 200 or answer.status > 299 then return end
  if answer.status ~= 200 then
    return Exchange.lose(answer, ("Xero answered %d in place of a list"):format(answer.status))
  end
  local list, message, keys = json.decode_list(answer.body)
  if not list then Exchange.lose(answer, "the list of connections is broken: " .. message) end
  answer.list, answer.keys = list, keys
end

local function list_connections(self, auth_event_id)
  local session, settings = self.session, self.settings
  local token
  local answer = self.exchange:perform {
    method = "GET",
    path = "/connections" .. (auth_event_id and "?authEventId=" .. auth_event_id or ""),
    submit = function(pump)
      token = session:token()
      return pump:list {
        url = settings.api_url, token = token, auth_event_id = auth_event_id,
        timeout = settings.timeout,
      }
    end,
    read = read_list,
    renew = session:renewable() and function() session:renew(token) end or nil,
    explain = self.explain,
  }
  self.clock = clock.read(answer, self.native.now()) -- for whoever judges ages of the list
  return connection.adopt(answer.list, self.log, answer.keys)
end

-- What a script makes of ages is its own affair, but it has to know. Once is enough.
local function warn_of_clock(self)
  local wrong = not self.warned and clock.judge(self.clock)
  if not wrong then return end
  self.warned = true
  self.log.warn("%s", wrong.message)
end

local function latest_consent(self)
  local auth_event_id = self.session:describe().auth_event_id
  if not auth_event_id then
    errors.raise {
      kind = "usage",
      message = "the current token belongs to no consent, so there is no latest one",
      hint = "an app's own token sees the connections of all users; name an authEventId",
    }
  end
  return auth_event_id
end

---The tenants that the app, or the user of the token, is connected to, in Xero's order.
---Raises an error object where Xero gives no list.
---@param options? { auth_event_id?: string } a consent's id, or "latest": the current token's
---@return xero.Connection[]
function Client:get_connections(options)
  check_self(self, "get_connections", 2)
  client.check_get(options, 2)
  local auth_event_id = options and options.auth_event_id
  if auth_event_id == "latest" then
    auth_event_id = latest_consent(self)
  elseif auth_event_id and not uuid.is(auth_event_id) then
    raise.no_id(auth_event_id, 'the id of a consent, nor "latest"')
  end
  local list = auth_event_id and list_connections(self, auth_event_id) or self:list_all()
  warn_of_clock(self)
  return list
end

---About the current token; never the token.
---@return xero.TokenFacts
function Client:token()
  check_self(self, "token", 2)
  return self.session:describe()
end

---@package
---The list of all connections, which is remembered: what is disconnected is looked up there.
---@return xero.Connection[]
function Client:list_all()
  local list = list_connections(self)
  self.listed, self.index = list, nil
  if self.settings.profile.keys.protect then self.tenants = connection.tenants(list) end
  self.total = self.total or #list
  return list
end

---@package
---Who this client is to Xero, as the journal has it: what one identity left unfinished no other one
---can settle, for it may see other connections.
---@return string
function Client:identity()
  local about = self.session:describe()
  local name = ("%s %s"):format(about.mode, self.settings.client_id or "")
  local bound = about.mode == "user" or about.mode == "token" -- to what that user connected
  if bound and about.user_id then name = name .. "/" .. about.user_id end
  local server = self.settings.api_url
  if server ~= servers.XERO.api_url then name = name .. " at " .. server end
  return name
end

---@package
---What was sent to disconnect one.
---@param work table a deletion, with the token that was sent
---@return xero.Request
function Client:sent_for(work)
  local session = self.session
  return {
    method = "DELETE",
    path = "/connections/" .. work.id,
    renew = session:renewable() and function() session:renew(work.token) end or nil,
    explain = self.explain,
  }
end

-- Loaded when something is to go, so that a list does not pay for it.
local function disconnect()
  return require "xero.disconnect"
end

---Disconnects a tenant from the app. It cannot be undone: only a new consent brings it back.
---Raises an error object where it failed or where nobody can tell.
---@param target xero.Connection|string a connection, or the id of one
---@param options? { reason?: string } why, for people
function Client:delete_connection(target, options)
  check_self(self, "delete_connection", 2)
  client.check_delete(target, options, 2)
  disconnect().one(self, target, options and options.reason)
end

---Disconnects many tenants at once, several at a time. Limits and protection are judged before the
---first one, and raised; what fails for one is said in its outcome. A tenant that is not connected
---any more is "absent", which is a success.
---@param targets (xero.Connection|string)[] connections, or ids of them
---@param options? xero.DeleteOptions
---@return xero.Outcome[] outcomes in the order of the targets
function Client:delete_connections(targets, options)
  check_self(self, "delete_connections", 2)
  client.check_delete_many(targets, options, 2)
  return disconnect().many(self, targets, options or {})
end

return client
