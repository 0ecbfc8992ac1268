-- CSV as RFC 4180 has it, read strictly: quotes, quoted line breaks, CRLF and LF; every row as long
-- as the header, whose names all differ. What is out of line is a fault and never a guess, since
-- who is missing from a list may be disconnected. Pure, and fast on the rows that have no quotes.

local csv = {}

local QUOTE = ('"'):byte()
local MOST_CAPTURES = 32 -- Lua's own bound (LUA_MAXCAPTURES)
local MOST_SHOWN = 12

---@class xero.SourceFault
---@field expected string
---@field found string
---@field hint? string

---@class xero.Csv
---@field columns string[]
---@field rows string[][]
---@field lines integer[] where each row begins

local function fault(expected, found, hint)
  return { expected = expected, found = found, hint = hint }
end

local function quoted_field(text, at, line)
  local close = at
  while true do
    close = text:find('"', close + 1, true)
    if not close then
      return nil, fault("a quote at the end of each quoted field",
        ("none for the one that begins on line %d"):format(line))
    end
    if text:byte(close + 1) ~= QUOTE then break end
    close = close + 1
  end
  local field = text:sub(at + 1, close - 1)
  return field:find('"', 1, true) and field:gsub('""', '"') or field, close + 1
end

local function stray(text, stop, line)
  local char = text:sub(stop, stop)
  local what = char == '"' and "a quote within a field that has none around it"
    or char == "\r" and "a carriage return alone"
    or "text behind a quoted field"
  return fault("fields as RFC 4180 writes them", ("%s on line %d"):format(what, line))
end

-- One record with all that may be in it: its fields, where the next begins and on which line; nil
-- and a fault. The text ends with a line feed.
local function read_record(text, at, line, separator)
  local fields, delimiters = {}, '[%' .. separator .. '"\r\n]'
  while true do
    local field, stop
    if text:byte(at) == QUOTE then
      field, stop = quoted_field(text, at, line)
      if not field then return nil, stop end
      line = line + select(2, field:gsub("\n", ""))
    else
      stop = text:find(delimiters, at)
      field = text:sub(at, stop - 1)
    end
    fields[#fields + 1] = field
    local after = text:match("^\r?\n()", stop)
    if after then return fields, after, line + 1 end
    if text:sub(stop, stop) ~= separator then return nil, stray(text, stop, line) end
    at = stop + 1
  end
end

local function quoted_list(names)
  local shown = {}
  for i = 1, math.min(#names, MOST_SHOWN) do shown[i] = ('"%s"'):format(names[i]) end
  local more = #names - #shown
  return table.concat(shown, ", ") .. (more > 0 and (" and %d more"):format(more) or "")
end

---The names of columns for messages.
csv.quoted_list = quoted_list

local function check_header(columns)
  local seen = {}
  for _, name in ipairs(columns) do
    if seen[name] then
      return fault("columns with names of their own", ('two named "%s"'):format(name))
    end
    seen[name] = true
  end
end

-- A row without quotes in one match: its fields, and where the next row begins.
local function plain_pattern(columns, separator)
  if columns >= MOST_CAPTURES then return nil end
  local field = "([^%" .. separator .. '"\r\n]*)'
  return "^" .. (field .. "%" .. separator):rep(columns - 1) .. field .. "\r?\n()"
end

local function ragged(expected, fields, line)
  return fault(("%d fields on line %d, as in the header"):format(expected, line),
    ("%d"):format(#fields))
end

local function read_rows(text, at, line, columns, separator)
  local rows, lines, count = {}, {}, #columns
  local pattern, match = plain_pattern(count, separator), string.match
  for i = 1, math.huge do
    if at > #text then return rows, lines end
    local fields = pattern and { match(text, pattern, at) } or {}
    lines[i] = line
    if fields[1] then
      at, fields[count + 1] = fields[count + 1], nil
      line = line + 1
    else
      fields, at, line = read_record(text, at, line, separator)
      if not fields then return nil, at end
      if #fields ~= count then return nil, ragged(count, fields, lines[i]) end
    end
    rows[i] = fields
  end
end

-- Without the line breaks at its end, which say nothing, but for one.
local function with_one_end(text)
  local last = #text
  while last > 0 and (text:byte(last) == 10 or text:byte(last) == 13) do last = last - 1 end
  return text:sub(1, last) .. "\n"
end

---Reads a CSV text with a header.
---@param text string UTF-8 without a byte order mark
---@param separator? string one character; ","
---@return xero.Csv? nil where it is none
---@return xero.SourceFault? fault
function csv.parse(text, separator)
  separator = separator or ","
  text = with_one_end(text)
  if text == "\n" then return nil, fault("a header and rows", "nothing") end
  local columns, at, line = read_record(text, 1, 1, separator)
  if not columns then return nil, at end
  local wrong = check_header(columns)
  if wrong then return nil, wrong end
  local rows, lines = read_rows(text, at, line, columns, separator)
  if not rows then return nil, lines end
  return { columns = columns, rows = rows, lines = lines }
end

return csv
