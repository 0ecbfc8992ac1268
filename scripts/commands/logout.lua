-- xero-run logout: forgets a person's login; with --revoke Xero does, too, and disconnects.

local Exchange = require "xero.exchange"
local account = require "xero.account"
local config = require "xero.config"
local deletion = require "xero.deletion"
local login_home = require "xero.login_home"
local native = require "xero.native"
local stored_login = require "xero.stored_login"
local tenants_of = require("xero.connection").tenants
local unless_stored = require("xero.raise").unless_stored
local uuid = require "xero.uuid"
local xero = require "xero"

local function parse()
  local parser = xero.args("logout", "Forgets a person's login here. Xero keeps its consent, and"
    .. " the tenants stay connected, unless --revoke is given.")
  parser:flag("--revoke", "revoke the login at Xero: that disconnects every tenant of the person")
  parser:host_options("profile", "config", "dry-run", "yes", "max-disconnects", "timeout",
    "lock-timeout", "quiet", "verbose")
  return parser:parse()
end

-- A revocation is a mass disconnect: each tenant is judged and journaled as if it went by itself.
local function works_of(connections)
  local works, tenants = {}, tenants_of(connections)
  for _, connection in ipairs(connections) do
    if connection.id then
      local work = deletion.new(connection.id, connection)
      work.connection, work.tenant, work.sends = connection, tenants[uuid.normal(work.id)], nil
      table.insert(works, work)
    end
  end
  return works
end

local function check_guards(run, works)
  local refusal = run.guard:admit(works, native.options.max_disconnects, #works)
  if refusal then xero.error.raise(refusal) end
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

-- The login is read again under the lock: another run may have renewed or replaced it since the
-- list.
local function revoke(settings, keeper)
  local _ <close> = stored_login.lock(keeper, native)
  local grant = keeper:load()
  if not grant then xero.error.raise { kind = "auth", message = "the login is gone" } end
  login_home.check(grant, stored_login.home(settings, native))
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
  unless_stored(keeper:remove())
end

-- Intents before, outcomes after. An answer that refuses leaves all connected; without one nobody
-- can tell.
local function revoke_accountably(run, client, works, settings, keeper)
  run:open(client:identity(), function() return client:list_all() end)
  unless_stored(run.journal:intend(works, "logout --revoke"))
  local revoked, failure = pcall(revoke, settings, keeper)
  local known = revoked or xero.error.is(failure) and failure.status
  for _, work in ipairs(works) do
    work.status = revoked and "deleted" or known and "failed" or "unknown"
    work.error = not revoked and xero.error.is(failure) and failure or nil
    run.journal:conclude(work)
  end
  unless_stored(run.journal:sync())
  if not revoked then error(failure, 0) end
end

-- What is stored is not read for this: it may be what is wrong.
local function forget(settings, keeper)
  local stored = settings.state():has_login()
  if stored and native.options.dry_run then
    io.stderr:write(("dry run: would forget the login of profile %s\n"):format(
      settings.profile.name))
    return
  elseif stored then
    local _ <close> = stored_login.lock(keeper, native)
    unless_stored(keeper:remove())
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
  local client = xero.client { auth = "user" }
  local connections = client:get_connections()
  local run, works = account.of(settings, native, xero.log), works_of(connections)
  check_guards(run, works)
  if native.options.dry_run then return say_dry_run(connections, settings.profile) end
  check_confirmed(connections, settings.profile)
  native.shield(revoke_accountably, run, client, works, settings, keeper)
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
