-- The token endpoint of the sandbox: who asks, for which grant, and what an access token holds.
-- Pure: requests are tables, the clock and chance are passed in.
--
-- Tokens look like Xero's, three parts with the claims that Xero puts in; the signature is chance.

local json = require "xero.json"

local M = {}

-- Seconds that an access token lives.
M.LIFETIME = 1800

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
local BASE64 = ALPHABET .. "+/"

---Base64url without padding (RFC 7515 2).
---@param bytes string
---@return string
function M.base64url(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local bits = a << 16 | (b or 0) << 8 | (c or 0)
    for i = 0, c and 3 or b and 2 or 1 do
      local index = (bits >> (18 - 6 * i) & 63) + 1
      out[#out + 1] = BASE64:sub(index, index)
    end
  end
  return (table.concat(out):gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

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

local function claims(context, scopes)
  local issued = math.floor(context.now)
  return {
    nbf = issued,
    exp = issued + M.LIFETIME,
    iss = "https://identity.xero.com",
    aud = "https://identity.xero.com/resources",
    client_id = context.client_id,
    sub = ("0"):rep(32),
    auth_time = issued,
    xero_userid = "5a000000-0000-4000-8000-000000000001",
    global_session_id = ("0"):rep(32),
    jti = M.chance(context.random, 32),
    authentication_event_id = context.auth_event_id,
    scope = json.array(scopes),
  }
end

---@class xero.sandbox.Token
---@field text string
---@field expires_at number
---@field scopes table<string, true>

local function make_token(context, scopes)
  local signature = {}
  for i = 1, 32 do signature[i] = string.char(math.floor(context.random() * 256)) end
  local held = {}
  for _, scope in ipairs(scopes) do held[scope] = true end
  return {
    text = table.concat({
      M.base64url(json.encode { alg = "RS256", kid = "sandbox", typ = "JWT" }),
      M.base64url(json.encode(claims(context, scopes))),
      M.base64url(table.concat(signature)),
    }, "."),
    expires_at = context.now + M.LIFETIME,
    scopes = held,
  }
end

-- By `grant_type`: context, form -> reply, token. What a further grant needs, it finds in the form.
local grants = {}

-- RFC 6749 4.4: the app itself; there is no refresh token.
function grants.client_credentials(context, form)
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

---@class xero.sandbox.Context
---@field now number seconds since the epoch
---@field random fun(): number in [0, 1)
---@field client_id string the one app that there is
---@field client_secret string
---@field auth_event_id string the latest consent

---Answers a request to the token endpoint.
---@param context xero.sandbox.Context
---@param request table headers, body
---@return table reply status, headers, body
---@return xero.sandbox.Token|nil token where one was given
function M.answer(context, request)
  local type_ = (request.headers["content-type"] or ""):match "^[^; ]*"
  local form = type_:lower() == "application/x-www-form-urlencoded" and read_form(request.body)
  if not form then return refuse("invalid_request", "that is no form, or has a field twice") end
  local id, secret = read_client(request.headers, form)
  if not id then return secret end
  if id ~= context.client_id or secret ~= context.client_secret then
    return refuse("invalid_client")
  end
  if not form.grant_type then return refuse("invalid_request", "no grant_type") end
  local grant = grants[form.grant_type]
  if not grant then return refuse("unsupported_grant_type") end
  return grant(context, form)
end

return M
