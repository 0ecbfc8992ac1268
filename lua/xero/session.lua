-- A valid access token whenever one is needed.
--
-- Where a token comes from is a source: { mode, renewable, token = function(failed) -> token
-- (failed is one that a server refused), refusal? = what to do when its token is refused, by
-- status }. Tokens are renewed 60 s before they expire, or once a server refused them.

local Exchange = require "xero.exchange"

local Session = {}
Session.__index = Session

local RENEW_BEFORE = 60
local APP_SCOPE = "app.connections"

local NO_CUSTOM = "Xero may not let a custom connection list or disconnect tenants;"
  .. ' auth = "app" and auth = "user" can'
local CUSTOM_REFUSAL = { [401] = NO_CUSTOM, [403] = NO_CUSTOM }

-- What the retry rules say of a refused grant is for all; here no person can log in again.
local APP_PAGE = "https://developer.xero.com/app/manage"
local APP_REFUSED = {
  invalid_grant = "the app itself is refused, which no login mends: its page at " .. APP_PAGE
    .. " says whether it still exists and has this secret",
}
local CUSTOM_REFUSED = {
  invalid_grant = "the custom connection is refused, which no login mends: its page at " .. APP_PAGE
    .. " says whether it is still connected to an organisation and has this secret",
  invalid_scope = "the scopes are those of the profile, scopes = { … }; the page of the custom"
    .. " connection at " .. APP_PAGE .. " has those that it was given",
}

-- The engine found the answer's body wanting. A grant does no harm twice, so it is asked for again.
local function read_grant(answer)
  if answer.error == "protocol" and answer.status == 200 then
    Exchange.lose(answer, answer.message)
  end
end

local function is_fresh(token, now)
  local expires_at = token:expires_at()
  return not expires_at or now < expires_at - RENEW_BEFORE
end

-- Keeps the token that was obtained until it is about to expire or failed.
local function renewed(obtain, native)
  local current
  return function(failed)
    if not current or current == failed or not is_fresh(current, native.now()) then
      current = obtain()
    end
    return current
  end
end

-- Client credentials: nothing is stored, and asking again harms nothing. A custom connection is an
-- app of one organisation; it has no scope app.connections.
local function app_source(settings, native, exchange)
  local hints = settings.mode == "custom" and CUSTOM_REFUSED or APP_REFUSED
  local request = {
    method = "POST",
    path = "/connect/token",
    submit = function(pump)
      return pump:grant {
        url = settings.identity_url,
        grant = "client_credentials",
        client_id = settings.client_id,
        client_secret = settings.client_secret,
        scope = settings.mode == "custom" and settings.scope or APP_SCOPE,
        timeout = settings.timeout,
      }
    end,
    read = read_grant,
    explain = function(failure)
      failure.hint = hints[failure.oauth_error] or failure.hint
      return failure
    end,
  }
  return {
    mode = settings.mode,
    renewable = true,
    token = renewed(function() return exchange:perform(request).token end, native),
    refusal = settings.mode == "custom" and CUSTOM_REFUSAL or nil,
  }
end

-- A token that somebody else got and keeps fresh.
local function ready_source(settings, native)
  local token = native.token(settings.access_token)
  return {
    mode = "token",
    renewable = false,
    token = function() return token end,
    refusal = {
      [401] = "XERO_ACCESS_TOKEN is used as it is and never renewed: put a fresh one there, or"
        .. " unset it and set XERO_CLIENT_ID and XERO_CLIENT_SECRET",
    },
  }
end

-- A person's login, whose tokens rotate.
local function user_source(settings, native, exchange)
  local renewer = require "xero.stored_login".renewer(settings, native, exchange, exchange.log)
  return {
    mode = "user",
    renewable = true,
    token = function(failed) return renewer:token(failed) end,
  }
end

local SOURCES = {
  app = app_source, custom = app_source, token = ready_source, user = user_source,
}

---@param settings xero.Settings
---@param native table
---@param exchange table sends the token requests
function Session.new(settings, native, exchange)
  return setmetatable({ source = SOURCES[settings.mode](settings, native, exchange) }, Session)
end

---A token that is good for the next request.
function Session:token()
  return self.source.token()
end

---Whether another token can be had after a 401.
---@return boolean
function Session:renewable()
  return self.source.renewable
end

---Replaces the token that a server refused, unless that was done meanwhile.
function Session:renew(refused)
  self.source.token(refused)
end

---What to do when a server refuses the token all the same.
---@param status integer 401 or 403
---@return string? hint nil where the retry rules know better
function Session:refusal(status)
  return self.source.refusal and self.source.refusal[status]
end

local function scopes_of(token, claims)
  local scope = token:scope() or claims.scope
  if type(scope) == "table" then return scope end
  local scopes = {}
  for word in (type(scope) == "string" and scope or ""):gmatch "%S+" do
    scopes[#scopes + 1] = word
  end
  return scopes
end

---What may be known about the current token; never the token.
---@return { mode: string, expires_at?: number, scopes: string[], auth_event_id?: string,
---  user_id?: string }
function Session:describe()
  local token = self:token()
  local claims = token:claims() or {}
  return {
    mode = self.source.mode,
    expires_at = token:expires_at() or claims.exp,
    scopes = scopes_of(token, claims),
    auth_event_id = claims.authentication_event_id,
    user_id = claims.xero_userid,
  }
end

return Session
