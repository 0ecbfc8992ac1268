-- The settings of a client: which profile, which app or token, which servers, how long to wait.
--
-- Everything is judged here, before the first request, so that a mistake is one clear line. The
-- environment and native are passed in; of files, only the configuration is read. Precedence:
-- command line, client options, environment, profile, default.

local profile = require "xero.profile"
local servers = require "xero.servers"
local suggest = require "xero.suggest"
local usage = require("xero.raise").usage
local variable = require "xero.variable"

local config = {}

local DEFAULT_TIMEOUT = 30

local URLS = {
  api_url = "XERO_API_URL", identity_url = "XERO_IDENTITY_URL", login_url = "XERO_LOGIN_URL",
}

local OPTIONS = { "profile", "auth", "client_id", "client_secret", "api_url", "identity_url",
  "timeout", "token_getter", "token_saver" }

local MODES = { app = true, user = true, custom = true, token = true }

local HOW_TO_GET_IN = "set XERO_CLIENT_ID and XERO_CLIENT_SECRET (or XERO_CLIENT_SECRET_FILE) of"
  .. " your app, or XERO_ACCESS_TOKEN, or write a profile; --sandbox needs none of them"

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

-- Of what a setting may come from the nearest, and what to call that in a message.
local function nearest(name, variable_name, options, env, chosen)
  local option = text_option(options, name)
  if option then return option, ("client option %q"):format(name) end
  local value = variable(env, variable_name)
  if value then return value, variable_name end
  return chosen.keys[name], ("%s of profile %s"):format(name, chosen.name)
end

local function client_id_of(options, env, chosen)
  local id, source = nearest("client_id", "XERO_CLIENT_ID", options, env, chosen)
  if id and id:find "[%s%c\"']" then
    usage(source .. " holds a space, a quote or a line break, which no client id has",
      "it is on the app's page at https://developer.xero.com/app/manage")
  end
  return id
end

local function urls(options, env, chosen)
  local found = { named_by = {} }
  for name, variable_name in pairs(URLS) do
    local text, source = nearest(name, variable_name, options, env, chosen)
    found[name] = text and servers.base_url(text, source) or servers.XERO[name]
    found.named_by[name] = text and source
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

-- How to get at the client secret for this id, or nil where there is none. That of the profile is
-- for the app of the profile only.
local function secret_source(client_id, options, env, chosen)
  local given = options.client_secret
  if type(given) == "string" and given ~= "" then
    return function() return env.native.secret(given) end
  elseif type(given) == "userdata" then
    return function() return given end
  elseif given ~= nil then
    usage 'client option "client_secret" is neither a text nor a secret'
  end
  local secret = env.native.secret_from_env "XERO_CLIENT_SECRET"
  if secret then return function() return secret end end
  local path = variable(env, "XERO_CLIENT_SECRET_FILE")
  if path then return function() return secret_from_file(path, env) end end
  if not chosen.keys.client_secret then return nil end
  if client_id ~= (chosen.keys.client_id or client_id) then return nil end
  return function() return profile.secret(chosen, env.native) end
end

-- Makes settings.client_secret be had when it is first asked for: while a stored login is good no
-- secret is needed, and a password manager may ask its person for it.
local function get_late(settings, source)
  return setmetatable(settings, { __index = function(self, key)
    if key ~= "client_secret" then return nil end
    self.client_secret = source()
    return self.client_secret
  end })
end

local function check_auth(auth)
  if auth ~= nil and not MODES[auth] then
    usage(("client option \"auth\" is %q"):format(tostring(auth)),
      'it may be "app", "user", "custom" or "token"')
  end
end

-- The state of the profile, made when it is first asked for: who keeps nothing needs no place.
local function state_once(env, chosen)
  local made
  return function()
    made = made or require "xero.state".of(env, chosen)
    return made
  end
end

-- Whether a login is stored. An app needs no place for one; but a place that somebody named and
-- that is none, or one that cannot be asked about, is not taken for absent: the app's own token
-- reaches further than the person's.
local function has_login(settings, env)
  local found, kept = pcall(settings.state)
  if found then return kept:has_login() end
  if variable(env, "XERO_RUN_STATE") then error(kept, 0) end
  return false
end

-- A ready token of the environment serves unless the script names an app of its own.
local function mode_of(settings, options, env, access_token, secret)
  check_auth(options.auth)
  local names_an_app = options.client_id ~= nil or options.client_secret ~= nil
  return profile.mode(settings.profile, {
    auth = options.auth,
    access_token = access_token ~= nil and not names_an_app,
    secret = secret ~= nil,
    login = function() return has_login(settings, env) end,
  })
end

-- A script that keeps the login itself: both functions, for mode "user".
local function add_keeper(settings, options)
  local getter, saver = options.token_getter, options.token_saver
  if getter == nil and saver == nil then return end
  for name, value in pairs { token_getter = getter or false, token_saver = saver or false } do
    if type(value) ~= "function" then
      usage(("client option %q is not a function"):format(name),
        "token_getter and token_saver go together")
    end
  end
  if options.auth ~= nil and options.auth ~= "user" then
    usage(('token_getter and token_saver are for auth = "user", not %q'):format(options.auth))
  end
  settings.token_getter, settings.token_saver = getter, saver
end

local function check_token(access_token)
  if not access_token then
    usage("no access token: XERO_ACCESS_TOKEN is not set", HOW_TO_GET_IN)
  end
  return access_token
end

local function check_app(settings, secret)
  if not settings.client_id and not secret then
    usage("no credentials for Xero", HOW_TO_GET_IN)
  elseif not settings.client_id then
    usage("no credentials for Xero: XERO_CLIENT_ID is not set", HOW_TO_GET_IN)
  elseif not secret and settings.mode ~= "user" then
    usage("no credentials for Xero: neither XERO_CLIENT_SECRET nor XERO_CLIENT_SECRET_FILE is set",
      HOW_TO_GET_IN)
  end
end

-- One sandbox serves all clients of a run: its tenants are one world.
local exports_of = setmetatable({}, { __mode = "k" })

local function sandbox_exports(native)
  if not exports_of[native] then
    local exports = {}
    local said = native.start_sandbox(native.private_directory())
    for name, value in said:gmatch "export ([%u_]+)=([^\n]*)" do
      exports[name] = (value:match "^'(.*)'$" or value):gsub("'\\''", "'")
    end
    exports_of[native] = exports
  end
  return exports_of[native]
end

-- Under --sandbox nothing of the real environment is seen, so that no real secret or tenant can be
-- touched, whatever the script's own options and the profile are.
local function sandboxed(options, env)
  local exports = sandbox_exports(env.native)
  local native = setmetatable({
    options = { timeout = env.native.options.timeout },
    secret_from_env = function(name) return exports[name] and env.native.secret(exports[name]) end,
    home_directory = function() return nil end,
  }, { __index = env.native })
  return { timeout = options.timeout },
    { native = native, getenv = function(name) return exports[name] end }
end

---@class xero.Settings
---@field mode "app"|"user"|"custom"|"token"
---@field profile xero.Profile
---@field client_id? string
---@field client_secret? userdata a secret; in mode "user" had when it is first asked for
---@field access_token? userdata a secret, in mode "token"
---@field assumed? boolean it is mode "user" for want of a secret; nobody said so
---@field scope? string what to ask for, in mode "custom"; "" is all that the app may have
---@field state fun(): xero.ProfileState what the profile keeps; raises where it has no place
---@field token_getter? fun(): table? gives the stored tokens of a script that keeps them itself
---@field token_saver? fun(tokens: table) stores them
---@field api_url string
---@field identity_url string
---@field login_url string
---@field named_by table<string, string> who names each URL that is not left to be Xero's own
---@field timeout number seconds

---The settings that command line, client options, environment and profile add up to.
---@param options table options of xero.client
---@param env { getenv: fun(name: string): string?, native: table }
---@return xero.Settings
function config.settings(options, env)
  check_names(options)
  if env.native.options.sandbox then options, env = sandboxed(options, env) end

  local chosen = profile.choose(env, text_option(options, "profile"))
  local settings = urls(options, env, chosen)
  settings.profile = chosen
  settings.state = state_once(env, chosen)
  settings.timeout = timeout(options, env)
  settings.client_id = client_id_of(options, env, chosen)
  local secret = secret_source(settings.client_id, options, env, chosen)
  local access_token = env.native.secret_from_env "XERO_ACCESS_TOKEN"
  add_keeper(settings, options)
  settings.mode = settings.token_getter and "user"
    or mode_of(settings, options, env, access_token, secret)
  if settings.mode == "token" then
    settings.access_token = check_token(access_token)
    return settings
  end
  check_app(settings, secret)
  if settings.mode ~= "user" then
    settings.client_secret = secret()
    if settings.mode == "custom" then
      settings.scope = table.concat(chosen.keys.scopes or {}, " ")
    end
    return settings
  end
  settings.assumed = not secret and not (options.auth or chosen.keys.auth)
  if not settings.token_getter then settings.state() end -- says now that there is no place for it
  return secret and get_late(settings, secret) or settings
end

return config
