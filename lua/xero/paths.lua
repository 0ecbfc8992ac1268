-- Where things are: the configuration file and the directory of each profile's state. Follows the
-- XDG base directory rules: an empty variable counts as unset, a relative path is not taken. Cron
-- and systemd may give no HOME; the password database knows it then. Touches no file itself.

local errors = require "xero.error"
local variable = require "xero.variable"

local paths = {}

---@class xero.paths.Environment
---@field getenv fun(name: string): string?
---@field native table `home_directory()` -> string?, for where HOME is not set

local function is_absolute(path)
  return path:sub(1, 1) == "/"
end

local function home(environment)
  local given = variable(environment, "HOME")
  if given and is_absolute(given) then
    return given
  end
  local known = environment.native.home_directory()
  return known and is_absolute(known) and known or nil
end

-- A directory of the XDG rules, or nil where nobody knows a home directory.
local function base(environment, name, below_home)
  local given = variable(environment, name)
  if given and is_absolute(given) then
    return given
  end
  local above = home(environment)
  return above and above .. "/" .. below_home
end

--- The configuration file: the option, XERO_RUN_CONFIG, or the default place.
---@param environment xero.paths.Environment
---@param option string? what --config said
---@return string? path nil where there is no default place either
---@return boolean named whether somebody named it: then it has to be there
function paths.config_file(environment, option)
  local named = option or variable(environment, "XERO_RUN_CONFIG")
  if named then
    return named, true
  end
  local above = base(environment, "XDG_CONFIG_HOME", ".config")
  return above and above .. "/xero-run/config.lua", false
end

-- Where the shell stands, in its own words: a link that a deployment turns is not looked through.
local function here(environment)
  local native = environment.native
  local named, real = variable(environment, "PWD"), native.real_path "."
  return named and is_absolute(named) and native.real_path(named) == real and named or real or "/"
end

--- A path that means the same wherever a program is started.
---@param environment xero.paths.Environment with `native.real_path`
---@param path string
---@return string
function paths.absolute(environment, path)
  if is_absolute(path) then return path end
  path = path:gsub("^%./+", "")
  return (here(environment):gsub("/$", "")) .. "/" .. path
end

local function raise_homeless()
  errors.raise {
    kind = "usage",
    message = "no home directory: HOME is not set and the password database has none",
    hint = "set XERO_RUN_STATE to a directory for the state",
  }
end

--- The directory of all state: XERO_RUN_STATE, or the default place.
---@param environment xero.paths.Environment
---@return string
function paths.state(environment)
  local named = variable(environment, "XERO_RUN_STATE")
  if not named then
    local above = base(environment, "XDG_STATE_HOME", ".local/state")
    if not above then
      raise_homeless()
    end
    return above .. "/xero-run"
  end
  if named:find "://" then -- it may hold a password
    errors.raise {
      kind = "usage",
      message = "XERO_RUN_STATE is a URL, but not one of PostgreSQL",
      hint = "postgresql://host/database keeps the state there, a path that begins with / in files",
    }
  elseif not is_absolute(named) then
    errors.raise {
      kind = "usage",
      message = ('XERO_RUN_STATE is "%s", which is not an absolute path'):format(named),
      hint = "cron starts elsewhere than your shell: give the whole path, beginning with /",
    }
  end
  return named
end

--- Why a name is not one for a profile; nil when it is. A profile's name is a directory's name.
---@param name string
---@return string?
function paths.profile_fault(name)
  if name == "" then
    return "is empty"
  elseif name:sub(1, 1) == "." then
    return "begins with a dot"
  elseif name:find "[^A-Za-z0-9._-]" then
    return "may have only letters, digits, dots, hyphens and underscores"
  elseif #name > 100 then
    return "is longer than 100 characters"
  end
  return nil
end

--- The directory of a profile's state.
---@param environment xero.paths.Environment
---@param profile string a name without fault
---@return string
function paths.profile_state(environment, profile)
  assert(not paths.profile_fault(profile), "the profile's name was not checked")
  return paths.state(environment) .. "/" .. profile
end

return paths
