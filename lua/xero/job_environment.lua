-- What the environment says here and a scheduler's does not: by which way Xero is reached, whom to
-- trust, where modules are. A run by hand had it, so the scheduled one is to have it, too.
--
-- A password, such as that of a proxy, does not go into what everybody may read: it is only named.

local paths = require "xero.paths"
local state_url = require "xero.state_url"
local variable = require "xero.variable"

local ROUTE = {
  "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
  "SSL_CERT_FILE", "CURL_CA_BUNDLE", "XERO_API_URL", "XERO_IDENTITY_URL", "XERO_LOGIN_URL",
  "LUA_PATH", "LUA_CPATH",
}
local STATE = { "XERO_RUN_STATE", "XERO_RUN_STATE_KEY_FILE" }

local FILES = { SSL_CERT_FILE = true, CURL_CA_BUNDLE = true, XERO_RUN_STATE_KEY_FILE = true }

local job_environment = {}

---@class xero.JobEnvironment
---@field set { name: string, value: string }[] what the run is to have
---@field secret string[] the names of those that hold a password

-- In a URL; that of a proxy may lack its scheme.
local function holds_password(value)
  local rest = value:gsub("^%a[%w+.-]*://", "")
  return rest:find "^[^/@]*:[^@]*@" ~= nil or rest:find "[?&]password=" ~= nil
end

---@param environment { getenv: (fun(name: string): string?), native: table }
---@param with_state boolean whether the run is to keep its state where this environment says
---@return xero.JobEnvironment
function job_environment.of(environment, with_state)
  local set, secret = {}, {}
  for _, names in ipairs { ROUTE, with_state and STATE or {} } do
    for _, name in ipairs(names) do
      local value = variable(environment, name)
      if value and not FILES[name] and holds_password(value) then
        secret[#secret + 1] = name
      elseif value then
        if FILES[name] then value = paths.absolute(environment, value) end
        set[#set + 1] = { name = name, value = value }
      end
    end
  end
  return { set = set, secret = secret }
end

---Whether this environment keeps the state in a database, for whoever runs.
---@param environment { getenv: (fun(name: string): string?) }
---@return boolean
function job_environment.shares_state(environment)
  local named = variable(environment, "XERO_RUN_STATE")
  return named ~= nil and state_url.is(named)
end

return job_environment
