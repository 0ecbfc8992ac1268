-- Writes the completion of a shell out of the tables of options that the program itself goes by.
--
--   xero-run scripts/make/completion.lua bash|zsh|fish >build/completion/…

local commands = require "commands"

---What prints the names of the profiles, a line each; a statement for -e.
local PROFILES = [[for _, name in ipairs(require "xero.profile".all()) do print(name) end]]

---@class make.CompletedOption: make.Option
---@field kind? "profile"|"lua"|"file"|"directory"|"words"|"other" of its value
---@field words? string[]

---@class make.CompletedCommand
---@field name string
---@field purpose string
---@field options make.CompletedOption[]
---@field operand { kind: "lua"|"words"|"file"|"none", words?: string[] }

local function kind_of(option)
  if not option.argument then return nil end
  if option.choices then return "words" end
  local long = option.names[#option.names]
  if long == "--profile" then return "profile" end
  if option.argument == "FILE" then return "file" end
  return option.argument == "DIR" and "directory" or "other"
end

local function completed(option)
  option.kind, option.words = kind_of(option), option.choices
  return option
end

local function all_completed(options)
  for i, option in ipairs(options) do options[i] = completed(option) end
  return options
end

-- What may follow a command, by the first of its arguments.
local function operand_of(command)
  if not command.parser then return { kind = "file" } end
  local argument = commands.arguments(command.parser)[1]
  if not argument then return { kind = "none" } end
  if argument.choices then return { kind = "words", words = argument.choices } end
  local is_script = argument.label:find "script" or argument.label:find "file"
  return { kind = is_script and "lua" or "none" }
end

-- The commands of a command are words that may follow it.
local function add(list, command)
  local above = command.name:match "^(%S+) "
  if above then
    local operand = list[#list].operand
    if operand.kind ~= "words" then operand.kind, operand.words = "words", {} end
    table.insert(operand.words, command.name:match "%S+$")
    return
  end
  local options = all_completed(command.parser and commands.options(command.parser) or {})
  list[#list + 1] = {
    name = command.name, purpose = command.purpose, options = options,
    operand = operand_of(command),
  }
end

local list = {}
for _, command in ipairs(commands.all "scripts/commands") do add(list, command) end
io.write(require("completion_" .. arg[1]) {
  options = all_completed(commands.host_options()), commands = list, profiles = PROFILES,
})
