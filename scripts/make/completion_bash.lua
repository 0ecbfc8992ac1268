-- The completion of bash; see completion.lua.

local TEMPLATE = [=[
# Completion of xero-run for bash. Made by scripts/make/completion.lua; do not edit.

_xero_run_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_xero_run_profiles() {
    _xero_run_words "$(xero-run -e '@PROFILES@' 2>/dev/null)"
}

_xero_run_files() {
    compopt -o filenames
    case $1 in
        directory) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        lua) mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.lua' -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    esac
}

# The value of an option; false where the word before is none that takes one.
_xero_run_value() {
    case "$command $before" in
@VALUES@
        *) return 1 ;;
    esac
}

_xero_run_options() {
    case $command in
@OPTIONS@
    esac
}

_xero_run_operand() {
    case $command in
        '')
            _xero_run_files lua
            local files=("${COMPREPLY[@]}")
            _xero_run_words '@COMMANDS@'
            COMPREPLY+=("${files[@]}")
            ;;
@OPERANDS@
        *) _xero_run_files ;;
    esac
}

_xero_run() {
    local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            @TAKERS@) ((i++)); [[ ${COMP_WORDS[i]} != '=' ]] || ((i++)) ;;
            -* | '=') ;;
            *) command=${COMP_WORDS[i]}; break ;;
        esac
    done
    # Of --name=value bash makes three words.
    if [[ $cur == '=' ]]; then
        cur=''
    elif [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    _xero_run_value && return
    if [[ $cur == -* ]]; then _xero_run_options; else _xero_run_operand; fi
}

complete -F _xero_run xero-run
]=]

local function value_action(option)
  if option.kind == "words" then
    return ("_xero_run_words '%s'"):format(table.concat(option.words, " "))
  elseif option.kind == "profile" then
    return "_xero_run_profiles"
  elseif option.kind == "file" or option.kind == "directory" then
    return "_xero_run_files " .. option.kind
  end
  return ":"
end

local function patterns(command, option)
  local list = {}
  for i, name in ipairs(option.names) do list[i] = ("'%s %s'"):format(command, name) end
  return table.concat(list, " | ")
end

local function values(model)
  local lines = {}
  local function add(command, options)
    for _, option in ipairs(options) do
      if option.kind then
        local action = value_action(option)
        lines[#lines + 1] = ("        %s) %s ;;"):format(patterns(command, option), action)
      end
    end
  end
  add("", model.options)
  for _, command in ipairs(model.commands) do add(command.name, command.options) end
  return table.concat(lines, "\n")
end

local function names_of(options, separator)
  local names = {}
  for _, option in ipairs(options) do names[#names + 1] = table.concat(option.names, separator) end
  return table.concat(names, separator)
end

local function option_lists(model)
  local lines = { ("        '') _xero_run_words '%s' ;;"):format(names_of(model.options, " ")) }
  for _, command in ipairs(model.commands) do
    lines[#lines + 1] = ("        %s) _xero_run_words '%s' ;;"):format(command.name,
      names_of(command.options, " "))
  end
  return table.concat(lines, "\n")
end

local function operands(model)
  local lines = {}
  for _, command in ipairs(model.commands) do
    local operand, action = command.operand, ":"
    if operand.kind == "words" then
      action = ("_xero_run_words '%s'"):format(table.concat(operand.words, " "))
    elseif operand.kind ~= "none" then
      action = "_xero_run_files " .. operand.kind
    end
    lines[#lines + 1] = ("        %s) %s ;;"):format(command.name, action)
  end
  return table.concat(lines, "\n")
end

-- The options whose value is the next word.
local function takers(model)
  local taking = {}
  for _, option in ipairs(model.options) do
    if option.argument then taking[#taking + 1] = option end
  end
  return names_of(taking, " | ")
end

local function command_names(model)
  local names = {}
  for i, command in ipairs(model.commands) do names[i] = command.name end
  return table.concat(names, " ")
end

return function(model)
  local parts = {
    VALUES = values, OPTIONS = option_lists, OPERANDS = operands, TAKERS = takers,
    COMMANDS = command_names, PROFILES = function() return model.profiles end,
  }
  return (TEMPLATE:gsub("@(%u+)@", function(name) return parts[name](model) end))
end
