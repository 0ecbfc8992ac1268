-- A person's login where it is kept: opened for a profile (or a script's own getter and saver), as
-- the source of tokens of a session, and as what login, logout, status and doctor work on.

local errors = require "xero.error"
local keeper = require "xero.keeper"
local login_home = require "xero.login_home"
local profile = require "xero.profile"
local raise = require "xero.raise"
local refresh = require "xero.refresh"

local M = {}

local OR_THE_APP = "; to act as the app itself, give its secret, such as in XERO_CLIENT_SECRET"
local MACHINE_IDS = { "/etc/machine-id", "/var/lib/dbus/machine-id" }

local function machine_id()
  for _, path in ipairs(MACHINE_IDS) do
    local file <close> = io.open(path, "r")
    local id = file and file:read "l"
    if id and id ~= "" then return id end
  end
end

---What names this machine and a profile, without telling the machine's id; a login that was copied
---elsewhere has another one. Nil where the machine has no id, as in many containers, and where the
---login is not the machine's own: in a state that several share, or with a script.
---@param settings xero.Settings
---@param native table
---@return string?
function M.host_tag(settings, native)
  if settings.token_getter or settings.state().shared then return nil end
  local id = machine_id()
  local name = settings.profile.name
  return id and native.base64url(native.sha256(("xero-run\0%s\0%s"):format(id, name)))
end

---What a login of this run has to fit.
---@param settings xero.Settings
---@param native table
---@return xero.LoginHome
function M.home(settings, native)
  local home = {
    client_id = settings.client_id,
    host_tag = M.host_tag(settings, native),
    login = profile.command(settings.profile, "login"),
  }
  if settings.token_getter then return home end
  home.api_url, home.identity_url = settings.api_url, settings.identity_url
  home.named_by = settings.named_by
  return home
end

---@param settings xero.Settings of mode "user"
---@param native table
---@param create? boolean whether to make the directory
---@return xero.Keeper
function M.keeper(settings, native, create)
  if settings.token_getter then
    return keeper.script(native, settings.client_id, settings.token_getter, settings.token_saver)
  end
  return settings.state():keeper(create)
end

---Takes the lock of a login; raises where another run holds it for too long.
---@param kept xero.Keeper
---@param native table
---@return table lock to be closed
function M.lock(kept, native)
  local lock, busy = kept:lock(native.options.lock_timeout)
  return lock or error(busy, 0)
end

---Makes sure that a login could be kept, before a person is asked for one.
---@param native table
---@param kept xero.Keeper
function M.rehearse(native, kept)
  local _ <close> = M.lock(kept, native)
  raise.unless_stored(kept:prepare())
end

---The other server that the login was made for that is stored; nil where it was made for this one,
---or cannot be read.
---@param settings xero.Settings of mode "user"
---@param native table
---@param kept xero.Keeper
---@return string?
function M.elsewhere(settings, native, kept)
  local loaded, grant = pcall(kept.load, kept)
  if not loaded or not grant then return nil end
  local wrong = login_home.wrong_server(grant:about(), M.home(settings, native))
  return wrong and wrong.made_for
end

---Keeps a new login. Nothing may come between the redemption of a code and the place where the
---tokens are safe, so the room for them is made first.
---@param settings xero.Settings of mode "user"
---@param native table
---@param kept xero.Keeper
---@param redeem fun(): userdata gives the token
---@return userdata grant
function M.keep(settings, native, kept, redeem)
  local _ <close> = M.lock(kept, native)
  raise.unless_stored(kept:prepare())
  local grant, fault = native.grant {
    token = redeem(),
    client_id = settings.client_id,
    host_tag = M.host_tag(settings, native),
    api_url = settings.api_url,
    identity_url = settings.identity_url,
  }
  if not grant then errors.raise { kind = "protocol", message = fault } end
  local saved, message, hint = keeper.save(kept, grant)
  if saved then return grant end
  errors.raise {
    kind = "store", message = "the login could not be saved: " .. message, hint = hint,
  }
end

-- One request for new tokens. Its answer is waited for whatever signal comes: it may hold the only
-- token that is still good.
local function request_of(settings, exchange)
  return function(grant, which, seconds)
    return exchange:send {
      method = "POST",
      path = "/connect/token",
      finish = true,
      submit = function(pump)
        return pump:grant {
          url = settings.identity_url,
          grant = "refresh_token",
          from = grant,
          which = which,
          client_id = settings.client_id,
          client_secret = settings.client_secret,
          timeout = math.min(seconds, settings.timeout),
        }
      end,
    }
  end
end

---What keeps a login's access token good.
---@param settings xero.Settings of mode "user"
---@param native table
---@param exchange table sends the requests
---@param log xero.Log
---@return xero.Renewer
function M.renewer(settings, native, exchange, log)
  return refresh.new {
    keeper = M.keeper(settings, native),
    request = request_of(settings, exchange),
    shield = native.shield,
    now = native.now,
    monotonic = native.monotonic,
    sleep = native.sleep,
    random = native.random,
    interrupted = native.interrupted,
    at_end = native.at_end,
    log = log,
    home = M.home(settings, native),
    otherwise = settings.assumed and OR_THE_APP or nil,
    lock_timeout = native.options.lock_timeout,
  }
end

return M
