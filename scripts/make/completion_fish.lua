-- The completion of fish; see completion.lua.

local HEAD = [[
# Completion of xero-run for fish. Made by scripts/make/completion.lua; do not edit.

# The command or script of the line, if there is one yet.
function __xero_run_word
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case @TAKERS@
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return
        end
        set -q words[1]; and set -e words[1]
    end
end

function __xero_run_is
    set -l word (__xero_run_word)
    test "$word" = "$argv[1]"
end

function __xero_run_is_script
    set -l word (__xero_run_word)
    set -q word[1]; and not contains -- $word[1] @COMMANDS@
end

function __xero_run_scripts
    __fish_complete_suffix .lua | string match -r '^.*(?:/|\.lua)(?:\t.*)?$'
end

function __xero_run_profiles
    xero-run -e '@PROFILES@' 2>/dev/null
end

complete -c xero-run -f
complete -c xero-run -n '__xero_run_is ""' -a '(__xero_run_scripts)'
complete -c xero-run -n __xero_run_is_script -F
]]

local function quote(text)
  return "'" .. text:gsub("[\\']", "\\%0") .. "'"
end

local VALUES = {
  profile = function() return " -x -a '(__xero_run_profiles)'" end,
  words = function(option) return " -x -a " .. quote(table.concat(option.words, " ")) end,
  file = function() return " -r -F" end,
  directory = function() return " -x -a '(__fish_complete_directories)'" end,
  other = function() return " -x" end,
}

local OPERANDS = {
  words = function(operand) return " -a " .. quote(table.concat(operand.words, " ")) end,
  lua = function() return " -a '(__xero_run_scripts)'" end,
  file = function() return " -F" end,
}

local function option_line(condition, option)
  local names = {}
  for _, name in ipairs(option.names) do
    names[#names + 1] = name:find "^%-%-" and "-l " .. name:sub(3) or "-s " .. name:sub(2)
  end
  return ("complete -c xero-run -n %s %s%s -d %s"):format(quote(condition),
    table.concat(names, " "), option.kind and VALUES[option.kind](option) or "", quote(option.help))
end

return function(model)
  local takers, names, lines = {}, {}, {}
  for _, option in ipairs(model.options) do
    if option.argument then table.move(option.names, 1, #option.names, #takers + 1, takers) end
    lines[#lines + 1] = option_line('__xero_run_is ""', option)
  end
  for i, command in ipairs(model.commands) do
    local condition = "__xero_run_is " .. command.name
    names[i] = command.name
    lines[#lines + 1] = ("complete -c xero-run -n '__xero_run_is \"\"' -a %s -d %s"):format(
      command.name, quote(command.purpose))
    local operand = OPERANDS[command.operand.kind]
    if operand then
      lines[#lines + 1] = ("complete -c xero-run -n %s%s"):format(quote(condition),
        operand(command.operand))
    end
    for _, option in ipairs(command.options) do
      lines[#lines + 1] = option_line(condition, option)
    end
  end
  local head = HEAD:gsub("@(%u+)@", {
    TAKERS = table.concat(takers, " "), PROFILES = model.profiles,
    COMMANDS = table.concat(names, " "),
  })
  return head .. table.concat(lines, "\n") .. "\n"
end
