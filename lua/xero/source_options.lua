-- What may be said of each kind of source, checked where it is said: a misspelt `where` would list
-- customers who have left.

local definition = require "xero.definition"
local native = require "xero.native"
local time = require "xero.time"

local source_options = {}

-- Each check takes where the source is defined, the option's name and its value; it gives the form
-- in which the source keeps it (nil: as it is), and raises what is wrong.

local function words(place, key, value)
  if type(value) ~= "string" or value == "" or value:find "%c" then
    definition.expected(place, key, "a text", value)
  end
end

local function duration(place, key, value)
  local seconds, message = time.duration(value)
  if not seconds then definition.fail(place, ("%s: %s"):format(key, message)) end
  if seconds <= 0 then definition.expected(place, key, "more than 0", value) end
  return seconds
end

local function whole(place, key, value)
  definition.whole(place, key, value, 0)
end

local function shrink(place, key, value)
  local percent = type(value) == "string" and tonumber(value:match "^(%d+%.?%d*)%%$")
  if percent and percent <= 100 then return { percent = percent } end
  if math.type(value) == "integer" and value >= 0 then return { count = value } end
  definition.expected(place, key, 'a share such as "20%", or a number of rows', value)
end

local function one_of(...)
  local known = { ... }
  return function(place, key, value)
    for _, word in ipairs(known) do
      if value == word then return end
    end
    definition.expected(place, key, ('"%s"'):format(table.concat(known, '" or "')), value)
  end
end

local function separator(place, key, value)
  if type(value) ~= "string" or not value:find '^[^%w%s"\128-\255]$' and value ~= "\t" then
    definition.expected(place, key, 'one character such as ";"', value)
  end
end

local SCALAR = { string = true, number = true, boolean = true }

local function check_wanted(place, key, value)
  if SCALAR[type(value)] or type(value) == "function" then return end
  if type(value) ~= "table" or #value == 0 then
    definition.expected(place, key, "a value, a list of values or a function", value)
  end
  local is_sound = definition.is_list(value)
  for _, each in pairs(value) do is_sound = is_sound and SCALAR[type(each)] end
  if not is_sound then
    definition.fail(place, key .. ": expected a list of values, without gaps")
  end
end

local function where(place, key, value)
  if type(value) ~= "table" then definition.expected(place, key, "a table", value) end
  for name, wanted in pairs(value) do
    if type(name) ~= "string" then definition.expected(place, key, "names of columns", name) end
    check_wanted(place, ("%s.%s"):format(key, name), wanted)
  end
end

local function url(place, key, value)
  words(place, key, value)
  local fault = native.url_fault(value)
  if fault then definition.fail(place, ("%s: the URL %s"):format(key, fault)) end
end

local function from_environment(place, key, value)
  words(place, key .. ".env", value.env)
  if value.prefix ~= nil then words(place, key .. ".prefix", value.prefix) end
  for name in pairs(value) do
    if name ~= "env" and name ~= "prefix" then
      definition.unknown(place, "key of " .. key, name, { "env", "prefix" })
    end
  end
end

-- Values are not shown: they may be secrets.
local function headers(place, key, value)
  if type(value) ~= "table" then definition.expected(place, key, "a table", value) end
  for name, header in pairs(value) do
    if type(name) ~= "string" then definition.expected(place, key, "names of headers", name) end
    local where_it_stands = ("%s.%s"):format(key, name)
    if type(header) == "table" then
      from_environment(place, where_it_stands, header)
    elseif type(header) ~= "string" then
      definition.expected(place, where_it_stands, "a text or { env = … }", header)
    end
  end
end

local function command(place, key, value)
  if type(value) ~= "table" then
    words(place, key, value)
    return
  end
  for i, word in pairs(value) do
    if math.type(i) ~= "integer" or i > #value or type(word) ~= "string" or word:find "\0" then
      definition.fail(place, key .. ": expected a list of words")
    end
  end
  if #value == 0 then definition.expected(place, key, "at least one word", nil) end
end

local function given_rows(place, key, value)
  if type(value) ~= "table" and type(value) ~= "function" then
    definition.expected(place, key, "a list, or a function that gives one", value)
  end
end

-- What is made at the moment has no age, and a bound on it would never hold anybody back.
local function ageless(place, key)
  definition.fail(place, key .. ": there is nothing to tell its age by; files and web servers date"
    .. " what they give")
end

local COMMON = {
  column = words, where = where, min_rows = whole, max_shrink = shrink, max_age = duration,
  duplicates = one_of("agree", "allow", "refuse"),
}

local FORMATTED = { format = one_of("csv", "json"), separator = separator, rows = words }

local KINDS = {
  csv = { needs = { "path", "column" }, path = words, separator = separator },
  json = { needs = { "path" }, path = words, rows = words },
  http = { needs = { "url" }, url = url, headers = headers, timeout = duration },
  command = { needs = { "command" }, command = command, timeout = duration, max_age = ageless },
  table = { needs = { "rows" }, rows = given_rows, max_age = ageless },
}

for _, kind in pairs(KINDS) do
  for key, check in pairs(COMMON) do kind[key] = kind[key] or check end
end
for key, check in pairs(FORMATTED) do
  KINDS.http[key], KINDS.command[key] = check, check
end

-- A number in the place of a text would match no row at all.
local function check_texts(place, wanted)
  for name, value in pairs(wanted) do
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      if type(each) ~= "string" and type(each) ~= "function" then
        definition.fail(place, ('where.%s: CSV has texts only: "%s"?'):format(name, tostring(each)))
      end
    end
  end
end

local function known_options(checks)
  local names = {}
  for name in pairs(checks) do
    if name ~= "needs" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

---Says how a source of that kind is written.
---@param kind string
---@return string
function source_options.written(kind)
  return ('it is written: xero.source.%s("name", { … })'):format(kind)
end

---Checks the options of a source. Raises kind "usage" where one is wrong, unknown or missing.
---@param kind "csv"|"json"|"http"|"command"|"table"
---@param options any
---@param place xero.Place
---@return table options a copy, with durations in seconds
function source_options.check(kind, options, place)
  local checks, checked = KINDS[kind], {}
  if type(options) ~= "table" then
    definition.fail(place, "expected a table of options, got " .. definition.got(options),
      source_options.written(kind))
  end
  for key, value in pairs(options) do
    if key == "needs" or not checks[key] then
      definition.unknown(place, "option", key, known_options(checks))
    end
    local kept = checks[key](place, key, value)
    if kept == nil then kept = value end
    checked[key] = kept
  end
  if kind == "csv" or checked.format == "csv" then check_texts(place, checked.where or {}) end
  for _, key in ipairs(checks.needs) do
    if checked[key] == nil then definition.fail(place, ("it needs %s = …"):format(key)) end
  end
  return checked
end

return source_options
