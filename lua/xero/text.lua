-- Text for people: made safe to show, measured and cut in columns of a terminal.
--
-- Names of tenants come from strangers, so whatever could move the cursor, change the screen or
-- turn the direction of writing is shown as an escape in place of being obeyed. Widths are columns,
-- not bytes and not characters: a Han character takes two and a combining accent none.

local native = require "xero.native"

local M = {}

---Makes a text safe to show on one line: control characters, direction overrides, line separators
---and bytes that are no UTF-8 become visible escapes such as \x1b, \n and \u{202e}.
---@type fun(s: string): string
M.printable = native.printable

---Makes accents that are characters of their own (U+0300 to U+036F) visible as escapes: with one, a
---letter looks like the accented letter that it is not equal to.
---@param s string printable text
---@return string
function M.reveal_marks(s)
  return (s:gsub("[\xCC\xCD][\x80-\xBF]", function(character)
    local code = utf8.codepoint(character)
    return code <= 0x36F and ("\\u{%x}"):format(code) or nil
  end))
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

---How many there are of something, in words: "1 tenant", "2 tenants".
---@param number integer
---@param noun string of one
---@return string
function M.count(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end

---A stranger's words for a line of a message: printable, and no longer than one reads.
---@param s string
---@param width? integer columns; 300
---@return string
function M.excerpt(s, width)
  width = width or 300
  -- Marks that take no column have an end, too.
  return M.truncate(M.printable(s:sub(1, 8 * width)), width)
end

---Breaks a text at its spaces, so that no line is wider than that. A word that is wider stays
---whole.
---@param s string printable text
---@param width integer columns
---@param indent integer spaces before each line but the first; a third of the width at most
---@return string
function M.wrap(s, width, indent)
  if M.width(s) <= width then return s end
  local gap = (" "):rep(math.min(indent, width // 3))
  local lines, line = {}, nil
  for space, word in s:gmatch "( *)([^ ]+)" do
    if not line then
      line = space .. word
    elseif M.width(line) + #space + M.width(word) <= width then
      line = line .. space .. word
    else
      lines[#lines + 1] = line
      line = gap .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
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
