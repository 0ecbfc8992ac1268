-- Which profile a run belongs to, and where its client secret comes from.
--
-- A profile is what the configuration file says under a name, together with the state kept under
-- that name. Without a configuration file there is still one: its name is what somebody asked for,
-- or "default", and the environment says the rest.

local config_file = require "xero.config_file"
local errors = require "xero.error"
local paths = require "xero.paths"
local suggest = require "xero.suggest"
local variable = require "xero.variable"

local profile = {}

local DEFAULT = "default"
local NO_FILE = "~/.config/xero-run/config.lua" -- what it is called where nobody knows a home
local PATIENCE = 120 -- seconds for a password manager, which may ask its person something

---@class xero.Profile
---@field name string
---@field file? string the configuration file that says something about it
---@field keys table what it says; see config_file.lua
---@field missing? string the file that would say something about it, and is not there, where
---  somebody asked for the profile by its name

local function names_of(configuration)
  local names = {}
  for name in pairs(configuration.profiles) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- The names of all profiles of the configuration, for the completion of shells.
---@return string[] names sorted; none where there is no configuration
function profile.all()
  local environment = { getenv = os.getenv, native = require "xero.native" }
  local file, is_named = paths.config_file(environment, environment.native.options.config)
  local configuration = file and config_file.load(file, is_named, environment.native)
  return configuration and names_of(configuration) or {}
end

-- The name that somebody asked for, and who did: nearest first.
local function named(environment, given)
  local option = environment.native.options.profile
  local exported = variable(environment, "XERO_RUN_PROFILE")
  if given then return given, 'client option "profile"' end
  if option then return option, "--profile" end
  if exported then return exported, "XERO_RUN_PROFILE" end
  return nil
end

local function check_name(name, source)
  local fault = paths.profile_fault(name)
  if fault then
    local message = ("%s: the name of a profile %s"):format(source, fault)
    errors.raise { kind = "usage", message = message }
  end
end

local function raise_unknown(name, file, configuration)
  local names = names_of(configuration)
  local nearest = suggest(name, names)
  errors.raise {
    kind = "usage",
    message = ('%s has no profile "%s"'):format(file, name),
    hint = nearest and ('did you mean "%s"?'):format(nearest)
      or #names > 0 and "its profiles are " .. table.concat(names, ", ") or nil,
  }
end

-- The profile of the file when nobody asked for one.
local function preset(file, configuration)
  local names = names_of(configuration)
  if configuration.default or #names == 1 then return configuration.default or names[1] end
  if #names == 0 then return nil end
  errors.raise {
    kind = "usage",
    message = file .. " has several profiles and no default",
    hint = "choose one with --profile: " .. table.concat(names, ", "),
  }
end

--- The profile of this run.
---@param environment { getenv: (fun(name: string): string?), native: table }
---@param given? string the name that a script asks for
---@return xero.Profile
function profile.choose(environment, given)
  local name, source = named(environment, given)
  if name then check_name(name, source) end
  local file, is_named = paths.config_file(environment, environment.native.options.config)
  local configuration = file and config_file.load(file, is_named, environment.native)
  if not configuration then
    local asked = name and name ~= DEFAULT
    return { name = name or DEFAULT, keys = {}, missing = asked and (file or NO_FILE) or nil }
  end
  name = name or preset(file, configuration)
  if not name then return { name = DEFAULT, file = file, keys = {} } end
  if not configuration.profiles[name] then raise_unknown(name, file, configuration) end
  return { name = name, file = file, keys = configuration.profiles[name] }
end

--- Makes sure that what a profile protects and limits is known before tenants are judged or
--- disconnected under it: whoever asks for one by name relies on that. Without a configuration
--- file a name is just a place for a login. Raises kind "usage".
---@param settings xero.Settings
function profile.check_known(settings)
  local chosen = settings.profile
  local has_login = settings.mode == "user" and not settings.token_getter
  if not chosen.missing or has_login then return end
  errors.raise {
    kind = "usage",
    message = ("there is no profile %s to protect or limit anything: %s is not there"):format(
      chosen.name, chosen.missing),
    hint = "--config or XERO_RUN_CONFIG names another file; without one, leave --profile away",
  }
end

-- A variable is taken once, so that children do not inherit it; later clients need it, too.
local taken = setmetatable({}, { __mode = "k" })

local function from_variable(name, native)
  taken[native] = taken[native] or {}
  local known = taken[native]
  known[name] = known[name] or native.secret_from_env(name)
  if not known[name] then return nil, ("the environment has no %s"):format(name) end
  return known[name]
end

local NAMES = { client_secret = "client secret", state_key = "state key" }

local function from_file(path, chosen, native)
  if path:sub(1, 1) ~= "/" then
    path = (chosen.file:match "^.*/" or "") .. path
  end
  return native.secret_from_file(path)
end

local function from_command(command, native)
  local secret, message = native.secret_from_command(command, PATIENCE)
  return secret, message and ("the command did not give one: %s"):format(message)
end

--- A secret that a profile names, from where it says.
---@param chosen xero.Profile
---@param native table
---@param key? "client_secret"|"state_key" default client_secret
---@return userdata? secret nil where it names none
function profile.secret(chosen, native, key)
  key = key or "client_secret"
  local place = chosen.keys[key]
  if not place then return nil end
  if type(place) == "string" then return native.secret(place) end
  local secret, message
  if place.env then
    secret, message = from_variable(place.env, native)
  elseif place.file then
    secret, message = from_file(place.file, chosen, native)
  else
    secret, message = from_command(place.command, native)
  end
  if not secret then
    errors.raise {
      kind = "usage",
      message = ("the %s of profile %s cannot be had: %s"):format(NAMES[key], chosen.name, message),
      hint = "it is named in " .. chosen.file,
    }
  end
  return secret
end

--- How to run a command for a profile.
---@param chosen xero.Profile
---@param command string
---@return string
function profile.command(chosen, command)
  if chosen.name == DEFAULT and not chosen.file then return "xero-run " .. command end
  return ("xero-run -p %s %s"):format(chosen.name, command)
end

--- How the tokens of a run are had.
---@param chosen xero.Profile
---@param facts { auth: string?, access_token: boolean, secret: boolean, login: fun(): boolean }
---  what a script asks for; whether there is XERO_ACCESS_TOKEN, a secret, a stored login
---@return "app"|"user"|"custom"|"token"
function profile.mode(chosen, facts)
  if facts.auth then return facts.auth end
  if facts.access_token then return "token" end
  if chosen.keys.auth then return chosen.keys.auth end
  -- Who logged in meant to use it; an app of the PKCE kind can do nothing else.
  return (not facts.secret or facts.login()) and "user" or "app"
end

return profile
