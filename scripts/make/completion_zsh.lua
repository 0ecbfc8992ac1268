-- The completion of zsh; see completion.lua.

local TEMPLATE = [=[
#compdef xero-run
# Completion of xero-run for zsh. Made by scripts/make/completion.lua; do not edit.

_xero_run_profiles() {
  local -a names
  names=(${(f)"$(xero-run -e '@PROFILES@' 2>/dev/null)"})
  _describe -t profiles profile names
}

_xero_run_first() {
  local -a commands
  commands=(
@COMMANDS@
  )
  _alternative 'commands:command:{_describe -t commands command commands}' \
    'files:script:_files -g "*.lua"'
}

_xero_run() {
  local curcommand=$curcommand state line
  typeset -A opt_args
  _arguments -C -s -S \
@OPTIONS@
    '1: :_xero_run_first' \
    '*:: :->rest' && return
  [[ $state == rest ]] || return
  case $words[1] in
@CASES@
    *) _files ;;
  esac
}

_xero_run "$@"
]=]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local ACTIONS = {
  profile = function() return "_xero_run_profiles" end,
  words = function(it) return "(" .. table.concat(it.words, " ") .. ")" end,
  file = function() return "_files" end,
  directory = function() return "_files -/" end,
  lua = function() return '_files -g "*.lua"' end,
  other = function() return "" end,
}

local function described(text)
  return (text:gsub("[%[%]\\]", "\\%0"))
end

-- A specification for each name, each of which rules the others out.
local function specifications(option, indent)
  local lines = {}
  local others = #option.names > 1 and "(" .. table.concat(option.names, " ") .. ")" or ""
  for i, name in ipairs(option.names) do
    local value = ""
    if option.kind then
      value = (":%s:%s"):format(option.argument, ACTIONS[option.kind](option))
      name = name .. (name:find "^%-%-" and "=" or "+")
    end
    lines[i] = indent .. quote(("%s%s[%s]%s"):format(others, name, described(option.help), value))
      .. " \\"
  end
  return table.concat(lines, "\n")
end

local function all_specifications(options, indent)
  local lines = {}
  for i, option in ipairs(options) do lines[i] = specifications(option, indent) end
  return table.concat(lines, "\n")
end

local function case_of(command)
  local action = ACTIONS[command.operand.kind]
  local operand = action and quote("*:" .. "word:" .. action(command.operand)) or "'*: :'"
  local lines = { ("    %s)"):format(command.name), "      _arguments -s \\" }
  if command.options[1] then lines[#lines + 1] = all_specifications(command.options, "        ") end
  lines[#lines + 1] = "        " .. operand
  lines[#lines + 1] = "      ;;"
  return table.concat(lines, "\n")
end

return function(model)
  local names, cases = {}, {}
  for i, command in ipairs(model.commands) do
    names[i] = "    " .. quote(command.name .. ":" .. command.purpose)
    cases[i] = case_of(command)
  end
  return (TEMPLATE:gsub("@(%u+)@", {
    PROFILES = model.profiles, COMMANDS = table.concat(names, "\n"),
    OPTIONS = all_specifications(model.options, "    "), CASES = table.concat(cases, "\n"),
  }))
end
