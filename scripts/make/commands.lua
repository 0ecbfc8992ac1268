-- The bundled commands with the parsers of their command lines, for whoever writes about them: a
-- command is started and stopped at the moment at which it would read its arguments.

local native = require "xero.native"
local read = require "template".read

local commands = {}

---@class make.Option
---@field names string[] "-p", "--profile"
---@field argument? string what its value is called
---@field help string
---@field choices? string[]

---@class make.Command
---@field name string
---@field purpose string one line, as --help has it
---@field parser? table of argparse; nil: it takes words as they are
---@field about string what it does, in sentences

-- The parser that a command makes. What raises it carries it.
local function parser_of(path)
  local original, own = package.loaded["xero.args"], nil
  package.loaded["xero.args"] = function(...)
    own = original(...)
    own.parse = function() error(own, 0) end
    return own
  end
  package.loaded.xero.args = package.loaded["xero.args"]
  local ok, raised = pcall(assert(loadfile(path)))
  package.loaded["xero.args"], package.loaded.xero.args = original, original
  assert(not ok and raised == own, path .. " does something before it reads its arguments")
  return own
end

-- The comment that it begins with, in one line: the sentences below the purpose.
local function comment_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    if not line:find "^%-%-" then break end
    lines[#lines + 1] = line:match "^%-+%s*(.*)$"
  end
  return (table.concat(lines, " ", 3):gsub("^%s+", ""))
end

-- The first clause of the comment that it begins with, as src/help.c takes it.
local function purpose_of(name, text)
  local line = text:match "^[%- ]*([^\n]*)"
  return (line:gsub("^xero%-run " .. name .. ": ", ""):gsub("[.:].*$", ""))
end

-- A command may have commands of its own.
local function add(list, name, purpose, parser, about)
  list[#list + 1] = {
    name = name, purpose = purpose, parser = parser,
    about = about or parser._description or "",
  }
  for _, own in ipairs(parser and parser._commands or {}) do
    add(list, name .. " " .. own._name, own._description or "", own)
  end
end

---@param directory string
---@return make.Command[] by name
function commands.all(directory)
  require "xero.args"
  require "xero"
  local list = {}
  for _, name in ipairs(native.command_names()) do
    local path = ("%s/%s.lua"):format(directory, name)
    local text = read(path)
    local has_parser = text:find "%f[%w]args%(" ~= nil
    local purpose = purpose_of(name, text)
    if has_parser then
      add(list, name, purpose, parser_of(path))
    else
      add(list, name, purpose, nil, purpose .. ". " .. comment_of(text))
    end
  end
  return list
end

---The options of the host.
---@return make.Option[]
function commands.host_options()
  local list = {}
  for i, row in ipairs(native.option_table()) do
    local names = {}
    if row.short then names[#names + 1] = "-" .. row.short end
    if row.long then names[#names + 1] = "--" .. row.long end
    list[i] = { names = names, argument = row.argument, help = row.help, choices = row.choices }
  end
  return list
end

---The options of a parser, or of a command in it, without what is hidden.
---@param parser table
---@return make.Option[]
function commands.options(parser)
  local list = {}
  for _, option in ipairs(parser._options) do
    if not option._hidden then
      local argument = option:_get_argument_list()
      list[#list + 1] = {
        names = option._public_aliases,
        argument = argument[1] and table.concat(argument, " ") or nil,
        help = option._description or "",
        choices = option._choices,
      }
    end
  end
  return list
end

---The arguments that have no dash.
---@param parser table
---@return { label: string, help: string, choices?: string[] }[]
function commands.arguments(parser)
  local list = {}
  for _, argument in ipairs(parser._arguments) do
    if not argument._hidden then
      list[#list + 1] = {
        label = argument:_get_default_argname(), help = argument._description or "",
        choices = argument._choices,
      }
    end
  end
  return list
end

return commands
