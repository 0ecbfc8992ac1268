-- JSON that round-trips: lua-cjson behind one wrapper that settles what lua-cjson leaves open.
--
-- What `decode` gives, `encode` writes back to the same JSON value: an empty list stays a list,
-- whole numbers stay integers, null stays null, U+0000 stays in its string. Only well-formed JSON
-- (RFC 8259) in UTF-8 is read and written; NaN and infinity are neither read nor written. Numbers
-- pass through a double: an integer beyond 2^53 comes out as the nearest float, so ids of that kind
-- belong in strings.

local native = require "xero.native"

local cjson = require("cjson").new()
cjson.decode_invalid_numbers(false)

---@class xero.json
local M = {}

local MAX_DEPTH = 64
local EXACT = 1 << 53
local MOST_VALUES = 1 << 19 -- of a long list: more than fifty thousand connections

---What JSON's null decodes to and encodes from. It is true in conditions: compare with it.
---@type lightuserdata
M.null = cjson.null
local null = M.null

local list = { __name = "xero.json.array" }

---Marks a table as a list, so that it is written as one even when it is empty.
---@generic T: table
---@param t T
---@return T t the same table
function M.array(t)
  return setmetatable(t, list)
end

---Tells whether a table is marked as a list: by `array`, or because it was decoded from one.
---@param value any
---@return boolean
function M.is_array(value)
  return getmetatable(value) == list
end

-- Decoding --------------------------------------------------------------------------------
--
-- lua-cjson gives {} for both [] and {}. So each empty list gets one element before lua-cjson sees
-- the text: a number too large for a double, which reads as infinity. Such a number is refused
-- wherever the text itself has one; an infinity in the result therefore marks an empty list and
-- nothing else.

local EMPTY_LIST = "[1e999]"
local BATCH = 1000

local function is_number(token)
  local rest = token:match "^%-?[1-9]%d*(.*)$" or token:match "^%-?0(.*)$"
  if not rest then return false end
  rest = rest:gsub("^%.%d+", "")
  return rest == "" or rest:find "^[eE][+-]?%d+$" ~= nil
end

-- What stands between two strings: numbers are checked, empty lists are marked.
local function read_between(text, first, last)
  local part = text:sub(first, last)
  local nul = part:find("\0", 1, true)
  if nul then return nil, "control character", first + nul - 1 end
  for at, token in part:gmatch "()([-+.%d][-+.%w]*)" do
    if not is_number(token) then return nil, "malformed number", first + at - 1 end
    if math.abs(tonumber(token)) == math.huge then
      return nil, "number out of range", first + at - 1
    end
  end
  return (part:gsub("%[[ \t\r\n]*%]", EMPTY_LIST))
end

-- The position of the quote that ends the string which begins at `first`.
local function end_of_string(text, first)
  local at = first + 1
  while true do
    local quote = text:find('["\\%c]', at)
    local char = quote and text:sub(quote, quote)
    if char == '"' then return quote end
    if not char then return nil, "unfinished string", first end
    if char ~= "\\" and char ~= "\127" then return nil, "control character in a string", quote end
    at = quote + (char == "\\" and 2 or 1)
  end
end

-- The text with its empty lists marked; nil, what is wrong and where for what lua-cjson would let
-- pass.
local function mark_empty_lists(text)
  local chunks, parts, at = {}, {}, 1
  while true do
    local quote = text:find('"', at, true)
    local between, message, where = read_between(text, at, (quote or 0) - 1)
    if not between then return nil, message, where end
    parts[#parts + 1] = between
    -- A million short texts take much more memory than one long one.
    if not quote or #parts > BATCH then
      chunks[#chunks + 1] = table.concat(parts)
      parts = {}
    end
    if not quote then return table.concat(chunks) end
    local closing
    closing, message, where = end_of_string(text, quote)
    if not closing then return nil, message, where end
    parts[#parts + 1] = text:sub(quote, closing)
    at = closing + 1
  end
end

local function settle_number(n)
  return -EXACT <= n and n <= EXACT and math.tointeger(n) or n
end

-- Whole numbers become integers, lists are marked. lua-cjson's objects have only string keys.
local function settle_marked(value)
  if type(value) == "number" then return settle_number(value) end
  if type(value) ~= "table" then return value end
  if value[1] == math.huge then
    value[1] = nil
    return M.array(value)
  end
  if value[1] ~= nil then M.array(value) end
  for key, element in next, value do
    if type(element) ~= "string" then value[key] = settle_marked(element) end
  end
  return value
end

local function parse(text, max_depth)
  cjson.decode_max_depth(max_depth)
  local ok, value = pcall(cjson.decode, text)
  if ok then return true, value end
  return false, (tostring(value):gsub(" at character (%d+)$", " at byte %1"))
end

---Reads a JSON text.
---@param text string
---@param options? { max_depth: integer } how deep lists and objects may nest; 64
---@return any value nil where it is no JSON
---@return string|nil message what is wrong, "at byte N"
function M.decode(text, options)
  local max_depth = options and options.max_depth or MAX_DEPTH
  local valid, bad = native.check_utf8(text)
  if not valid then return nil, "invalid UTF-8 at byte " .. bad end
  local marked, message, where = mark_empty_lists(text)
  if not marked then return nil, ("%s at byte %d"):format(message, where) end
  local ok, value = parse(marked, max_depth)
  if ok then return settle_marked(value) end
  -- The marks have moved what follows them; the text as it was has the true position.
  return nil, select(2, parse(text, max_depth))
end

-- Whether "[]" is anywhere, be it in a string.
local function may_have_empty_list(text, at)
  repeat
    at = text:find("[", at + 1, true)
  until not at or text:find("^[ \t\r\n]*%]", at + 1)
  return at ~= nil
end

---@package
---Reads a JSON text fast, for a long list of flat objects. Unlike `decode` it lets a control
---character in a string and a number like "1." pass; the elements' values, where they are neither
---strings nor booleans nor null, are left to `settle`. A text of more values than any honest list
---has is refused, for a few bytes of it would take much memory.
---@param text string
---@return any[]|nil list nil where it is no JSON list
---@return string|nil message
---@return string[]|nil keys all that occur, where every element is an object of strings; nil where
---  that is not so, or not known
function M.decode_list(text)
  if #text > MOST_VALUES and native.json_values(text) > MOST_VALUES then
    return nil, ("more than %d values"):format(MOST_VALUES)
  end
  local _, first = text:find "^[ \t\r\n]*%["
  if not first then return nil, text:find "^%s*<" and "not JSON but HTML" or "not a list" end
  local valid, bad = native.check_utf8(text)
  if not valid then return nil, "invalid UTF-8 at byte " .. bad end
  local rows, keys = native.json_rows(text)
  if rows then return M.array(rows), nil, keys end
  -- Only `decode` tells empty lists from objects; for lua-cjson NUL ends the text.
  if may_have_empty_list(text, first) or text:find("\0", 1, true) then return M.decode(text) end
  local ok, value = parse(text, MAX_DEPTH)
  if not ok then return nil, value end
  return M.array(value)
end

---@package
---Gives a value within a list of `decode_list` the form that `decode` would have given it.
---@param value any
---@return any settled nil where a number is too large
---@return string|nil message
function M.settle(value)
  if type(value) == "number" then
    if math.abs(value) == math.huge then return nil, "number out of range" end
    return settle_number(value)
  end
  if type(value) ~= "table" then return value end
  if value[1] ~= nil then M.array(value) end
  for key, element in next, value do
    local settled, message = M.settle(element)
    if message then return nil, message end
    value[key] = settled
  end
  return value
end

-- Encoding --------------------------------------------------------------------------------

local function encode_string(s)
  local text = native.json_string(s)
  if not text then return nil, "a string that is not UTF-8" end
  return text
end

local function encode_number(n)
  if math.type(n) == "integer" then return ("%d"):format(n) end
  if n ~= n or n == math.huge or n == -math.huge then return nil, "a number that JSON has not" end
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(n)
    if tonumber(text) == n then return text end
  end
end

-- The keys in the order asked for, then the others by name.
local function ordered_keys(state, object)
  local keys, others = {}, {}
  for _, key in ipairs(state.order) do
    if rawget(object, key) ~= nil then keys[#keys + 1] = key end
  end
  for key in next, object do
    if type(key) ~= "string" then return nil, "a table with other keys than strings" end
    if not state.listed[key] then others[#others + 1] = key end
  end
  if #others == 0 then return keys end
  table.sort(others)
  return table.move(others, 1, #others, #keys + 1, keys)
end

local function is_list(t)
  if not M.is_array(t) and rawget(t, 1) == nil then return false end
  local count = 0
  for key in next, t do
    if math.type(key) ~= "integer" then return nil, "a list with other keys than 1 to n" end
    count = count + 1
  end
  if count ~= rawlen(t) then return nil, "a list with holes" end
  return true
end

local write

local function write_list(state, elements, depth)
  local out = state.out
  for i, element in ipairs(elements) do
    out[#out + 1] = i == 1 and state.breaks[depth] or state.commas[depth]
    local ok, message = write(state, element, depth)
    if not ok then return nil, message end
  end
  return #elements > 0
end

local function write_object(state, object, depth)
  local out = state.out
  local keys, message = ordered_keys(state, object)
  if not keys then return nil, message end
  for i, key in ipairs(keys) do
    local name, ok
    name, message = state.names[key], "a key that is not UTF-8"
    if not name then return nil, message end
    out[#out + 1] = i == 1 and state.breaks[depth] or state.commas[depth]
    out[#out + 1] = name
    ok, message = write(state, rawget(object, key), depth)
    if not ok then return nil, message end
  end
  return #keys > 0
end

local function write_table(state, t, depth)
  if depth > MAX_DEPTH then return nil, "tables nested too deep, or within themselves" end
  local as_list, problem = is_list(t)
  if problem then return nil, problem end
  local out = state.out
  out[#out + 1] = as_list and "[" or "{"
  local filled, message = (as_list and write_list or write_object)(state, t, depth)
  if message then return nil, message end
  if filled then out[#out + 1] = state.breaks[depth - 1] end
  out[#out + 1] = as_list and "]" or "}"
  return true
end

-- True, or nil and what has no JSON form.
function write(state, value, depth)
  local kind, text, problem = type(value), nil, nil
  if kind == "string" then
    text, problem = encode_string(value)
  elseif kind == "table" then
    return write_table(state, value, depth + 1)
  elseif kind == "number" then
    text, problem = encode_number(value)
  elseif kind == "boolean" then
    text = tostring(value)
  elseif value == null then
    text = "null"
  else
    problem = "a " .. kind
  end
  if not text then return nil, problem end
  local out = state.out
  out[#out + 1] = text
  return true
end

-- An object of strings under known keys, by one call: a row of a long list. nil for any other.
local function write_row(state, value, depth)
  if type(value) ~= "table" or not state.order[1] then return nil end
  return native.json_object(value, state.order, state.openings[depth + 1], state.breaks[depth])
end

-- A table that makes its values from its keys when they are first asked for.
local function memo(make)
  return setmetatable({}, {
    __index = function(t, key)
      local value = make(key)
      t[key] = value
      return value
    end,
  })
end

---@class xero.JsonOptions
---@field indent? integer spaces a level; without it all is on one line
---@field order? string[] the keys that come first, in every object

---Makes an encoder for many values: a function that does what `encode` does. Its second argument is
---the level at which the value is going to stand, for the indent.
---@param options? xero.JsonOptions
---@return fun(value: any, level?: integer): string
function M.encoder(options)
  local indent = options and options.indent
  local colon = indent and ": " or ":"
  local breaks = memo(function(depth)
    return indent and "\n" .. (" "):rep(indent * depth) or ""
  end)
  local order = options and options.order or {}
  local commas = memo(function(depth) return "," .. breaks[depth] end)
  local names = memo(function(key)
    local name = encode_string(key)
    return name and name .. colon
  end)
  local state = {
    breaks = breaks,
    commas = commas,
    names = names,
    openings = memo(function(depth)
      local openings = {}
      for i, key in ipairs(order) do openings[i] = commas[depth] .. names[key] end
      return openings
    end),
    order = order,
    listed = {},
  }
  for _, key in ipairs(order) do state.listed[key] = true end
  return function(value, level)
    local depth = level or 0
    local text = write_row(state, value, depth)
    if text then return text end
    state.out = {}
    local ok, message = write(state, value, depth)
    if not ok then error("cannot be written as JSON: " .. message, 2) end
    return table.concat(state.out)
  end
end

---Writes a value as JSON: on one line, or indented. Keys are sorted. A table is a list when it is
---marked by `array`, was decoded from a list, or has an element 1; any other, `{}` among them, is
---an object. Raises a string for what has no JSON form: NaN, infinity, functions, bytes that are no
---UTF-8, lists with holes, tables nested deeper than 64.
---@param value any nil is not JSON; `null` is
---@param options? xero.JsonOptions
---@return string
function M.encode(value, options)
  local ok, text = pcall(M.encoder(options), value)
  if not ok then error(text, 2) end
  return text
end

return M
