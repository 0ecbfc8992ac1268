-- Whether a stored login may be used in this run. One that was made for another server would show
-- its tokens there; one of another app, of another machine or profile, or of a state that it was
-- moved from, cannot be renewed without harm. Whoever is about to use a login asks here, before
-- anything is sent.

local errors = require "xero.error"
local servers = require "xero.servers"

local login_home = {}

-- Both see tokens: the one access tokens, the other refresh tokens.
local SERVERS = { "api_url", "identity_url" }

---@class xero.LoginHome where a login has to be at home
---@field login string the command that logs in
---@field client_id? string the app that is configured
---@field host_tag? string what names this machine and profile
---@field api_url? string this and the next: the servers of the run; nil where a script keeps the
---  login, which then is the script's affair
---@field identity_url? string
---@field named_by? table<string, string> who names them; see xero.Settings

---@class xero.LoginFault
---@field kind "auth"|"store"
---@field why string what follows "the login"
---@field hint string
---@field made_for? string the server, where it was made for another one

-- The servers of the run that a login was not made for. What was stored before logins said it was
-- made for Xero: a sandbox forgets its logins, and hardly anybody else has another server.
local function strange_servers(about, home)
  local strange = {}
  for _, name in ipairs(SERVERS) do
    local made_for = about[name] or servers.XERO[name]
    if home[name] and home[name] ~= made_for then
      strange[#strange + 1] = { made_for = made_for, asked = home[name],
        named_by = home.named_by[name] }
    end
  end
  return strange
end

local function variables_of(strange)
  local names = {}
  for _, server in ipairs(strange) do
    local name = server.named_by
    if name and name:find "^XERO_" then names[#names + 1] = name end
  end
  return names
end

---Why a login is not shown to the servers of the run; nil where it was made for them.
---@param about table of the grant
---@param home xero.LoginHome
---@return xero.LoginFault?
function login_home.wrong_server(about, home)
  local strange = strange_servers(about, home)
  local first = strange[1]
  if not first then return nil end
  local variables = variables_of(strange)
  return {
    kind = "auth",
    made_for = first.made_for,
    why = ("was made for %s; %s %s"):format(first.made_for,
      first.named_by and first.named_by .. " names" or "this run asks", first.asked),
    hint = ("%suse another profile (-p), or log in to that server: %s"):format(
      #variables > 0 and ("unset %s, "):format(table.concat(variables, " and ")) or "", home.login),
  }
end

---Why a login is not to be used; nil where it is at home.
---@param about table of the grant
---@param home xero.LoginHome
---@return xero.LoginFault?
function login_home.fault(about, home)
  if about.moved_to then
    return {
      kind = "store", why = "was moved to " .. about.moved_to,
      hint = "let XERO_RUN_STATE or the profile name that state",
    }
  end
  local wrong = login_home.wrong_server(about, home)
  if wrong then
    return wrong
  elseif home.client_id and about.client_id ~= home.client_id then
    return {
      kind = "auth", why = ("belongs to another app (client id %s)"):format(about.client_id),
      hint = "log in with this app: " .. home.login,
    }
  elseif home.host_tag and about.host_tag and about.host_tag ~= home.host_tag then
    return {
      kind = "store", why = "was copied from another machine or profile; two copies would retire"
        .. " each other's tokens",
      hint = "log in here: " .. home.login,
    }
  end
end

---Raises why a login is not to be used.
---@param grant userdata
---@param home xero.LoginHome
function login_home.check(grant, home)
  local fault = login_home.fault(grant:about(), home)
  if not fault then return end
  errors.raise { kind = fault.kind, message = "the stored login " .. fault.why, hint = fault.hint }
end

return login_home
