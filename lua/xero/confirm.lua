-- A question on the terminal, for what cannot be undone.
--
-- The question goes to /dev/tty and the answer comes from there, so that both work while stdin and
-- stdout are pipes. Without a terminal there is nobody to ask: that is a refusal, never a yes.

local errors = require "xero.error"
local native = require "xero.native"
local text = require "xero.text"

local function open_terminal(mode)
  return io.open("/dev/tty", mode) or errors.raise {
    kind = "limit",
    message = "no confirmation: there is no terminal to ask on",
    hint = "--yes goes on without a question, --dry-run shows what would be done",
  }
end

-- How the question ends, and what answers it.
local function ending(phrase)
  if not phrase then
    return " [y/N] ", function(answer) return answer:lower():find "^%s*ye?s?%s*$" ~= nil end
  end
  return (' Type "%s" to go on: '):format(phrase),
    function(answer) return answer:match "^%s*(.-)%s*$" == phrase end
end

---Asks a question that yes or no answers; anything but yes is no. With --yes nothing is asked.
---Raises an error object of kind "limit" where it would have to ask and there is no terminal.
---@param question string
---@param details? string[] what it is about, shown above the question line by line
---@param phrase? string what has to be typed in place of yes, where a slip would cost much
---@return boolean yes
local function confirm(question, details, phrase)
  if type(question) ~= "string" then
    error("bad argument #1 to 'confirm' (string expected, got " .. type(question) .. ")", 2)
  end
  if native.options.yes then return true end
  local output <close> = open_terminal "w"
  local input <close> = open_terminal "r"
  for _, line in ipairs(details or {}) do
    output:write("  ", text.printable(line), "\n")
  end
  local asks, is_yes = ending(phrase)
  output:write(text.printable(question .. asks))
  output:flush()
  local answer = input:read "l"
  if not answer then output:write "\n" end
  return answer ~= nil and is_yes(answer)
end

return confirm
