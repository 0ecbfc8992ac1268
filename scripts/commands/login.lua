-- xero-run login: logs a person in by the browser, for the runs to come.

local Exchange = require "xero.exchange"
local config = require "xero.config"
local filled = require "xero.filled"
local login = require "xero.login"
local native = require "xero.native"
local status = require "xero.status"
local stored_login = require "xero.stored_login"
local xero = require "xero"

local function port_of(text)
  local port = text:find "^%d+$" and math.tointeger(tonumber(text))
  if port and port <= 65535 then return port end
  return nil, ("--port takes a number from 0 (any free one) to 65535, not '%s'"):format(text)
end

local function parse()
  local parser = xero.args("login", "Logs a person in by the browser, and keeps the login for the"
    .. " runs to come.")
  parser:option("--scope", "ask for this scope, too; can be given again"):argname "SCOPE":count "*"
    :convert(filled())
  parser:option("--port", "the port of the redirect URI http://localhost:PORT/callback (default "
    .. login.DEFAULT_PORT .. ")"):argname "PORT":convert(port_of)
  parser:flag("--no-browser", "print the address, and read where it ended from stdin")
  parser:host_options("profile", "config", "timeout", "lock-timeout", "quiet", "verbose")
  return parser:parse()
end

local function check(settings)
  local auth = settings.profile.keys.auth
  if native.options.sandbox then
    xero.error.raise {
      kind = "usage",
      message = "a login at the sandbox of one run would end with it",
      hint = "start one with xero-run sandbox, and log in there",
    }
  elseif auth and auth ~= "user" then
    xero.error.raise {
      kind = "usage",
      message = ('profile %s has auth = "%s"; a login is for auth = "user"')
        :format(settings.profile.name, auth),
      hint = "it stands in " .. settings.profile.file,
    }
  end
end

local function all(...)
  local joined = {}
  for _, list in pairs { ... } do table.move(list, 1, #list, #joined + 1, joined) end
  return joined
end

local function say(line)
  io.stderr:write(line, "\n")
end

local function ask()
  io.stderr:write("> ")
  local line = io.read "l"
  -- What is typed on a terminal ends the line there, too.
  if not (line and native.isatty(0)) then io.stderr:write("\n") end
  return line
end

local args = parse()
local settings = config.settings({ auth = "user" }, { getenv = os.getenv, native = native })
check(settings)
local keys = settings.profile.keys
local keeper = stored_login.keeper(settings, native, true)
stored_login.rehearse(native, keeper)
local elsewhere = stored_login.elsewhere(settings, native, keeper)
if elsewhere then
  xero.log.warn("this login takes the place of one that was made for %s: -p NAME keeps both",
    elsewhere)
end
local exchange = Exchange.new(native, xero.log)
local world = { native = native, getenv = os.getenv, say = say, ask = ask }

local scopes = login.scopes(all(keys.scopes or {}, args.scope))
local port = args.port or keys.port or login.DEFAULT_PORT

local function redeemed_by(attempt)
  return function(code)
    return native.shield(stored_login.keep, settings, native, keeper, function()
      return login.redeem(exchange, settings, attempt, code, native)
    end)
  end
end

local grant
if args.no_browser then
  local attempt = login.attempt(settings, port, scopes, native)
  grant = login.by_hand(world, attempt, redeemed_by(attempt))
else
  local server <close> = login.listen(world, port)
  local attempt = login.attempt(settings, server:port(), scopes, native)
  grant = login.by_browser(world, attempt, server, redeemed_by(attempt))
end

if not grant:about().has_refresh then
  xero.log.warn("Xero gave no refresh token: this login ends with its access token")
end
if native.secret_from_env "XERO_ACCESS_TOKEN" then
  xero.log.warn "XERO_ACCESS_TOKEN goes before this login: unset it, or the login is not used"
end
if not native.options.quiet then
  local facts = status.of(settings, native)
  local ok, listed = pcall(function() return xero.client({ auth = "user" }):get_connections() end)
  if ok then status.add_connections(facts, #listed) end
  status.show(facts, native.now())
  if not ok then xero.log.warn("logged in, but the tenants cannot be listed: %s", listed) end
end
