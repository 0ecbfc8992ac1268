-- The command line of a command or script: argparse, made to fail as everything else here does.
--
--     local parser = require("xero").args("cleanup", "Disconnects demo companies.")
--     parser:option("--days", "how old they must be", "30"):convert(tonumber)
--     parser:host_options "format" "dry-run"
--     local args = parser:parse()
--
-- What is mistyped is raised as an error object of kind "usage" (exit status 2) with a suggestion
-- as its hint, and options of the host can be taken after the command's name.

local argparse = require "argparse"
local filled = require "xero.filled"
local raise = require("xero.error").raise
local suggest = require "xero.suggest"
local text = require "xero.text"
local time = require "xero.time"

local WIDTH = 80
local DESCRIPTION_COLUMN = 28

-- Suggestions -----------------------------------------------------------------------------------

local function option_names(parser)
  local names = {}
  for _, option in ipairs(parser._options) do
    for _, name in ipairs(option._public_aliases) do names[#names + 1] = name end
  end
  return names
end

-- The choices that argparse's message lists, and the argument that was meant to be one of them.
local function suggest_choice(message, args)
  local choices = {}
  for choice in message:match("must be one of (.*)$"):gmatch "'([^']*)'" do
    choices[#choices + 1] = choice
  end
  for _, argument in ipairs(args) do
    local value = argument:match "^%-%-[^=]+=(.*)$" or argument:match "^%-%a(.+)$" or argument
    local choice = suggest(value, choices)
    if choice and choice ~= value then return choice end
  end
end

local function suggestion(parser, message, args)
  local unknown = message:match "^unknown option '(.*)'$"
  if unknown then return suggest(unknown, option_names(parser)) end
  if message:find "must be one of" then return suggest_choice(message, args) end
end

-- The last word that is neither an option nor the value of one.
local function last_argument(parser, args)
  local takes_value, skipped, last = {}, false, nil
  for _, option in ipairs(parser._options) do
    for _, name in ipairs(option._public_aliases) do takes_value[name] = option._maxargs > 0 end
  end
  for _, word in ipairs(args) do
    if skipped then
      skipped = false
    elseif word:find "^%-." then
      skipped = takes_value[word]
    else
      last = word
    end
  end
  return last
end

-- argparse ends its message with a suggestion of its own, after a new line.
local function fail(parser, message, args)
  message = message:gsub("\nDid you mean.*$", "")
  if message == "too many arguments" then
    message = ("too many arguments: '%s'"):format(last_argument(parser, args))
  end
  local meant = suggestion(parser, message, args)
  local usage = ("see xero-run %s --help"):format(parser:_get_fullname():gsub("^xero%-run ", ""))
  raise {
    kind = "usage",
    message = text.printable(message),
    hint = meant and ("did you mean %s? %s"):format(meant, usage) or usage,
  }
end

-- Options of the host ---------------------------------------------------------------------------

local function positive_duration(value)
  local seconds, message = time.duration(value)
  if seconds == 0 then return nil, "a duration must be longer than nothing" end
  return seconds, message
end

local function count(row)
  return function(value)
    local number = value:find "^%d+$" and #value < 16 and math.tointeger(tonumber(value))
    if number and number >= row.least and number <= row.most then return number end
    return nil, ("'%s' is no whole number from %d to %d"):format(value, row.least, row.most)
  end
end

local CONVERT = {
  duration = function() return positive_duration end,
  count = count,
  text = function() return filled() end,
}

local function add_host_option(parser, native, row)
  local key = row.long:gsub("-", "_")
  local names = (row.short and "-" .. row.short .. " " or "") .. "--" .. row.long
  local option = row.kind == "flag" and parser:flag(names) or parser:option(names)
  local choices = row.choices and ": " .. table.concat(row.choices, ", ") or ""
  option:description(row.help .. choices):action(function(result, target, value)
    if row.kind == "flag" then value = true end
    native.options[key] = value
    result[target] = value
  end)
  if row.argument then option:argname(row.argument) end
  if row.choices then option:choices(row.choices) end
  if CONVERT[row.kind] then option:convert(CONVERT[row.kind](row)) end
end

local function find_host_option(native, name)
  for _, row in ipairs(native.option_table()) do
    if row.long == name then return row end
  end
  error("the host has no option --" .. name, 3)
end

-- The parser --------------------------------------------------------------------------------------

-- A message about a value says which option it was given to.
local function named(option, convert)
  if type(convert) ~= "function" then return convert end
  return function(value)
    local converted, message = convert(value)
    if converted ~= nil then return converted end
    message = message or ("'%s' is not what it takes"):format(value)
    local name = option._public_aliases[#option._public_aliases]
    return nil, message:find(name, 1, true) == 1 and message or ("%s: %s"):format(name, message)
  end
end

-- "-f, --format FORMAT", where argparse would take a line for each name.
local function label_line(option)
  local names = table.concat(option._public_aliases, ", ")
  return { table.concat({ names, table.unpack(option:_get_argument_list()) }, " ") }
end

---@class xero.Args an argparse parser, and
---@field option fun(self, names: string, description?: string, default?: string): any
---@field flag fun(self, names: string, description?: string): any
---@field argument fun(self, name: string, description?: string, default?: string): any
---@field parse fun(self, args?: string[]): table reads the arguments, by default the script's
---@field error fun(self, message: string) raises kind "usage"
---@field host_options fun(self, ...: string): function takes options of the host, by long names

---Makes a parser; argparse's documentation tells of `option`, `flag` and `argument`. `-h` prints
---the help on standard output and ends the process with status 0.
---@param name? string what it is called as; by default the script's name
---@param description? string
---@param native? table `options` and `option_table`; by default those of xero.native
---@return xero.Args
local function new(name, description, native)
  native = native or require "xero.native"
  local parser = argparse("xero-run " .. (name or arg and arg[0] or "script"), description)
  local add_option = parser.option

  function parser:option(...)
    local option = add_option(self, ...)
    option._get_label_lines = label_line
    local set_convert = option.convert
    option.convert = function(this, convert) return set_convert(this, named(this, convert)) end
    return option
  end

  function parser:error(message)
    fail(self, message, {})
  end

  function parser:parse(args)
    args = args or arg or {}
    return self:_parse(args, function(failing, message) fail(failing, message, args) end)
  end

  -- Can be called again and again: parser:host_options "format" "sandbox".
  function parser:host_options(...)
    local function add(...)
      for _, long in ipairs { ... } do
        add_host_option(self, native, find_host_option(native, long))
      end
      return add
    end
    return add(...)
  end

  return parser:usage_max_width(WIDTH):help_max_width(WIDTH)
    :help_description_margin(DESCRIPTION_COLUMN)
    :add_help { description = "print this help" }
end

return new
