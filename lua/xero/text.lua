-- Text for people: made safe to show, measured and cut in columns of a terminal.
--
-- Names of tenants come from strangers, so whatever could move the cursor, change the screen or
-- turn the direction of writing is shown as an escape in place of being obeyed. Widths are columns,
-- not bytes and not characters: a Han character takes two and a combining accent none.

local native = require "xero.native"

local M = {}

local NAMED = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r" }

local function byte_escape(char)
  return NAMED[char] or ("\\x%02x"):format(char:byte())
end

local function codepoint_escape(char)
  return ("\\u{%x}"):format(utf8.codepoint(char))
end

-- Characters beyond ASCII that a terminal obeys in place of showing them. In valid UTF-8 the first
-- byte of each pattern only ever begins a character, so the patterns cannot match across two.
local HIDDEN = {
  "\xC2[\x80-\x9F]", -- C1 controls; U+009B begins a sequence as ESC [ does
  "\xD8\x9C", -- U+061C, the Arabic letter mark
  "\xE2\x80[\x8E\x8F\xA8-\xAE]", -- U+200E to U+202E: marks, separators, embeddings, overrides
  "\xE2\x81[\xA6-\xA9]", -- U+2066 to U+2069: isolates
}

---Replaces the characters beyond ASCII that are obeyed rather than shown: C1 controls, direction
---marks and overrides, line and paragraph separators.
---@param s string valid UTF-8
---@param replace fun(char: string): string
---@return string
function M.replace_hidden(s, replace)
  if not s:find "[\xC2\xD8\xE2]" then return s end
  for _, pattern in ipairs(HIDDEN) do s = s:gsub(pattern, replace) end
  return s
end

local function visible(s)
  return M.replace_hidden((s:gsub("%c", byte_escape)), codepoint_escape)
end

---Makes a text safe to show on one line: control characters, direction overrides, line separators
---and bytes that are no UTF-8 become visible escapes such as \x1b, \n and \u{202e}.
---@param s string
---@return string
function M.printable(s)
  if native.is_plain(s) then return s end
  local parts, start = {}, 1
  while true do
    local length, bad = utf8.len(s, start)
    parts[#parts + 1] = visible(s:sub(start, length and -1 or bad - 1))
    if length then return table.concat(parts) end
    parts[#parts + 1] = ("\\x%02x"):format(s:byte(bad))
    start = bad + 1
  end
end

---The columns that a text takes on a terminal.
---@param s string printable text
---@return integer
function M.width(s)
  if native.is_plain(s) then return #s end
  return native.width(s)
end

---Cuts a text to a width; where something is cut off, the last column says so with "…".
---@param s string printable text
---@param width integer columns, at least 1
---@return string
function M.truncate(s, width)
  if M.width(s) <= width then return s end
  local cut, columns = 0, 0
  for position, code in utf8.codes(s) do
    columns = columns + M.width(utf8.char(code))
    if columns > width - 1 then break end
    cut = position + #utf8.char(code) - 1
  end
  return s:sub(1, cut) .. "…"
end

---Fills a text up with spaces to a width; one that is wider stays as it is.
---@param s string printable text
---@param width integer columns
---@param align? "left"|"right" where the text stands; left
---@return string
function M.pad(s, width, align)
  local fill = (" "):rep(width - M.width(s))
  return align == "right" and fill .. s or s .. fill
end

return M
