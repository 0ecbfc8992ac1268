-- A client: one app or token, and what can be asked of Xero with it.
--
-- The order of sending, waiting and settling is here; what an answer means is judged in retry.lua
-- and deletion.lua.

local config = require "xero.config"
local connection = require "xero.connection"
local deletion = require "xero.deletion"
local errors = require "xero.error"
local Exchange = require "xero.exchange"
local json = require "xero.json"
local Session = require "xero.session"
local text = require "xero.text"
local uuid = require "xero.uuid"

---@class xero.Client
local Client = {}
Client.__index = Client
Client.__name = "xero.client"

local client = {}

local function mistake(level, name, position, expected, value)
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, expected,
    value == nil and "no value" or type(value)), level + 1)
end

-- Options are few, so a wrong one is a slip of the pen that must not pass in silence.
local function check_options(options, known, name, position, level)
  if options ~= nil and type(options) ~= "table" then
    mistake(level + 1, name, position, "table", options)
  end
  for key, value in pairs(options or {}) do
    if key ~= known then
      error(("unknown option '%s' to '%s' (it takes '%s')"):format(tostring(key), name, known),
        level + 1)
    elseif type(value) ~= "string" then
      error(("option '%s' to '%s' is a %s, not a string"):format(known, name, type(value)),
        level + 1)
    end
  end
end

---Raises at `level` what is wrong with the arguments of get_connections, as Lua's library does.
function client.check_get(options, level)
  check_options(options, "auth_event_id", "get_connections", 1, level + 1)
end

---The same for delete_connection.
function client.check_delete(target, options, level)
  if type(target) ~= "string" and type(target) ~= "table" then
    mistake(level + 1, "delete_connection", 1, "connection or id", target)
  end
  check_options(options, "reason", "delete_connection", 2, level + 1)
end

local function checked_id(id, what)
  if type(id) ~= "string" or not uuid.is(id) then
    errors.raise {
      kind = "usage",
      message = type(id) == "string" and ("%q is not %s"):format(id, what)
        or ("the table given is not a connection: it has no id"),
      hint = "ids look like 7cb59f93-2964-421d-bb5e-a0f7a4572a44; xero-run list shows them",
    }
  end
  return id
end

---@param options? table see xero.client
---@param env { getenv: function, native: table, log: xero.Log }
---@return xero.Client
function client.new(options, env)
  local settings = config.settings(options or {}, env)
  local exchange = Exchange.new(env.native, env.log)
  return setmetatable({
    native = env.native,
    log = env.log,
    settings = settings,
    exchange = exchange,
    session = Session.new(settings, env.native, exchange),
  }, Client)
end

-- A request that carries the session's token, renewed once where it can be.
local function authorised(self, request, submit)
  local token
  request.submit = function(pump)
    token = self.session:token()
    return submit(pump, token)
  end
  request.renew = self.session:renewable() and function() self.session:renew(token) end or nil
  request.explain = function(failure)
    failure.hint = self.session:refusal(failure.status) or failure.hint
    return failure
  end
  return request
end

-- A list that is no complete JSON is a lost answer, never an empty list.
local function read_list(answer)
  if answer.error or answer.status < 200 or answer.status > 299 then return end
  if answer.status ~= 200 then
    return Exchange.lose(answer, ("Xero answered %d in place of a list"):format(answer.status))
  end
  local list, message = json.decode_list(answer.body)
  if not list then Exchange.lose(answer, "the list of connections is broken: " .. message) end
  answer.list = list
end

local function list_connections(self, auth_event_id)
  local path = "/connections" .. (auth_event_id and "?authEventId=" .. auth_event_id or "")
  local request = { method = "GET", path = path, read = read_list }
  local answer = self.exchange:perform(authorised(self, request, function(pump, token)
    return pump:list {
      url = self.settings.api_url,
      token = token,
      auth_event_id = auth_event_id,
      timeout = self.settings.timeout,
    }
  end))
  return connection.adopt(answer.list)
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
  client.check_get(options, 2)
  local auth_event_id = options and options.auth_event_id
  if auth_event_id == "latest" then
    auth_event_id = latest_consent(self)
  elseif auth_event_id then
    checked_id(auth_event_id, "the id of a consent")
  end
  return list_connections(self, auth_event_id)
end

---About the current token; never the token.
---@return { mode: string, expires_at?: number, scopes: string[], auth_event_id?: string,
---  user_id?: string }
function Client:token()
  return self.session:describe()
end

-- Xero answers a wrong id with a misleading 403, or with 404: the list tells what the id is. Where
-- it cannot be had, the first error is the better one.
local function raise_explained(self, work, failure)
  local got, list = pcall(list_connections, self)
  if got then
    failure = deletion.explain(work, failure, list)
  elseif not errors.is(list) or list.kind == "interrupted" then
    error(list, 0)
  end
  errors.raise(failure)
end

-- The account is a line of its own: whoever catches the error is interrupted at once again, and
-- might never show its message.
local function raise_interrupted(self, account, work)
  self.log.warn(account, work.name)
  self.exchange:raise_interrupted()
end

local function raise_unsettled(self, work)
  raise_interrupted(self, "whether %s was disconnected is unknown", work)
end

-- The list after an uncertain answer. Without it nobody knows, and that must be said.
local function settle(self, work)
  local got, list = pcall(list_connections, self)
  if got then return deletion.settle(work, list) end
  if self.native.interrupted() then raise_unsettled(self, work) end
  if not errors.is(list) then error(list, 0) end
  errors.raise {
    kind = list.kind,
    status = list.status,
    retry_after = list.retry_after,
    limit = list.limit,
    correlation_id = list.correlation_id,
    message = ("whether %s was disconnected is unknown: %s"):format(work.name, list.message),
    hint = "xero-run list tells, once Xero answers again",
  }
end

local function delete_request(self, work)
  local request = { method = "DELETE", path = "/connections/" .. work.id }
  return authorised(self, request, function(pump, token)
    return pump:delete {
      url = self.settings.api_url,
      token = token,
      id = work.id,
      timeout = self.settings.timeout,
    }
  end)
end

local function pause(self, work, step)
  if not self.exchange:pause(work.request, work.answer, step.wait) then
    raise_interrupted(self, "%s was not disconnected", work)
  end
end

-- Whether the uncertain connection is gone; if not, it is time to try again.
local function settled(self, work, step)
  if self.native.interrupted() then raise_unsettled(self, work) end
  local outcome = settle(self, work)
  if outcome == "reconnected" then
    self.log.warn("%s was disconnected, and has been connected again since", work.name)
  elseif outcome == "present" then
    if work.attempts >= deletion.MAX_ATTEMPTS then errors.raise(step.error) end
    pause(self, work, step)
    return false
  end
  return true
end

-- One answer further: true when the connection is gone.
local function advance(self, work, step)
  if step.action == "deleted" then
    return true
  elseif step.action == "settle" then
    return settled(self, work, step)
  elseif step.action == "renew" then
    work.request.renew()
    work.renewed = true
  elseif step.action == "wait" then
    pause(self, work, step)
  elseif step.action == "absent" or step.error.status == 403 then
    raise_explained(self, work, step.error or deletion.not_found(work))
  else
    errors.raise(work.request.explain(step.error))
  end
  return false
end

local function disconnect(self, work)
  local exchange = self.exchange
  work.request = delete_request(self, work)
  repeat
    work.attempts = work.attempts + 1
    work.answer = exchange:send(work.request)
    local verdict = exchange:judge(work.request, work.answer, work.attempts, work.renewed)
    local gone = advance(self, work, deletion.judge(work, work.answer, verdict))
    if gone and self.native.interrupted() then
      raise_interrupted(self, "%s was disconnected", work)
    end
  until gone
end

-- What a dry run is asked for, so it is said at any level of logging.
local function say_dry_run(work, reason)
  local line = "dry run: would disconnect " .. work.name .. (reason and ": " .. reason or "")
  io.stderr:write(text.printable(line), "\n")
end

---Disconnects a tenant from the app. It cannot be undone: only a new consent brings it back.
---Raises an error object where it failed or where nobody can tell.
---@param target xero.Connection|string a connection, or the id of one
---@param options? { reason?: string } why, for people
function Client:delete_connection(target, options)
  client.check_delete(target, options, 2)
  local listed = type(target) == "table" and target or nil
  local id = checked_id(listed and listed.id or target, "the id of a connection")
  local work = deletion.new(id, listed)
  if self.native.options.dry_run then
    return say_dry_run(work, options and options.reason)
  end
  -- Held back, the interrupt cannot come between an answer and the account of it.
  self.native.shield(disconnect, self, work)
end

return client
