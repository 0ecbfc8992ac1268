-- Writes xero-run(1): the template with the tables that the program itself goes by.
--
--   xero-run scripts/make/manual.lua scripts/make/xero-run.1 DATE >build/man/xero-run.1

local commands = require "commands"
local native = require "xero.native"
local roff = require "roff"
local template = require "template"

local function with_choices(text, choices)
  return choices and not text:find(choices[1], 1, true)
    and text .. ": " .. table.concat(choices, ", ") or text
end

local function item_of(option)
  return {
    term = roff.option(option),
    text = roff.sentence(with_choices(option.help, option.choices)),
  }
end

local function host_options()
  local items = {}
  for i, option in ipairs(commands.host_options()) do items[i] = item_of(option) end
  return roff.list(items)
end

local function is_host_option(option)
  for _, other in ipairs(commands.host_options()) do
    if option.names[#option.names] == other.names[#other.names] then return true end
  end
  return false
end

-- "<tenant>" or "{verify}", as argparse calls an argument.
local function term_of(label)
  local choices = label:match "^{(.*)}$"
  return choices and "Cm " .. choices:gsub(",", " | Cm ") or "Ar " .. label:gsub("[<>]", "")
end

-- The command's own options; those of the host are named in a line below.
local function own_options(parser)
  local items, hosts = {}, {}
  for _, argument in ipairs(commands.arguments(parser)) do
    items[#items + 1] = { term = term_of(argument.label), text = roff.sentence(argument.help) }
  end
  for _, option in ipairs(commands.options(parser)) do
    if is_host_option(option) then
      if option.names[#option.names] ~= "--help" then
        hosts[#hosts + 1] = ".Fl " .. option.names[#option.names]:gsub("^%-", ""):gsub("%-", "\\-")
      end
    else
      items[#items + 1] = item_of(option)
    end
  end
  return items, hosts
end

local function command_text(command)
  local lines = { ".Ss xero-run " .. command.name, roff.fill(roff.sentence(command.about)) }
  if not command.parser then return table.concat(lines, "\n") end
  local items, hosts = own_options(command.parser)
  if items[1] then lines[#lines + 1] = roff.list(items) end
  if hosts[1] then
    lines[#lines + 1] = ".Pp\nOptions of the host that it takes after its name, too:"
    lines[#lines + 1] = table.concat(hosts, " ,\n") .. " ."
  end
  return table.concat(lines, "\n")
end

local function all_commands()
  local texts = {}
  for i, command in ipairs(commands.all "scripts/commands") do texts[i] = command_text(command) end
  return table.concat(texts, "\n")
end

local function statuses()
  local items = {}
  for i, row in ipairs(native.status_table()) do
    local term = "Li " .. row.status:gsub(", ", " , Li ")
    items[i] = { term = term, text = roff.sentence(row.meaning) }
  end
  return roff.list(items)
end

template.write(arg[1], {
  OPTIONS = host_options, COMMANDS = all_commands, STATUSES = statuses,
  DATE = function() return roff.date(arg[2]) end,
  VERSION = function() return native.version end,
})
