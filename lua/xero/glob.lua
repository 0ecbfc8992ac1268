-- Globs, as people write them for names: "*" is any run of characters, "?" one, "[a-z]" one of a
-- set, "[!a-z]" one that is not, and a backslash takes the next character as it is.
--
-- A glob matches the whole text, and case is ignored. Characters are those of UTF-8. However many
-- stars there are, the time grows with the product of the two lengths at most, so a name cannot be
-- made that takes for ever.

local native = require "xero.native"
local raise = require("xero.error").raise
local small = require "xero.letter_case"

---@class xero.glob
local M = {}

local function fold(code)
  return small[code] or code
end

-- The folded characters of a text; the bytes where it is not UTF-8.
local function characters(text)
  local codes = {}
  if utf8.len(text) then
    for _, code in utf8.codes(text) do codes[#codes + 1] = fold(code) end
  else
    for i = 1, #text do codes[i] = fold(text:byte(i)) end
  end
  return codes
end

local SINGLE = { [("*"):byte()] = "star", [("?"):byte()] = "any" }
local OPEN, CLOSE, BACKSLASH = ("[]\\"):byte(1, 3)
local HYPHEN, EXCLAMATION, CARET = ("-!^"):byte(1, 3)

-- Reads the set whose "[" is at `at`: its token and the index behind "]", or nil where none ends
-- it.
local function read_set(codes, at)
  local set = { ranges = {} }
  at = at + 1
  if codes[at] == EXCLAMATION or codes[at] == CARET then
    set.negated = true
    at = at + 1
  end
  -- A "]" that comes first is a member of the set.
  while codes[at] and (codes[at] ~= CLOSE or #set.ranges == 0) do
    local low, high = codes[at], codes[at]
    if codes[at + 1] == HYPHEN and codes[at + 2] and codes[at + 2] ~= CLOSE then
      high = codes[at + 2]
      at = at + 2
    end
    set.ranges[#set.ranges + 1] = { low, high }
    at = at + 1
  end
  if codes[at] then return set, at + 1 end
end

local function in_set(set, code)
  for _, range in ipairs(set.ranges) do
    if range[1] <= code and code <= range[2] then return not set.negated end
  end
  return set.negated == true
end

-- The tokens of a glob: "star", "any", a set, or the code of a character.
local function tokens_of(glob)
  local codes, tokens, at = characters(glob), {}, 1
  while codes[at] do
    local code = codes[at]
    local token = SINGLE[code] or code
    at = at + 1
    if code == OPEN then
      token, at = read_set(codes, at - 1)
      if not token then
        raise { kind = "usage", message = ('"%s" has a "[" without a "]"'):format(glob) }
      end
    elseif code == BACKSLASH and codes[at] then
      token = codes[at]
      at = at + 1
    end
    tokens[#tokens + 1] = token
  end
  return tokens
end

local function fits(token, code)
  if type(token) == "table" then return in_set(token, code) end
  return token == "any" or token == code
end

-- Goes back to the last star only: an earlier one could not do better.
local function matches(tokens, codes)
  local t, c, star, star_at = 1, 1, nil, nil
  while c <= #codes do
    if tokens[t] == "star" then
      star, star_at = t, c
      t = t + 1
    elseif tokens[t] and fits(tokens[t], codes[c]) then
      t, c = t + 1, c + 1
    elseif star then
      star_at = star_at + 1
      t, c = star + 1, star_at
    else
      return false
    end
  end
  while tokens[t] == "star" do t = t + 1 end
  return t > #tokens
end

-- The texts between the stars of a glob that has nothing but ASCII characters and stars; nil for
-- any other.
local function pieces_of(tokens)
  local pieces, piece = {}, {}
  for _, token in ipairs(tokens) do
    if token == "star" then
      pieces[#pieces + 1] = table.concat(piece)
      piece = {}
    elseif type(token) == "number" and token < 0x80 then
      piece[#piece + 1] = string.char(token)
    else
      return nil
    end
  end
  pieces[#pieces + 1] = table.concat(piece)
  return pieces
end

-- Most names and globs are such: a policy of twenty rules tests ten thousand names with each.
local function matches_pieces(pieces, text)
  local first, last = pieces[1], pieces[#pieces]
  if #pieces == 1 then return text == first end
  if text:sub(1, #first) ~= first then return false end
  local at = #first + 1
  for i = 2, #pieces - 1 do
    local _, stop = text:find(pieces[i], at, true)
    if not stop then return false end
    at = stop + 1
  end
  local tail = #text - #last + 1
  return tail >= at and text:sub(tail) == last
end

-- One name meets many globs in a row.
local recent = { text = "", codes = {} }

local function recent_characters(text)
  if recent.text ~= text then
    recent = { text = text, codes = characters(text) }
  end
  return recent.codes
end

---Makes a test of a glob. Raises kind "usage" for a set that does not end.
---@param glob string
---@return fun(text: string): boolean test whether the whole text matches, case ignored
function M.compile(glob)
  local tokens = tokens_of(glob)
  local pieces = pieces_of(tokens)
  return function(text)
    if pieces and native.is_plain(text) then return matches_pieces(pieces, text:lower()) end
    return matches(tokens, recent_characters(text))
  end
end

return M
