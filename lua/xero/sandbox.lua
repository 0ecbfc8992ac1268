-- The sandbox: a small Xero, to try scripts on and to test against. It has a token endpoint, the
-- endpoints of the Identity API, some thirty tenants of every known shape, and faults on demand.
--
-- This is its state and its judgement, and pure: a request is a table, a reply is a table, the
-- clock and chance are passed in. xero.sandbox_server puts it behind a socket.

local FIELDS = require("xero.connection").FIELDS
local base64url = require("xero.native").base64url
local fault = require "xero.sandbox_fault"
local json = require "xero.json"
local logins = require "xero.sandbox_login"
local oauth = require "xero.sandbox_oauth"
local person = require "xero.sandbox_person"
local tenants = require "xero.sandbox_tenants"
local uuid = require "xero.uuid"

local JSON_TYPE = "application/json; charset=utf-8"
local MINUTE_LIMIT = 10000

---@class xero.Sandbox
---@field client_id string
---@field client_secret string
local Sandbox = {}
Sandbox.__index = Sandbox

-- ---- bodies ----

local TITLES = {
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [408] = "Request Timeout", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [502] = "Bad Gateway", [503] = "Service Unavailable",
  [504] = "Gateway Timeout",
}

local OAUTH = { token = true, revoke = true, authorize = true } -- not of the Identity API
local OAUTH_ERRORS = { [400] = "invalid_grant", [401] = "invalid_client", [403] = "access_denied" }

-- Xero's error bodies have Pascal case in some places and camel case in others: so have ours.
function Sandbox:problem(status, detail, camel)
  local title = TITLES[status] or "Error"
  local instance = oauth.uuid(self.random)
  local body = camel and { title = title, status = status, detail = detail, instance = instance }
    or { Title = title, Status = status, Detail = detail, Instance = instance }
  if status == 401 then
    body.Type, body.Extensions = json.null, {}
  end
  return { status = status, headers = { ["Content-Type"] = JSON_TYPE }, body = json.encode(body) }
end

function Sandbox:unauthorized(detail)
  local reply = self:problem(401, detail)
  reply.headers["WWW-Authenticate"] = "Bearer"
  return reply
end

function Sandbox:expired(epoch)
  -- As Xero writes it: MM/DD/YYYY, in UTC.
  return self:unauthorized(os.date("!TokenExpired: token expired at %m/%d/%Y %H:%M:%S",
    math.floor(epoch)))
end

-- ---- the connections ----

function Sandbox:add(connection)
  local entry = { connection = connection }
  table.insert(self.entries, entry)
  self.by_id[connection.id] = entry
  self.other_ids[connection.tenantId] = "tenant"
  if connection.authEventId then self.other_ids[connection.authEventId] = "event" end
  return entry
end

function Sandbox:adopt(list)
  self.entries, self.by_id, self.other_ids = {}, {}, {}
  for _, connection in ipairs(list) do self:add(connection) end
end

-- Ten thousand connections are three megabytes: each is encoded once, each list once per change.
local function encoded(entry)
  if not entry.json then entry.json = json.encode(entry.connection, { order = FIELDS }) end
  return entry.json
end

-- A person's token sees what that person has connected, the app's own sees everything.
function Sandbox:list_text(event, personal)
  local key = (personal and "personal " or "") .. (event or "all")
  if not self.lists[key] then
    local parts = {}
    for _, entry in ipairs(self.entries) do
      if not entry.gone and (not event or entry.connection.authEventId == event)
        and (not personal or entry.personal) then
        parts[#parts + 1] = encoded(entry)
      end
    end
    self.lists[key] = "[" .. table.concat(parts, ",") .. "]"
  end
  return self.lists[key]
end

-- The token of a request; or nil and the reply that refuses it.
function Sandbox:token_of(request)
  local scheme, text = (request.headers.authorization or ""):match "^(%a+) +(%S+)$"
  local token = scheme and scheme:lower() == "bearer" and self.tokens[text]
  if not token or token.login and token.login.ended then
    return nil, self:unauthorized "AuthenticationUnsuccessful"
  end
  if token.expires_at <= self.now() then return nil, self:expired(token.expires_at) end
  if not token.login and not token.scopes["app.connections"] then
    return nil, self:problem(403, "AuthenticationUnsuccessful")
  end
  return token
end

-- ---- the operations: request -> reply ----

local operations = {}

function operations.token(self, request)
  local reply, token = oauth.answer(person.context(self), request)
  if token then self.tokens[token.text] = token end
  return reply
end

operations.authorize, operations.revoke = person.authorize, person.revoke

function operations.list(self, request)
  local token, refusal = self:token_of(request)
  if not token then return refusal end
  local event = request.query.authEventId
  if event and not uuid.is(event) then
    return self:problem(400, "authEventId is not a UUID", true)
  end
  return {
    status = 200,
    headers = { ["Content-Type"] = JSON_TYPE },
    body = self:list_text(event and uuid.normal(event), token.login ~= nil),
  }
end

function operations.delete(self, request)
  local token, refusal = self:token_of(request)
  if not token then return refusal end
  local id = uuid.normal(request.path:match "[^/]*$")
  local entry = self.by_id[id]
  if not entry or entry.gone or token.login and not entry.personal then
    local other = self.other_ids[id]
    if other then return self:problem(403, "AuthenticationUnsuccessful", other == "event") end
    return self:problem(404, "The connection does not exist", true)
  end
  entry.gone, self.lists = true, {}
  return { status = 204, headers = {}, body = "" }
end

function operations.unknown(self)
  return self:problem(404, "There is nothing here", true)
end

function operations.wrong_method(self, request)
  local reply = self:problem(405, "The method is not allowed here", true)
  reply.headers["Allow"] = request.allow
  return reply
end

-- Paths in lower case; Xero takes either case too.
local function operation_of(request)
  local path, method = request.path:lower(), request.method
  if path == "/connect/token" then return "token", "POST" end
  if path == "/connections" then return "list", "GET" end
  if path == "/identity/connect/authorize" then return "authorize", "GET" end
  if path == "/connect/revocation" then return "revoke", "POST" end
  if path:find "^/connections/[^/]+$" then return "delete", "DELETE" end
  return "unknown", method
end

-- ---- faults ----

local REPLACING = { "status", "retry-after", "problem", "redirect", "garbage", "html", "empty",
  "reset", "hang" }

local function replaces(actions)
  for _, name in ipairs(REPLACING) do
    if actions[name] ~= nil then return true end
  end
  return false
end

function Sandbox:fault_reply(op, status)
  if OAUTH[op] and OAUTH_ERRORS[status] then
    return {
      status = status,
      headers = { ["Content-Type"] = JSON_TYPE },
      body = json.encode { error = OAUTH_ERRORS[status] },
    }
  elseif status == 401 then
    return self:expired(self.now())
  elseif status >= 400 then
    return self:problem(status, "a fault of the sandbox", status ~= 403)
  end
  return { status = status, headers = {}, body = "" }
end

local function fault_status(actions)
  if actions.status then return actions.status end
  if actions["retry-after"] or actions.problem then return 429 end
  return actions.redirect and 302 or 200
end

-- What is sent in place of the true answer.
function Sandbox:replacement(op, actions)
  local reply = self:fault_reply(op, fault_status(actions))
  reply.headers["Retry-After"] = actions["retry-after"]
  reply.headers["X-Rate-Limit-Problem"] = actions.problem
  reply.headers["Location"] = actions.redirect
  if actions.garbage then
    reply.headers["Content-Type"], reply.body = JSON_TYPE, '[{"id": "c0000000-'
  elseif actions.html then
    reply.headers["Content-Type"] = "text/html"
    reply.body = "<!DOCTYPE html>\n<html><body><h1>Service Unavailable</h1></body></html>\n"
  elseif actions.empty then
    reply.headers["Content-Type"], reply.body = nil, ""
  end
  return reply
end

function Sandbox:reconnect(request)
  local entry = self.by_id[uuid.normal(request.path:match "[^/]*$")]
  tenants.reconnect(entry.connection, self.now())
  entry.gone, entry.json, self.lists = nil, nil, {}
end

-- ---- one request ----

-- Xero counts an app's requests by the minute and says on each answer how many are left.
function Sandbox:remaining()
  local minute = self.now() // 60
  if minute ~= self.minute then self.minute, self.in_minute = minute, 0 end
  self.in_minute = self.in_minute + 1
  return math.max(MINUTE_LIMIT - self.in_minute, 0)
end

-- The answer without any fault, and whether it was what the client wanted.
function Sandbox:work(op, request, reconnect)
  local reply = operations[op](self, request)
  local done = reply.status < 400
  if done and reconnect and op == "delete" then self:reconnect(request) end
  return reply, done
end

function Sandbox:count(op)
  self.counts[op] = (self.counts[op] or 0) + 1
  self.total = self.total + 1
  return self.counts[op], self.total
end

-- The answer, given what is to go wrong, and whether the work was done.
function Sandbox:act(op, request, actions)
  if not replaces(actions) then
    return self:work(op, request, actions.reconnect)
  end
  local done = false
  if actions.done or actions.reconnect then
    done = select(2, self:work(op, request, actions.reconnect))
  end
  return self:replacement(op, actions), done
end

---@class xero.sandbox.Reply
---@field op string "token", "list", "delete", "authorize", "revoke", "control", or "unknown"
---@field number integer of the request, among all
---@field done boolean whether the work was done
---@field delay number seconds to wait before it is sent
---@field silent "reset"|"hang"|nil nothing is sent at all
---@field status integer|nil
---@field headers table<string, string>|nil
---@field body string|nil
---@field truncate integer|nil so many bytes of the body are sent

---Answers a request.
---@param request table method, path, query, headers (names in lower case), body
---@return xero.sandbox.Reply
function Sandbox:handle(request)
  if request.path == person.CONTROL then return person.control(self, request) end
  local op, method = operation_of(request)
  local number, total = self:count(op)
  local actions = fault.actions(self.faults, op, number, total)
  local doing = op
  if request.method ~= method then
    doing, request.allow = "wrong_method", method
  end
  local reply, done = self:act(doing, request, actions)
  if not OAUTH[op] then reply.headers["X-AppMinLimit-Remaining"] = tostring(self:remaining()) end
  reply.headers["Xero-Correlation-Id"] = oauth.uuid(self.random)
  reply.headers["Date"] = actions.date
  reply.op, reply.number, reply.done = op, total, done
  reply.delay = self.latency + (actions.latency or 0) / 1000
  reply.truncate = actions.truncate
  reply.silent = actions.reset and "reset" or actions.hang and "hang" or nil
  if reply.silent then reply.status = nil end
  return reply
end

-- ---- the module ----

local M = {}

---@class xero.sandbox.Options
---@field now fun(): number seconds since the epoch
---@field random fun(): number in [0, 1)
---@field sha256 fun(text: string): string 32 bytes
---@field connections? integer so many made-up ones, in place of the demo tenants
---@field latency? number seconds before each answer
---@field faults? xero.sandbox.Fault[]
---@field client_id? string
---@field client_secret? string of chance otherwise

---@param options xero.sandbox.Options
---@return xero.Sandbox
function M.new(options)
  local self = setmetatable({
    passed = 0, -- seconds that passed by a test's word only
    random = options.random,
    latency = options.latency or 0,
    faults = options.faults or {},
    client_id = options.client_id or "5A9DB0C0000000000000000000000001",
    client_secret = options.client_secret or oauth.chance(options.random, 48),
    public_client_id = "5A9DB0C0000000000000000000000002",
    tokens = {},
    lists = {},
    counts = {},
    total = 0,
    events = tenants.events,
  }, Sandbox)
  self.now = function() return options.now() + self.passed end
  self.logins = logins.new {
    now = self.now,
    chance = function(length) return oauth.chance(self.random, length) end,
    hash = function(text) return base64url(options.sha256(text)) end,
    connect = function(wanted) return person.connect(self, wanted) end,
  }
  local now = options.now()
  self:adopt(options.connections and tenants.made_up(options.connections, now) or tenants.demo(now))
  return self
end

return M
