-- Text for manual pages in mdoc(7): escaped, and filled to lines that a person can read.

local roff = {}

local WIDTH = 78

local MONTHS = {
  "January", "February", "March", "April", "May", "June", "July", "August", "September",
  "October", "November", "December",
}

---A date as .Dd takes it: "November 26, 2026".
---@param date string 2026-11-26
---@return string
function roff.date(date)
  local year, month, day = date:match "^(%d+)-(%d+)-(%d+)$"
  return ("%s %d, %s"):format(MONTHS[tonumber(month)], tonumber(day), year)
end

---Text as it is meant, within a line.
---@param text string
---@return string
function roff.escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-%-", "\\-\\-"):gsub("%f[%S]%-(%w)", "\\-%1")
  return (text:gsub("`([^`]*)`", function(code) return "\\fB" .. code .. "\\fP" end))
end

---What is said in a phrase, as a sentence.
---@param text string
---@return string
function roff.sentence(text)
  if text == "" then return text end
  text = text:gsub("^%l", string.upper)
  return text:find "[.:;]$" and text or text .. "."
end

---A paragraph, in lines, each sentence on a line of its own.
---@param text string
---@return string
function roff.fill(text)
  local lines, line = {}, ""
  local function flush()
    if line ~= "" then lines[#lines + 1] = line:gsub("^[.']", "\\&%0") end
    line = ""
  end
  for word in roff.escape(text):gmatch "%S+" do
    if line ~= "" and #line + #word >= WIDTH then flush() end
    line = line == "" and word or line .. " " .. word
    if word:find "[^.][.]$" then flush() end
  end
  flush()
  return table.concat(lines, "\n")
end

---The names and the argument of an option, as arguments of a macro.
---@param option { names: string[], argument?: string }
---@return string
function roff.option(option)
  local parts = {}
  for i, name in ipairs(option.names) do
    parts[i] = "Fl " .. name:gsub("^%-", ""):gsub("%-", "\\-")
  end
  local names = table.concat(parts, " , ")
  return option.argument and names .. " Ar " .. option.argument or names
end

---A list of terms and what they mean.
---@param items { term: string, text: string }[] the terms as arguments of .It
---@return string
function roff.list(items)
  local lines = { ".Bl -tag -width Ds" }
  for _, item in ipairs(items) do
    lines[#lines + 1] = ".It " .. item.term
    if item.text ~= "" then lines[#lines + 1] = roff.fill(item.text) end
  end
  lines[#lines + 1] = ".El"
  return table.concat(lines, "\n")
end

return roff
