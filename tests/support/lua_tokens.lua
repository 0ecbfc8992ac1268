-- The words of a Lua source, with their places.

---@class support.Token
---@field kind "name"|"word"|"number"|"string"|"end"
---@field text string  as it stands there
---@field from integer  its first byte
---@field to integer  its last byte
---@field line integer  where it begins

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat
  return then true until while]]):gmatch "%a+" do
  KEYWORDS[word] = true
end

local SYMBOLS = { "...", "..", "==", "~=", "<=", ">=", "<<", ">>", "//", "::" }

-- What follows a comment or blanks, at or after the byte.
local function skip_blanks(text, at)
  while true do
    at = text:match("^%s*()", at)
    if text:sub(at, at + 1) ~= "--" then return at end
    local level = text:match("^%-%-%[(=*)%[", at)
    local closed = level and select(2, text:find("]" .. level .. "]", at, true))
    at = (closed or text:match("^[^\n]*()", at) - 1) + 1
  end
end

local function end_of_quoted(text, from)
  local quote, at = text:sub(from, from), from + 1
  while text:sub(at, at) ~= quote do
    at = at + (text:sub(at, at) == "\\" and 2 or 1)
  end
  return at
end

-- Kind and last byte of the word that begins there.
local function word_at(text, from)
  local name_end = text:match("^[%a_][%w_]*()", from)
  if name_end then
    return KEYWORDS[text:sub(from, name_end - 1)] and "word" or "name", name_end - 1
  elseif text:find("^%.?%d", from) then
    return "number", (text:match("^0[xX][%x.]*()", from)
      or text:match("^[%d.]+[eE][+-]?%d+()", from) or text:match("^[%d.]+()", from)) - 1
  elseif text:find("^[\"']", from) then
    return "string", end_of_quoted(text, from)
  end
  local level = text:match("^%[(=*)%[", from)
  if level then
    return "string", select(2, text:find("]" .. level .. "]", from, true))
  end
  for _, symbol in ipairs(SYMBOLS) do
    if text:sub(from, from + #symbol - 1) == symbol then return "word", from + #symbol - 1 end
  end
  return "word", from
end

--- The last token is the end of the text.
---@param text string  a source that compiles
---@return support.Token[]
return function(text)
  local tokens, at, line, counted = {}, text:match "^#[^\n]*()" or 1, 1, 1
  while true do
    at = skip_blanks(text, at)
    for _ in text:sub(counted, at - 1):gmatch "\n" do line = line + 1 end
    counted = at
    if at > #text then break end
    local kind, to = word_at(text, at)
    tokens[#tokens + 1] = { kind = kind, text = text:sub(at, to), from = at, to = to, line = line }
    at = to + 1
  end
  tokens[#tokens + 1] = { kind = "end", text = "", from = #text + 1, to = #text, line = line }
  return tokens
end
