-- What is wrong with a Lua pattern, told without matching anything.
--
-- Lua itself complains only when matching reaches the mistake, which would be at some tenant's
-- name, long after the policy was loaded. The grammar is that of the manual, section 6.4.1.

local lua_pattern = {}

local MOST_CAPTURES = 32 -- LUA_MAXCAPTURES

-- The position behind the set whose "[" is at `at`; nil where none ends it.
local function behind_set(pattern, at)
  at = at + (pattern:sub(at + 1, at + 1) == "^" and 2 or 1)
  repeat
    if at > #pattern then return nil end
    at = at + (pattern:sub(at, at) == "%" and 2 or 1)
  until pattern:sub(at, at) == "]"
  return at + 1
end

-- Each takes the pattern, a position and the captures so far, and gives the position behind what
-- begins there, or nil and what is wrong.

local function read_set(pattern, at)
  local behind = behind_set(pattern, at)
  if not behind then return nil, 'it has a "[" without a "]"' end
  return behind
end

local function read_back_reference(pattern, at, captures)
  local index = tonumber(pattern:sub(at + 1, at + 1))
  if captures[index] ~= "closed" then
    return nil, ("%%%d refers to no finished capture"):format(index)
  end
  return at + 2
end

local function read_escape(pattern, at, captures)
  local char = pattern:sub(at + 1, at + 1)
  if char == "" then return nil, 'it ends with "%"' end
  if char:find "%d" then return read_back_reference(pattern, at, captures) end
  if char == "b" then
    if at + 3 > #pattern then return nil, "%b lacks its two characters" end
    return at + 4
  elseif char == "f" then
    if pattern:sub(at + 2, at + 2) ~= "[" then return nil, '%f lacks its "["' end
    return read_set(pattern, at + 2)
  end
  return at + 2
end

local function read_open(pattern, at, captures)
  if #captures == MOST_CAPTURES then return nil, "it has too many captures" end
  local is_position = pattern:sub(at + 1, at + 1) == ")"
  captures[#captures + 1] = is_position and "closed" or "open"
  return at + (is_position and 2 or 1)
end

local function read_close(_, at, captures)
  for i = #captures, 1, -1 do
    if captures[i] == "open" then
      captures[i] = "closed"
      return at + 1
    end
  end
  return nil, 'it has a ")" without a "("'
end

local READERS = { ["["] = read_set, ["%"] = read_escape, ["("] = read_open, [")"] = read_close }

---What is wrong with a Lua pattern.
---@param pattern string
---@return string|nil fault nil: nothing
function lua_pattern.fault(pattern)
  local at, captures = 1, {}
  while at <= #pattern do
    local read = READERS[pattern:sub(at, at)]
    local behind, fault = at + 1, nil
    if read then
      behind, fault = read(pattern, at, captures)
    end
    if fault then return fault end
    at = behind
  end
  for _, state in ipairs(captures) do
    if state == "open" then return 'it has a "(" without a ")"' end
  end
  return nil
end

return lua_pattern
