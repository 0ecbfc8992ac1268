-- The configuration file: a Lua chunk that returns a table of profiles (docs/configuration.md).
--
-- It is data that happens to be written in Lua. So it runs with an empty environment, as text only,
-- without the methods of strings and for a bounded number of instructions; what it returns is
-- checked key by key, and every complaint says where. A key that we do not know is a mistake, since
-- a misspelt `protect` would protect nothing.

local errors = require "xero.error"
local paths = require "xero.paths"
local state_url = require "xero.state_url"
local suggest = require "xero.suggest"
local uuid = require "xero.uuid"

local config_file = {}

local MOST_INSTRUCTIONS = 1000000
local MOST_BYTES = 1 << 20

-- The errno of a file that is not there (POSIX); io.open gives it as its third result.
local ENOENT = 2

-- A place is the file's path and ":", then the keys that lead there: "config.lua: profiles.acme".
local function below(where, key)
  if type(key) ~= "string" or not key:find "^[%w_.-]+$" then
    return ("%s[%s]"):format(where, type(key) == "string" and ("%q"):format(key) or tostring(key))
  end
  return where .. (where:sub(-1) == ":" and " " or ".") .. key
end

local function wrong(where, format, ...)
  errors.raise { kind = "usage", message = where .. ": " .. format:format(...) }
end

-- Texts are not shown: the value may be a secret that stands where it should not.
local function described(value)
  if value == "" then
    return "an empty text"
  elseif type(value) == "string" then
    return value:find "%c" and "a text with control characters"
      or tonumber(value) and "a number in quotes" or "another text"
  end
  return type(value) == "number" and tostring(value) or "a " .. type(value)
end

local function expected(where, what, value, hint)
  errors.raise {
    kind = "usage",
    message = ("%s: expected %s, got %s"):format(where, what, described(value)),
    hint = hint,
  }
end

-- A check takes a value and where it stands, and raises where the value is not what it has to be.

local function text(what)
  return function(value, where)
    if type(value) ~= "string" or value == "" or value:find "%c" then
      expected(where, what or "a text", value)
    end
  end
end

local function whole(least, most)
  local what = most and ("a whole number from %d to %d"):format(least, most)
    or ("a whole number, %d or more"):format(least)
  return function(value, where)
    if math.type(value) ~= "integer" or value < least or most and value > most then
      expected(where, what, value)
    end
  end
end

local function percent(value, where)
  if type(value) ~= "number" or not (value >= 0 and value <= 100) then
    expected(where, "a number from 0 to 100", value)
  end
end

local function one_of(...)
  local words = { ... }
  local quoted = {}
  for i, word in ipairs(words) do
    words[word], quoted[i] = true, ("%q"):format(word)
  end
  local what = table.concat(quoted, ", ", 1, #quoted - 1) .. " or " .. quoted[#quoted]
  return function(value, where)
    if type(value) ~= "string" or not words[value] then
      local nearest = type(value) == "string" and suggest(value, words)
      expected(where, what, value, nearest and ('did you mean "%s"?'):format(nearest) or nil)
    end
  end
end

local function table_at(value, where)
  if type(value) ~= "table" then
    expected(where, "a table", value)
  end
end

local function map(check_key, check)
  return function(value, where)
    table_at(value, where)
    for key, item in pairs(value) do
      check_key(key, where)
      check(item, below(where, key))
    end
  end
end

local function list(check)
  return function(value, where)
    table_at(value, where)
    for key, item in pairs(value) do
      if math.type(key) ~= "integer" or key < 1 or key > #value then
        wrong(below(where, key), "expected a list without names and without gaps")
      end
      check(item, below(where, key))
    end
  end
end

local function sorted_keys(fields)
  local keys = {}
  for key in pairs(fields) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function unknown_key(key, where, fields)
  local known = sorted_keys(fields)
  local nearest = type(key) == "string" and suggest(key, known)
  errors.raise {
    kind = "usage",
    message = below(where, key) .. ": unknown key",
    hint = nearest and ('did you mean "%s"?'):format(nearest)
      or "the keys here are " .. table.concat(known, ", "),
  }
end

local function record(fields)
  return function(value, where)
    table_at(value, where)
    for key, item in pairs(value) do
      if not fields[key] then
        unknown_key(key, where, fields)
      end
      fields[key](item, below(where, key))
    end
  end
end

-- The keys, and what each may hold.

local function profile_name(key, where)
  local fault = type(key) == "string" and paths.profile_fault(key) or nil
  if type(key) ~= "string" then
    wrong(below(where, key), "a profile has a name")
  elseif fault then
    wrong(below(where, key), "the name of a profile %s", fault)
  end
end

local function tenant_id(key, where)
  if not uuid.is(key) then
    wrong(below(where, key), "expected the id of a tenant, such as %s",
      '["fe79f7dd-b6d4-4a92-ba7b-538af6289c58"]')
  end
end

local function scope(value, where)
  if type(value) ~= "string" or not value:find '^[^%s%c"\\\128-\255]+$' then -- RFC 6749 3.3
    expected(where, "one scope, without spaces", value)
  end
end

local secret_place = record { command = text(), file = text(), env = text() }

local function secret(value, where)
  if type(value) == "string" then
    return text "a secret"(value, where)
  elseif type(value) ~= "table" then
    expected(where, "a text, or { command = }, { file = } or { env = }", value)
  end
  secret_place(value, where)
  local first = next(value)
  if first == nil or next(value, first) ~= nil then
    wrong(where, "expected exactly one of command, file and env")
  end
end

local function state(value, where)
  if type(value) ~= "string" or not state_url.is(value) then
    expected(where, "a URL such as postgresql://host/database", value)
  end
  local url, message = state_url.parse(value)
  if not url then wrong(where, "it %s", message) end
end

local check_profile = record {
  auth = one_of("app", "user", "custom", "token"),
  client_id = text(),
  client_secret = secret,
  api_url = text(),
  identity_url = text(),
  login_url = text(),
  scopes = list(scope),
  port = whole(1, 65535),
  protect = map(tenant_id, text "why it is protected"),
  limits = record { max_disconnects = whole(0), max_percent = percent },
  max_connections = whole(1),
  state = state,
  state_key = secret,
}

local check_file = record {
  default = text "the name of a profile",
  profiles = map(profile_name, check_profile),
}

local function check_default(configuration, path)
  local name = configuration.default
  local profiles = configuration.profiles or {}
  if name and not profiles[name] then
    local nearest = suggest(name, sorted_keys(profiles))
    errors.raise {
      kind = "usage",
      message = ('%s: default: there is no profile "%s"'):format(path, name),
      hint = nearest and ('did you mean "%s"?'):format(nearest) or nil,
    }
  end
end

-- Takes the methods of strings away, until the value that it returns is closed.
local function without_methods_of_strings()
  local methods = getmetatable ""
  debug.setmetatable("", nil)
  return setmetatable({}, { __close = function() debug.setmetatable("", methods) end })
end

-- Runs the chunk in a coroutine, so that the bound does not touch the hook of the caller's thread.
-- Without its methods no string can be made to match or repeat for long inside one instruction.
local function run(chunk)
  local thread = coroutine.create(chunk)
  debug.sethook(thread, function()
    error("it takes too long: the configuration is to be a table, not a program", 0)
  end, "", MOST_INSTRUCTIONS)
  local _ <close> = without_methods_of_strings()
  return coroutine.resume(thread)
end

-- Lua quotes the text that it stumbled over; that may be a secret whose quote was not closed.
local function without_quotation(message)
  return (message:gsub(" near [^<].*$", ""):gsub(" %(constant .*$", ""))
end

local function fail_as_lua_says(message, path)
  message = without_quotation(message)
  if message:sub(1, #path + 1) ~= path .. ":" then
    message = path .. ": " .. message
  end
  errors.raise {
    kind = "usage",
    message = message,
    hint = message:find("nil value (global '", 1, true) and "nothing of Lua is there: the file is"
      .. " a table; client_secret = { env = … } or { command = … } read what is elsewhere" or nil,
  }
end

--- Runs and checks the text of a configuration file.
---@param source string
---@param path string for messages
---@return { default: string?, profiles: table<string, table> }
function config_file.parse(source, path)
  local code = source:gsub("^\xEF\xBB\xBF", "")
  local chunk, message = load(code, "@" .. path, "t", {})
  if not chunk then
    fail_as_lua_says(message, path)
  end
  local ok, result = run(chunk)
  if errors.is(result) then
    error(result, 0) -- a signal came
  elseif not ok then
    fail_as_lua_says(result, path)
  end
  if type(result) ~= "table" then
    errors.raise {
      kind = "usage",
      message = ("%s: expected the file to return a table, got %s"):format(path, type(result)),
      hint = "it begins with: return {",
    }
  end
  check_file(result, path .. ":")
  check_default(result, path)
  result.profiles = result.profiles or {}
  return result
end

-- What in a configuration is nobody else's business, or nil.
local function secret_in(configuration)
  for _, profile in pairs(configuration.profiles) do
    if type(profile.client_secret) == "string" then
      return "a client secret", "client_secret = { command = … }"
    elseif type(profile.state_key) == "string" then
      return "the key of a state", "state_key = { command = … }"
    elseif profile.state and state_url.parse(profile.state).has_password then
      return "the password of a database", "passfile=… in the URL"
    end
  end
end

local function check_privacy(configuration, path, native)
  local what, better = secret_in(configuration)
  if not what then
    return
  end
  local status = native.file_status(path)
  if status and status.mode & 0x3F ~= 0 then
    errors.raise {
      kind = "usage",
      message = ("%s holds %s, and others may read it (mode %04o)"):format(path, what,
        status.mode),
      hint = ("chmod 600 '%s', or move the secret: %s"):format(path, better),
    }
  end
end

-- It says what is protected, and which command gives the secret: that is run.
local function check_integrity(path, native)
  local fault = native.script_fault(path)
  if fault then
    errors.raise {
      kind = "usage",
      message = ("the configuration %s %s"):format(path, fault),
      hint = ("chmod go-w '%s'"):format(path),
    }
  end
end

local function read(path)
  local file <close>, message, code = io.open(path, "r")
  if not file then
    return nil, message, code
  end
  local source, why = file:read(MOST_BYTES + 1)
  if source and #source > MOST_BYTES then
    return nil, path .. ": larger than a configuration can be"
  elseif not source and why then
    return nil, path .. ": " .. why
  end
  return source or ""
end

--- Reads the configuration file.
---@param path string
---@param named boolean whether somebody named it; otherwise it need not exist
---@param native table `file_status(path)`, `script_fault(path)`
---@return { default: string?, profiles: table<string, table> }? nil where there is none
function config_file.load(path, named, native)
  local source, message, code = read(path)
  if not source then
    if code == ENOENT and not named then
      return nil
    end
    errors.raise { kind = "usage", message = "the configuration cannot be read: " .. message }
  end
  check_integrity(path, native)
  local configuration = config_file.parse(source, path)
  check_privacy(configuration, path, native)
  return configuration
end

return config_file
