-- The settings of a client: which app or token, which servers, how long to wait.
--
-- Everything is judged here, before the first request, so that a mistake is one clear line. The
-- environment and native are passed in; nothing else is read. Precedence: command line, client
-- options, environment, default.

local errors = require "xero.error"
local suggest = require "xero.suggest"

local config = {}

local DEFAULT_TIMEOUT = 30

local URLS = {
  api_url = { variable = "XERO_API_URL", default = "https://api.xero.com" },
  identity_url = { variable = "XERO_IDENTITY_URL", default = "https://identity.xero.com" },
  login_url = { variable = "XERO_LOGIN_URL", default = "https://login.xero.com" },
}

local OPTIONS = { "auth", "client_id", "client_secret", "api_url", "identity_url", "timeout" }

local HOW_TO_GET_IN = "set XERO_CLIENT_ID and XERO_CLIENT_SECRET (or XERO_CLIENT_SECRET_FILE) of"
  .. " your app, or XERO_ACCESS_TOKEN; --sandbox needs none of them"

local function usage(message, hint)
  errors.raise { kind = "usage", message = message, hint = hint }
end

local function check_names(options)
  local known = {}
  for _, name in ipairs(OPTIONS) do known[name] = true end
  for name in pairs(options) do
    if not known[name] then
      local nearest = suggest(tostring(name), OPTIONS)
      usage(("unknown client option %q"):format(tostring(name)),
        nearest and ("did you mean %q?"):format(nearest)
          or "the options are " .. table.concat(OPTIONS, ", "))
    end
  end
end

local function text_option(options, name)
  local value = options[name]
  if value ~= nil and (type(value) ~= "string" or value == "") then
    usage(("client option %q is not a text"):format(name))
  end
  return value
end

-- An empty variable counts as absent: that is how crontabs and units switch one off.
local function variable(env, name)
  local value = env.getenv(name)
  return value ~= "" and value or nil
end

local function is_loopback(host)
  return host == "localhost" or host == "[::1]" or host:match "^127%.%d+%.%d+%.%d+$" ~= nil
end

-- A base URL without its trailing slash. What is no https URL would show the token to the network.
local function base_url(text, source)
  local scheme, authority, path = text:match "^(%a+)://([^/?#]+)(/?[^?#]*)$"
  local host = authority and (authority:match "^(%[[%x:]+%])" or authority:match "^([^:@]+)")
  scheme = scheme and scheme:lower()
  if not host or authority:find "@" or text:find "[%c%s]" then
    usage(("%s is not a base URL: %q"):format(source, text), "such as https://api.xero.com")
  elseif scheme ~= "https" and not (scheme == "http" and is_loopback(host:lower())) then
    usage(("%s must be https, or http on a loopback host: %q"):format(source, text))
  end
  return (scheme .. "://" .. authority .. path):gsub("/+$", "")
end

local function urls(options, env)
  local found = {}
  for name, of in pairs(URLS) do
    local given = text_option(options, name)
    local text = given or variable(env, of.variable) or of.default
    found[name] = base_url(text, given and ("client option %q"):format(name) or of.variable)
  end
  return found
end

local function timeout(options, env)
  local value = env.native.options.timeout
  if value == nil then value = options.timeout end
  if value == nil then return DEFAULT_TIMEOUT end
  local seconds, message = require "xero.time".duration(value)
  if not seconds or seconds <= 0 then
    usage(("client option \"timeout\": %s"):format(message or "it must be more than 0"),
      'seconds, or a text such as "30s" or "2m"')
  end
  return seconds
end

local function secret_from_file(path, env)
  local secret, message = env.native.secret_from_file(path)
  if not secret then
    usage(("XERO_CLIENT_SECRET_FILE: %s"):format(message))
  end
  return secret
end

local function client_secret(options, env)
  local given = options.client_secret
  if type(given) == "string" and given ~= "" then
    return env.native.secret(given)
  elseif type(given) == "userdata" then
    return given
  elseif given ~= nil then
    usage 'client option "client_secret" is neither a text nor a secret'
  end
  local secret = env.native.secret_from_env "XERO_CLIENT_SECRET"
  if secret then return secret end
  local path = variable(env, "XERO_CLIENT_SECRET_FILE")
  return path and secret_from_file(path, env)
end

-- "token" wherever a ready token is given, unless the script names an app or asks for one.
local function auth_mode(options, access_token)
  local auth = options.auth
  if auth ~= nil and auth ~= "app" and auth ~= "token" then
    usage(("client option \"auth\" is %q"):format(tostring(auth)), 'it may be "app" or "token"')
  end
  local names_an_app = options.client_id ~= nil or options.client_secret ~= nil
  return auth or (access_token and not names_an_app and "token") or "app"
end

local function add_token(settings, access_token)
  if not access_token then
    usage("no access token: XERO_ACCESS_TOKEN is not set", HOW_TO_GET_IN)
  end
  settings.access_token = access_token
end

local function add_app(settings, options, env)
  settings.client_id = text_option(options, "client_id") or variable(env, "XERO_CLIENT_ID")
  settings.client_secret = client_secret(options, env)
  if not settings.client_id and not settings.client_secret then
    usage("no credentials for Xero", HOW_TO_GET_IN)
  elseif not settings.client_id then
    usage("no credentials for Xero: XERO_CLIENT_ID is not set", HOW_TO_GET_IN)
  elseif not settings.client_secret then
    usage("no credentials for Xero: neither XERO_CLIENT_SECRET nor XERO_CLIENT_SECRET_FILE is set",
      HOW_TO_GET_IN)
  end
end

-- One sandbox serves all clients of a run: its tenants are one world.
local exports_of = setmetatable({}, { __mode = "k" })

local function sandbox_exports(native)
  if not exports_of[native] then
    local exports = {}
    for name, value in native.start_sandbox():gmatch "export ([%u_]+)=([^\n]*)" do
      exports[name] = value:match "^'(.*)'$" or value
    end
    exports_of[native] = exports
  end
  return exports_of[native]
end

-- Under --sandbox nothing of the real environment is seen, so that no real secret or tenant can be
-- touched, whatever the script's own options are.
local function sandboxed(options, env)
  local exports = sandbox_exports(env.native)
  local native = setmetatable({
    secret_from_env = function(name) return exports[name] and env.native.secret(exports[name]) end,
  }, { __index = env.native })
  return { timeout = options.timeout },
    { native = native, getenv = function(name) return exports[name] end }
end

---The settings that client options and environment add up to.
---@param options table options of xero.client
---@param env { getenv: fun(name: string): string?, native: table }
---@return table settings mode, client_id and client_secret or access_token, URLs, timeout
function config.settings(options, env)
  check_names(options)
  if env.native.options.sandbox then options, env = sandboxed(options, env) end

  local settings = urls(options, env)
  settings.timeout = timeout(options, env)
  local access_token = env.native.secret_from_env "XERO_ACCESS_TOKEN"
  settings.mode = auth_mode(options, access_token)
  if settings.mode == "token" then
    add_token(settings, access_token)
  else
    add_app(settings, options, env)
  end
  return settings
end

return config
