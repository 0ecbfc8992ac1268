-- The token endpoint of the sandbox: who asks, for which grant, and what an access token holds.
-- Pure: requests are tables, the clock and chance are passed in.
--
-- Tokens look like Xero's, three parts with the claims that Xero puts in; the signature is chance.

local base64url = require("xero.native").base64url
local json = require "xero.json"

local M = {}

-- Seconds that an access token lives.
M.LIFETIME = 1800

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
local BASE64 = ALPHABET .. "+/"

-- Base64 with padding (RFC 4648 4), or nil.
local function base64_decode(text)
  local digits, padding = text:match "^([%w+/]*)(=*)$"
  if not digits or #text % 4 ~= 0 or #padding > 2 then return nil end
  local out, bits, count = {}, 0, 0
  for digit in digits:gmatch "." do
    bits, count = bits << 6 | BASE64:find(digit, 1, true) - 1, count + 6
    if count >= 8 then
      count = count - 8
      out[#out + 1] = string.char(bits >> count & 255)
    end
  end
  return table.concat(out)
end

---A text of `length` letters and digits.
---@param random fun(): number in [0, 1)
---@param length integer
---@return string
function M.chance(random, length)
  local out = {}
  for i = 1, length do
    local index = 1 + math.floor(random() * #ALPHABET)
    out[i] = ALPHABET:sub(index, index)
  end
  return table.concat(out)
end

---@param random fun(): number in [0, 1)
---@return string uuid of chance (RFC 9562 5.4)
function M.uuid(random)
  return (("xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx"):gsub("x", function()
    return ("%x"):format(math.floor(random() * 16))
  end))
end

local function form_decode(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

-- The fields of a form, or nil where one is there twice (RFC 6749 3.2).
local function read_form(body)
  local form = {}
  for name, value in body:gmatch "([^&=]+)=?([^&]*)" do
    name = form_decode(name)
    if form[name] then return nil end
    form[name] = form_decode(value)
  end
  return form
end

local function reply(status, body)
  return {
    status = status,
    headers = {
      ["Content-Type"] = "application/json; charset=utf-8",
      ["Cache-Control"] = "no-store",
      ["Pragma"] = "no-cache",
    },
    body = json.encode(body),
  }
end

local function refuse(code, description)
  return reply(400, { error = code, error_description = description })
end

-- Id and secret by HTTP Basic or in the body (RFC 6749 2.3.1); or nil and the refusal.
local function read_client(headers, form)
  local authorization = headers.authorization
  if not authorization then
    if form.client_id then return form.client_id, form.client_secret end
    return nil, refuse("invalid_client", "who asks?")
  elseif form.client_secret then
    return nil, refuse("invalid_request", "the client authenticates in two ways")
  end
  local scheme, encoded = authorization:match "^(%a+) +(%S+)$"
  local decoded = (scheme or ""):lower() == "basic" and base64_decode(encoded)
  local id, secret = (decoded or ""):match "^([^:]*):(.*)$"
  if not id then return nil, refuse("invalid_client", "that is no HTTP Basic authentication") end
  return form_decode(id), form_decode(secret)
end

-- Scopes that only a person can give (OpenID Connect Core 5.4 and 11).
local PERSONAL = { openid = true, profile = true, email = true, offline_access = true }

local function read_scope(form)
  local scopes = {}
  for scope in (form.scope or ""):gmatch "[^ ]+" do
    if PERSONAL[scope] or not scope:find "^[%w._]+$" then return nil end
    scopes[#scopes + 1] = scope
  end
  return scopes
end

-- A person's token names the consent of the login, an app's own the latest one that there was.
local function claims(context, scopes, login)
  local issued = math.floor(context.now)
  return {
    nbf = issued,
    exp = issued + M.LIFETIME,
    iss = "https://identity.xero.com",
    aud = "https://identity.xero.com/resources",
    client_id = login and login.client_id or context.client_id,
    sub = ("0"):rep(32),
    auth_time = login and math.floor(login.auth_time) or issued,
    xero_userid = "5a000000-0000-4000-8000-000000000001",
    global_session_id = ("0"):rep(32),
    jti = M.chance(context.random, 32),
    authentication_event_id = login and login.auth_event_id or context.auth_event_id,
    scope = json.array(scopes),
  }
end

---@class xero.sandbox.Token
---@field text string
---@field expires_at number
---@field scopes table<string, true>
---@field login? xero.sandbox.Login the person's login that it belongs to

local function make_token(context, scopes, login)
  local signature = {}
  for i = 1, 32 do signature[i] = string.char(math.floor(context.random() * 256)) end
  local held = {}
  for _, scope in ipairs(scopes) do held[scope] = true end
  return {
    text = table.concat({
      base64url(json.encode { alg = "RS256", kid = "sandbox", typ = "JWT" }),
      base64url(json.encode(claims(context, scopes, login))),
      base64url(table.concat(signature)),
    }, "."),
    expires_at = context.now + M.LIFETIME,
    scopes = held,
    login = login,
  }
end

-- By `grant_type`: context, form, client -> reply, token.
local grants = {}

-- RFC 6749 4.4: the app itself; there is no refresh token. Not for a client without a secret.
function grants.client_credentials(context, form, client)
  if client.public then return refuse("unauthorized_client") end
  local scopes = read_scope(form)
  if not scopes then return refuse("invalid_scope", "a scope that this grant has not") end
  local token = make_token(context, scopes)
  return reply(200, {
    access_token = token.text,
    expires_in = M.LIFETIME,
    token_type = "Bearer",
    scope = table.concat(scopes, " "),
  }), token
end

-- The tokens of a person's login, or the refusal that the login's rules gave.
local function answer_login(context, login, code, description)
  if not login then return refuse(code, description) end
  local token = make_token(context, login.scopes, login)
  return reply(200, {
    access_token = token.text,
    refresh_token = login.refresh_token,
    expires_in = M.LIFETIME,
    token_type = "Bearer",
    scope = table.concat(login.scopes, " "),
  }), token
end

function grants.authorization_code(context, form, client)
  return answer_login(context, context.logins:authorization_code(form, client.id))
end

function grants.refresh_token(context, form, client)
  return answer_login(context, context.logins:refresh(form, client.id))
end

---@class xero.sandbox.Context
---@field now number seconds since the epoch
---@field random fun(): number in [0, 1)
---@field client_id string the app that has a secret
---@field client_secret string
---@field public_client_id string the app that has none
---@field auth_event_id string the latest consent
---@field logins xero.sandbox.Logins

---Whether a client has no secret; nil when there is no such client.
---@param context xero.sandbox.Context
---@param id string|nil
---@return boolean|nil
function M.is_public(context, id)
  if id == context.public_client_id then return true end
  if id == context.client_id then return false end
  return nil
end

-- The form and the client of a request, or nil and the refusal.
local function read_request(context, request)
  local type_ = (request.headers["content-type"] or ""):match "^[^; ]*"
  local form = type_:lower() == "application/x-www-form-urlencoded" and read_form(request.body)
  if not form then
    return nil, refuse("invalid_request", "that is no form, or has a field twice")
  end
  local id, secret = read_client(request.headers, form)
  if not id then return nil, secret end
  local public = M.is_public(context, id)
  if public == nil or secret ~= (not public and context.client_secret or nil) then
    return nil, refuse("invalid_client")
  end
  return form, { id = id, public = public }
end

---Answers a request to the token endpoint.
---@param context xero.sandbox.Context
---@param request table headers, body
---@return table reply status, headers, body
---@return xero.sandbox.Token|nil token where one was given
function M.answer(context, request)
  local form, client = read_request(context, request)
  if not form then return client end
  if not form.grant_type then return refuse("invalid_request", "no grant_type") end
  local grant = grants[form.grant_type]
  if not grant then return refuse("unsupported_grant_type") end
  return grant(context, form, client)
end

---Answers a request to the revocation endpoint.
---@param context xero.sandbox.Context
---@param request table headers, body
---@return table reply
---@return boolean revoked whether a login ended by it
function M.revoke(context, request)
  local form, client = read_request(context, request)
  if not form then return client, false end
  if not form.token then return refuse("invalid_request", "no token"), false end
  return { status = 200, headers = {}, body = "" }, context.logins:revoke(form, client.id)
end

return M
