-- The person at the sandbox, as endpoints: authorize, revocation, and one that Xero does not have,
-- by which a test says what the person does and lets time pass.
--
--   GET /sandbox            the state: the time, what the person does, the logins with their tokens
--   POST /sandbox {…}       changes it first; any of
--     advance = seconds     lets so much time pass
--     consent = "allow"|"deny"
--     tenants = 2 | ["…"]   how many tenants the next consent connects, or which
--     connect = 2 | ["…"]   connects so many, or these, at once, as another consent would
--     grace = seconds       how long a retired refresh token is still taken; 0: its use is a theft
--     end = true            ends every login, as the person can at Xero

local json = require "xero.json"
local oauth = require "xero.sandbox_oauth"
local tenants = require "xero.sandbox_tenants"

local M = {}

M.CONTROL = "/sandbox"

local HTML = { ["Content-Type"] = "text/html; charset=utf-8" }
local JSON = { ["Content-Type"] = "application/json; charset=utf-8" }

---What the token endpoint has to know.
---@param sandbox xero.Sandbox
---@return xero.sandbox.Context
function M.context(sandbox)
  return {
    now = sandbox.now(),
    random = sandbox.random,
    client_id = sandbox.client_id,
    client_secret = sandbox.client_secret,
    public_client_id = sandbox.public_client_id,
    auth_event_id = tenants.id("event", sandbox.events),
    logins = sandbox.logins,
  }
end

local function find_personal(sandbox, name)
  for _, entry in ipairs(sandbox.entries) do
    if entry.personal and entry.connection.tenantName == name then return entry end
  end
end

---The person consents: connects these tenants, or connects them again.
---@param sandbox xero.Sandbox
---@param wanted integer|string[] so many tenants, or their names
---@return string auth_event_id
function M.connect(sandbox, wanted)
  sandbox.events = sandbox.events + 1
  local event, now = tenants.id("event", sandbox.events), sandbox.now()
  local names = type(wanted) == "number" and tenants.personal(wanted) or wanted
  for _, name in ipairs(names) do
    local entry = find_personal(sandbox, name)
    if entry then
      tenants.reconnect(entry.connection, now)
      entry.connection.authEventId = event
      entry.gone, entry.json = nil, nil
    else
      local number = #sandbox.entries + 1
      sandbox:add(tenants.new(name, number, sandbox.events, now)).personal = true
    end
  end
  sandbox.other_ids[event] = "event"
  sandbox.lists = {}
  return event
end

---The authorize endpoint.
---@param sandbox xero.Sandbox
---@param request table
---@return table reply
function M.authorize(sandbox, request)
  local public = oauth.is_public(M.context(sandbox), request.query.client_id)
  local location, refusal = sandbox.logins:authorize(request.query, public)
  if location then
    return { status = 302, headers = { Location = location, ["Cache-Control"] = "no-store" },
      body = "" }
  end
  local body = "<!DOCTYPE html>\n<title>Error</title>\n<h1>Error</h1>\n<p>" .. refusal .. "</p>\n"
  return { status = 400, headers = HTML, body = body }
end

---The revocation endpoint: all that the person has connected goes with the login.
---@param sandbox xero.Sandbox
---@param request table
---@return table reply
function M.revoke(sandbox, request)
  local reply, revoked = oauth.revoke(M.context(sandbox), request)
  if revoked then
    for _, entry in ipairs(sandbox.entries) do entry.gone = entry.gone or entry.personal end
    sandbox.lists = {}
  end
  return reply
end

local function is_number(value)
  return type(value) == "number" and value >= 0
end

-- Of tenants: so many, or their names.
local function is_choice(value)
  return math.type(value) == "integer" or type(value) == "table"
end

local CHANGES = {
  advance = function(sandbox, seconds)
    if not is_number(seconds) then return false end
    sandbox.passed = sandbox.passed + seconds
  end,
  consent = function(sandbox, does)
    if does ~= "allow" and does ~= "deny" then return false end
    sandbox.logins.consent = does
  end,
  tenants = function(sandbox, wanted)
    if not is_choice(wanted) then return false end
    sandbox.logins.tenants = wanted
  end,
  connect = function(sandbox, wanted)
    if not is_choice(wanted) then return false end
    M.connect(sandbox, wanted)
  end,
  grace = function(sandbox, seconds)
    if not is_number(seconds) then return false end
    sandbox.logins.grace = seconds
  end,
  ["end"] = function(sandbox, really)
    if really ~= true then return false end
    sandbox.logins:revoke_all()
  end,
}

local function state(sandbox)
  local logins = sandbox.logins
  local list = {}
  for i, login in ipairs(logins.list) do
    list[i] = {
      client_id = login.client_id,
      auth_event_id = login.auth_event_id,
      refresh_token = login.refresh_token,
      refreshes = login.refreshes,
      ended = login.ended,
    }
  end
  return {
    now = sandbox.now(),
    consent = logins.consent,
    grace = logins.grace,
    refusals = logins.refusals,
    requests = sandbox.counts,
    logins = json.array(list),
  }
end

local function change(sandbox, body)
  local changes, message = json.decode(body)
  if type(changes) ~= "table" then return message or "not an object" end
  for name, value in pairs(changes) do
    if not CHANGES[name] or CHANGES[name](sandbox, value) == false then
      return "no such change: " .. tostring(name)
    end
  end
end

---The endpoint for tests. It counts as no request and no fault concerns it.
---@param sandbox xero.Sandbox
---@param request table
---@return xero.sandbox.Reply
function M.control(sandbox, request)
  local fault = request.method == "POST" and change(sandbox, request.body) or nil
  return {
    op = "control", number = sandbox.total, done = not fault, delay = 0,
    status = fault and 400 or 200, headers = JSON,
    body = json.encode(fault and { error = fault } or state(sandbox)),
  }
end

return M
