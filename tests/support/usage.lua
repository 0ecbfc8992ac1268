-- What xero-run says that it takes: whether a line that a document shows would be understood.

local run = require "support.run"

local usage = {}

local helps = {}

-- The help of a command, or the host's own for "".
local function help(command)
  if not helps[command] then
    local result = run(command == "" and { "--help" } or { command, "--help" })
    assert(result.status == 0, result.err)
    helps[command] = result.out
  end
  return helps[command]
end

---@return string[] the names of the bundled commands
function usage.commands()
  local names = {}
  for name in help "":match "\nCommands.-:\n(.-)\n\n":gmatch "%f[^\n%z]  (%l+) " do
    names[#names + 1] = name
  end
  return names
end

local function is_command(word)
  for _, name in ipairs(usage.commands()) do
    if name == word then
      return true
    end
  end
  return false
end

-- Whether that help has the option; and whether a value follows it.
local function find_option(command, option)
  local name = (option:match "^%-%-[%l-]+" or option:match "^%-%a" or ""):gsub("%-", "%%-")
  for _, before in ipairs { "\n +", "\n +%-%a, " } do
    local after = help(command):match(before .. name .. "%f[^%l%-]([^\n]*)")
    if after then
      return true, not option:find "=" and after:find "^,? ?[%l%-]* %u" ~= nil
    end
  end
  return false
end

local function words_of(line)
  local words = {}
  local plain = line:gsub("%b''", "X"):gsub('%b""', "X"):gsub("[%[%]]", "")
  for word in plain:gmatch "%S+" do
    words[#words + 1] = word
  end
  return words
end

local function assert_option(command, option, line)
  local known, takes = find_option(command, option)
  if not known then
    error(("`%s`: %s has no option %s"):format(line, command == "" and "xero-run" or command,
      option), 0)
  end
  return takes
end

--- Raises an error where a line names a command or an option that there is not. Upper-case words
--- stand for what a reader puts there.
---@param line string "xero-run list --format ids"
function usage.check(line)
  local words, i, command = words_of(line), 2, ""
  while words[i] do
    local word = words[i]
    if word == "--" then
      return
    elseif word:find "^%-." then
      if assert_option(command, word, line) then
        i = i + 1
      end
    elseif command == "" then
      if word:find "[/%u]" or word:find "%.lua$" or word == "-" or word == "…" then
        return
      elseif not is_command(word) then
        error(("`%s`: there is no command %s"):format(line, word), 0)
      end
      command = word
    end
    i = i + 1
  end
end

--- Raises an error where neither xero-run nor one of its commands has the option.
---@param option string "--format"
function usage.check_option(option)
  if find_option("", option) then
    return
  end
  for _, command in ipairs(usage.commands()) do
    if find_option(command, option) then
      return
    end
  end
  error(("`%s`: nothing has such an option"):format(option), 0)
end

return usage
