-- xero-run logout: forgets a person's login; with --revoke Xero does, too, and disconnects.

local Exchange = require "xero.exchange"
local config = require "xero.config"
local native = require "xero.native"
local stored_login = require "xero.stored_login"
local uuid = require "xero.uuid"
local xero = require "xero"

local function parse()
  local parser = xero.args("logout", "Forgets a person's login here. Xero keeps its consent, and"
    .. " the tenants stay connected, unless --revoke is given.")
  parser:flag("--revoke", "revoke the login at Xero: that disconnects every tenant of the person")
  parser:host_options("profile", "config", "dry-run", "yes", "timeout", "lock-timeout", "quiet",
    "verbose")
  return parser:parse()
end

local function remove(keeper)
  local done, message, hint = keeper:remove()
  if not done then xero.error.raise { kind = "store", message = message, hint = hint } end
end

-- A revocation is a mass disconnect: what the profile forbids for one tenant it forbids here.
local function check_guards(connections, keys)
  for id, why in pairs(keys.protect or {}) do
    for _, connection in ipairs(connections) do
      if uuid.equal(connection.tenantId or "", id) then
        xero.error.raise {
          kind = "protected",
          message = ("%s is protected (%s): nothing was revoked"):format(connection, why),
          hint = "disconnect the others one by one, or take it out of protect",
        }
      end
    end
  end
  local limits = keys.limits or {}
  if #connections > (limits.max_disconnects or math.huge)
    or #connections > 0 and (limits.max_percent or 100) < 100 then
    xero.error.raise {
      kind = "limit",
      message = ("a revocation disconnects all %d tenants, more than the profile's limits allow")
        :format(#connections),
    }
  end
end

local function lines_of(connections)
  local lines = {}
  for i, connection in ipairs(connections) do lines[i] = tostring(connection) end
  return lines
end

local function check_confirmed(connections, profile)
  local lines = lines_of(connections)
  local phrase = ("%s %d"):format(profile.name, #connections)
  if native.options.yes then
    for _, line in ipairs(lines) do xero.log.info("disconnecting %s", line) end
  elseif not xero.confirm(("This disconnects %d tenants for good and ends the login.")
      :format(#connections), lines, phrase) then
    xero.error.raise { kind = "limit", message = "not confirmed: nothing was revoked" }
  end
end

-- The login is read again under the lock: another run may have renewed it since the list.
local function revoke(settings, keeper)
  local _ <close> = stored_login.lock(keeper, native)
  local grant = keeper:load()
  if not grant then xero.error.raise { kind = "auth", message = "the login is gone" } end
  Exchange.new(native, xero.log):perform {
    method = "POST",
    path = "/connect/revocation",
    finish = true,
    submit = function(pump)
      return pump:revoke {
        url = settings.identity_url,
        from = grant,
        client_id = settings.client_id,
        client_secret = settings.client_secret,
        timeout = settings.timeout,
      }
    end,
  }
  remove(keeper)
end

-- What is stored is not read for this: it may be what is wrong.
local function forget(settings, keeper)
  local stored = native.file_status(settings.state .. "/token.json") ~= nil
  if stored then
    local _ <close> = stored_login.lock(keeper, native)
    remove(keeper)
  end
  xero.log.info(stored and "forgot the login of profile %s; Xero keeps its consent and connections"
    or "profile %s has no login", settings.profile.name)
end

local function say_dry_run(connections, profile)
  io.stderr:write(("dry run: would end the login of profile %s and disconnect %d tenants:\n")
    :format(profile.name, #connections))
  for _, line in ipairs(lines_of(connections)) do io.stderr:write("  ", line, "\n") end
end

local function disconnect_all(settings, keeper)
  local connections = xero.client({ auth = "user" }):get_connections()
  check_guards(connections, settings.profile.keys)
  if native.options.dry_run then return say_dry_run(connections, settings.profile) end
  check_confirmed(connections, settings.profile)
  native.shield(revoke, settings, keeper)
  xero.log.info("ended the login of profile %s; %d tenants are disconnected",
    settings.profile.name, #connections)
end

local args = parse()
local settings = config.settings({ auth = "user" }, { getenv = os.getenv, native = native })
local keeper = stored_login.keeper(settings, native)
if args.revoke then
  disconnect_all(settings, keeper)
else
  forget(settings, keeper)
end
