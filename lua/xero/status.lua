-- What can be said of a profile and its login: for `status`, and after a login. The facts are
-- gathered once; how they are shown, and whether a login will be needed soon, is judged from them.

local errors = require "xero.error"
local login_home = require "xero.login_home"
local output = require "xero.output"
local profile = require "xero.profile"
local stored_login = require "xero.stored_login"
local text = require "xero.text"
local time = require "xero.time"

local M = {}

local UNUSED = 60 * 86400 -- so long Xero keeps a refresh token that is not used

---@class xero.Status
---@field profile string
---@field configuration? string the file
---@field mode string
---@field client_id? string
---@field logged_in? boolean in mode "user"
---@field user_id? string
---@field auth_event_id? string
---@field scopes? string[]
---@field token_expires_at? number of the access token
---@field login_obtained_at? number when the refresh token was given
---@field login_ends_at? number when a login will be needed, unless the tokens are renewed before
---@field login_ended_at? number since when Xero does not take the refresh token
---@field login_foreign? string why it is not of this app, this server or this machine
---@field login_mend? string what to do about that
---@field renewal_started_at? number of a renewal that did not finish
---@field connections? integer
---@field max_connections? integer
---@field headroom? integer in mode "app": a person sees only what that person connected

local function words(scope)
  local list = {}
  for word in (scope or ""):gmatch "%S+" do list[#list + 1] = word end
  return list
end

local function add_token(facts, token, scope)
  local claims = token:claims() or {}
  facts.token_expires_at = token:expires_at() or claims.exp
  facts.scopes = words(scope or token:scope() or claims.scope)
  facts.user_id = claims.xero_userid
  facts.auth_event_id = claims.authentication_event_id
end

local function add_login(facts, settings, native)
  local grant = stored_login.keeper(settings, native):load()
  facts.logged_in = grant ~= nil
  if not grant then return end
  local about = grant:about()
  add_token(facts, grant:token(), about.scope)
  facts.login_obtained_at = about.obtained_at
  facts.login_ends_at = about.has_refresh and about.obtained_at + UNUSED or about.expires_at
  facts.login_ended_at = about.dead_since
  local fault = login_home.fault(about, stored_login.home(settings, native))
  if fault then facts.login_foreign, facts.login_mend = fault.why, fault.hint end
  facts.renewal_started_at = about.refresh_started_at
end

---What is known without asking Xero.
---@param settings xero.Settings
---@param native table
---@return xero.Status
function M.of(settings, native)
  local facts = {
    profile = settings.profile.name,
    configuration = settings.profile.file,
    mode = settings.mode,
    client_id = settings.client_id,
    max_connections = settings.profile.keys.max_connections,
  }
  if settings.mode == "user" then
    add_login(facts, settings, native)
  elseif settings.mode == "token" then
    add_token(facts, native.token(settings.access_token))
    facts.login_ends_at = facts.token_expires_at
  end
  return facts
end

---Adds how many connections there are.
---@param facts xero.Status
---@param count integer
function M.add_connections(facts, count)
  facts.connections = count
  facts.headroom = facts.mode == "app" and facts.max_connections
    and facts.max_connections - count or nil
end

-- "2026-11-23T19:00:00Z (in 29 minutes)"
local function moment(epoch, now)
  local distance = epoch - now
  return ("%s (%s)"):format(time.format(math.floor(epoch)),
    distance >= 0 and "in " .. time.describe(distance) or time.describe(-distance) .. " ago")
end

local function login_line(facts, now)
  if not facts.logged_in then return "none" end
  if facts.login_foreign then return facts.login_foreign end
  if facts.login_ended_at then return "ended " .. moment(facts.login_ended_at, now) end
  if facts.renewal_started_at then
    return "a renewal was begun and did not finish: " .. moment(facts.renewal_started_at, now)
  end
  return ("last renewed %s; ends %s if unused"):format(
    time.format(math.floor(facts.login_obtained_at)), moment(facts.login_ends_at, now))
end

local function connections_line(facts)
  if not facts.max_connections then return tostring(facts.connections) end
  if facts.mode ~= "app" then
    return ("%d of this %s; %d are allowed, with those of others"):format(facts.connections,
      facts.mode == "user" and "person" or "token", facts.max_connections)
  end
  return ("%d of %d (%d left)"):format(facts.connections, facts.max_connections, facts.headroom)
end

local INDENT = 14

---Prints the facts for people.
---@param facts xero.Status
---@param now number
function M.show(facts, now)
  local function add(title, value)
    if value then output.print_line(("%-13s %s"):format(title, text.printable(value)), INDENT) end
  end
  add("profile", facts.profile
    .. (facts.configuration and (" (%s)"):format(facts.configuration) or ""))
  add("mode", facts.mode)
  add("client id", facts.client_id)
  add("login", facts.mode == "user" and login_line(facts, now) or nil)
  add("user", facts.user_id)
  add("access token", facts.token_expires_at and "expires " .. moment(facts.token_expires_at, now))
  add("scopes", facts.scopes and #facts.scopes > 0 and table.concat(facts.scopes, " ") or nil)
  add("connections", facts.connections and connections_line(facts))
end

---Why a person has to log in, now or within so many seconds; nil when nobody has to.
---@param facts xero.Status
---@param now number
---@param within number seconds
---@return string?
function M.need(facts, now, within)
  if facts.mode == "user" and not facts.logged_in then
    return "no login is stored"
  elseif facts.login_foreign then
    return "the login " .. facts.login_foreign
  elseif facts.login_ended_at then
    return "the login ended " .. moment(facts.login_ended_at, now)
  elseif facts.login_ends_at and facts.login_ends_at < now + within then
    local what = facts.mode == "user" and "the login" or "the access token"
    local verb = facts.login_ends_at < now and "ended" or "ends"
    return ("%s %s %s"):format(what, verb, moment(facts.login_ends_at, now))
  end
  return nil
end

---Raises what `need` says.
---@param facts xero.Status
---@param settings xero.Settings
---@param now number
---@param within number
function M.require_login(facts, settings, now, within)
  local need = M.need(facts, now, within)
  if not need then return end
  errors.raise {
    kind = "auth",
    message = ("profile %s: %s"):format(facts.profile, need),
    hint = facts.login_mend
      or facts.mode == "user" and profile.command(settings.profile, "login")
      or "put a fresh token into XERO_ACCESS_TOKEN",
  }
end

return M
