-- xero-run test: runs the tests of your policies with busted, without a network.
--
-- The arguments are busted's. Its status is made 0 or 1, where nothing was tested too.

local native = require "xero.native"
local usage = require("xero.raise").usage
local xero = require "xero"

local NAME = "xero-run test"
local DEFAULT = "spec"

local HELP = [[
Runs tests with busted: files whose names have "_spec" in them, by default those
in the directory spec, or else below the working directory. They test policies
by xero.testing and have no network; the option --sandbox, which is no option of
busted, lets requests to Xero go to a private sandbox of this run.
]]

local function usage_error(message, hint)
  usage(message, hint or "see " .. NAME .. " --help")
end

local function check_busted()
  if pcall(require, "busted.core") then return end
  usage_error(NAME .. " needs busted for Lua 5.4, which is not installed",
    "apt install lua-busted, or luarocks --lua-version=5.4 install busted")
end

-- The words for busted, without those that are for the host.
local function words_of(given)
  local words, wants_help = {}, false
  for _, word in ipairs(given) do
    if word == "--sandbox" then
      native.options.sandbox = true
    else
      wants_help = wants_help or word == "-h" or word == "--help"
      words[#words + 1] = word
    end
  end
  return words, wants_help
end

-- What busted makes of the words; or nil and its message, which is all that its help is, too.
local function parse(words)
  local cli = require "busted.modules.cli" { standalone = false, output = "plainTerminal" }
  cli:set_name(NAME)
  local parsed, message = cli:parse(words)
  return parsed, message and message:gsub("^[^:]*: error: ", ""):gsub("; re%-run with.*$", "")
end

local function print_help()
  print(HELP)
  check_busted()
  print((select(2, parse { "--help" })))
end

local function exists(place, parsed)
  return native.file_status(place:sub(1, 1) == "/" and place or parsed.directory .. "/" .. place)
end

local function is_said(words, place)
  for _, word in ipairs(words) do
    if word == place then return true end
  end
  return false
end

-- busted looks into spec alone where it is told no place; here, everywhere if there is none.
local function settle_places(words, parsed)
  if not is_said(words, DEFAULT) and not exists(DEFAULT, parsed) and #parsed.ROOT == 1
    and parsed.ROOT[1] == DEFAULT then
    words[#words + 1] = "."
    return
  end
  for _, place in ipairs(parsed.ROOT) do
    if not exists(place, parsed) then usage_error("there is no file or directory " .. place) end
  end
end

-- How many tests have run, as far as busted has told.
local function count_tests()
  local new_core, count = require "busted.core", 0
  package.loaded["busted.core"] = function()
    local core = new_core()
    core.subscribe({ "test", "end" }, function()
      count = count + 1
      return nil, true
    end)
    return core
  end
  return function() return count end
end

-- busted calls itself by the name of the file that it is required from.
local runner = assert(load('require "busted.runner"(...)', "@" .. NAME))

-- On a terminal busted takes one of its colourful outputs by itself.
local function plain_output()
  local no_color = os.getenv "NO_COLOR"
  return no_color and no_color ~= "" and "plainTerminal" or nil
end

local words, wants_help = words_of(arg)
if wants_help then return print_help() end
check_busted()
local parsed, message = parse(words)
if not parsed then usage_error(message) end
settle_places(words, parsed)
table.insert(words, 1, "--ignore-lua") -- it is this program that runs them
require "xero.testing_assert"
require "xero.testing_guard".close(native.options.sandbox)
local tests = count_tests()
words[0] = arg[0]
_G.arg = words
runner { standalone = false, output = plain_output() } -- ends the process where something failed
if tests() == 0 and not parsed.list then
  xero.log.error("no test ran")
  os.exit(1)
end
