-- What one person does at the sandbox: consents or declines, which gives codes; redeems them, which
-- begins a login; refreshes it, which rotates its refresh token; revokes it. Pure: the clock and
-- chance are passed in, requests are tables of their fields.
--
-- Each rule of Xero's that can cost a login is kept (RFC 6749 4.1 and 6, RFC 7636, RFC 7009): codes
-- are for one use and 5 minutes, a refresh token is retired by the next one and is taken again for
-- `grace` seconds, and it ends after 60 days without use. With a grace of 0 a second use of a
-- retired token is taken for a theft: the login ends.

local M = {}

local DAY = 86400
local CODE_LIFE = 300
local REFRESH_LIFE = 60 * DAY
local GRACE = 1800

---@class xero.sandbox.Login
---@field client_id string
---@field scopes string[]
---@field auth_event_id string
---@field auth_time number
---@field refresh_token? string the newest one
---@field refreshes integer
---@field ended? "revoked"|"reused"|"expired"

---@class xero.sandbox.Logins
---@field grace number seconds that a retired refresh token is still taken
---@field consent "allow"|"deny" what the person does
---@field tenants integer|string[] which tenants the person connects: so many, or these
---@field refusals integer how often a grant was refused by invalid_grant
local Logins = {}
Logins.__index = Logins

---@class xero.sandbox.LoginWorld
---@field now fun(): number
---@field chance fun(length: integer): string letters and digits
---@field hash fun(text: string): string SHA-256 in base64url
---@field connect fun(tenants: integer|string[]): string what a consent connects; its authEventId

---@param world xero.sandbox.LoginWorld
---@return xero.sandbox.Logins
function M.new(world)
  return setmetatable({
    world = world,
    grace = GRACE,
    consent = "allow",
    tenants = 2,
    refusals = 0,
    codes = {},
    refresh_tokens = {},
    list = {},
  }, Logins)
end

-- The authorize endpoint -------------------------------------------------------------------------

-- Xero takes https and http://localhost with any port; it refuses http://127.0.0.1.
local function is_redirect_uri(uri)
  for _, pattern in ipairs { "^https://[^/#]+/?[^#]*$", "^http://localhost:?%d*/[^#]*$" } do
    if uri:find(pattern) then return true end
  end
  return false
end

local function words(text)
  local list = {}
  for word in (text or ""):gmatch "[^ ]+" do list[#list + 1] = word end
  return list
end

local function has(list, wanted)
  for _, word in ipairs(list) do
    if word == wanted then return true end
  end
  return false
end

local function encode(text)
  return (text:gsub("[^%w._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function redirect(query, fields)
  fields.state = query.state
  local names, parts = {}, {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = name .. "=" .. encode(fields[name]) end
  local uri = query.redirect_uri
  return uri .. (uri:find("?", 1, true) and "&" or "?") .. table.concat(parts, "&")
end

-- What is wrong with a request whose redirect can be trusted, as an error code and a description.
local function fault_of(query, scopes, public)
  if query.response_type ~= "code" then return "unsupported_response_type" end
  if #scopes == 0 or has(scopes, "app.connections") then
    return "invalid_scope", "a scope that no person can give"
  end
  if public and not query.code_challenge then
    return "invalid_request", "code challenge required"
  end
  if query.code_challenge and query.code_challenge_method ~= "S256" then
    return "invalid_request", "transform algorithm not supported"
  end
  return nil
end

---Answers the browser. The person decides at once, without a page.
---@param query table<string, string>
---@param public boolean|nil whether the client is one without a secret; nil: there is no such one
---@return string? location where the browser is sent
---@return string? refusal for the browser itself, where no redirect can be trusted
function Logins:authorize(query, public)
  if public == nil then return nil, "unauthorized_client" end
  if not is_redirect_uri(query.redirect_uri or "") then return nil, "Invalid redirect_uri" end
  local scopes = words(query.scope)
  local code, description = fault_of(query, scopes, public)
  if code then return redirect(query, { error = code, error_description = description }) end
  if self.consent == "deny" then return redirect(query, { error = "access_denied" }) end
  code = self.world.chance(43)
  self.codes[code] = {
    client_id = query.client_id,
    redirect_uri = query.redirect_uri,
    challenge = query.code_challenge,
    scopes = scopes,
    auth_event_id = self.world.connect(self.tenants),
    expires_at = self.world.now() + CODE_LIFE,
  }
  return redirect(query, {
    code = code, scope = query.scope, session_state = self.world.chance(43),
    iss = "https://identity.xero.com",
  })
end

-- The token endpoint -----------------------------------------------------------------------------

-- A new refresh token for a login; the one before is retired now.
function Logins:rotate(login)
  local now = self.world.now()
  local before = self.refresh_tokens[login.refresh_token]
  if before then before.retired_at = now end
  login.refresh_token = self.world.chance(43)
  self.refresh_tokens[login.refresh_token] = { login = login, expires_at = now + REFRESH_LIFE }
end

-- A grant gives the login, or nil, the error and its description.

function Logins:refuse(description)
  self.refusals = self.refusals + 1
  return nil, "invalid_grant", description
end

---@param form table<string, string>
---@param client_id string who was authenticated
function Logins:authorization_code(form, client_id)
  local code = self.codes[form.code or ""]
  if not code or code.client_id ~= client_id then return self:refuse() end
  if code.login then code.login.ended = "reused" end
  if code.used or self.world.now() >= code.expires_at then return self:refuse() end
  code.used = true
  if form.redirect_uri ~= code.redirect_uri then return self:refuse() end
  local verifier = form.code_verifier
  if code.challenge and (not verifier or self.world.hash(verifier) ~= code.challenge) then
    return self:refuse "transformed code verifier does not match code challenge"
  end
  local login = {
    client_id = client_id,
    scopes = code.scopes,
    auth_event_id = code.auth_event_id,
    auth_time = self.world.now(),
    refreshes = 0,
  }
  code.login = login
  self.list[#self.list + 1] = login
  if has(login.scopes, "offline_access") then self:rotate(login) end
  return login
end

---@param form table<string, string>
---@param client_id string
function Logins:refresh(form, client_id)
  if form.scope then return nil, "invalid_scope", "a refresh is sent without a scope" end
  local token, now = self.refresh_tokens[form.refresh_token or ""], self.world.now()
  if not token or token.login.client_id ~= client_id or token.login.ended then
    return self:refuse()
  end
  if now >= token.expires_at then
    token.login.ended = "expired"
    return self:refuse()
  end
  if token.retired_at and now - token.retired_at >= self.grace then
    if self.grace == 0 then token.login.ended = "reused" end
    return self:refuse()
  end
  token.login.refreshes = token.login.refreshes + 1
  self:rotate(token.login)
  return token.login
end

---Revokes the login of a refresh token (RFC 7009: an unknown token is no error).
---@param form table<string, string>
---@param client_id string
---@return boolean revoked whether there was something to revoke
function Logins:revoke(form, client_id)
  local token = self.refresh_tokens[form.token or ""]
  if not token or token.login.client_id ~= client_id or token.login.ended then return false end
  self:revoke_all()
  return true
end

function Logins:revoke_all()
  for _, login in ipairs(self.list) do login.ended = login.ended or "revoked" end
end

return M
