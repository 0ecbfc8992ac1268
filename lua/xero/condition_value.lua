-- What a policy may say behind a condition's name: read strictly when the policy loads.
--
-- A reader takes the value and `complain`, which raises with the rule's file and line.

local definition = require "xero.definition"
local glob = require "xero.glob"
local lua_pattern = require "xero.lua_pattern"
local tenant_type = require "xero.tenant_type"
local text = require "xero.text"
local time = require "xero.time"
local uuid = require "xero.uuid"

local condition_value = {}

---@alias xero.Complain fun(message: string) raises

local LONGEST = 36525 * 86400

local function quoted(value)
  return ('"%s"'):format(text.printable(value))
end

local is_source = definition.is_source

-- A value or a list of them, each read by `read`, which gives nil and what it expected where it
-- cannot.
local function each(read)
  return function(value, complain)
    local is_list = type(value) == "table" and not is_source(value)
    local values, wanted = is_list and value or { value }, {}
    if #values == 0 then complain("an empty list matches nothing") end
    if not definition.is_list(values) then
      complain "expected a list without names and without gaps"
    end
    for i, item in ipairs(values) do
      local result, expected = read(item)
      if result == nil then
        complain(("expected %s, got %s"):format(expected, definition.got(item)))
      end
      wanted[i] = result
    end
    return wanted
  end
end

local function read_id(value)
  if uuid.is(value) then return uuid.normal(value) end
  return nil, "a UUID"
end

local function read_type(value)
  local is_type = type(value) == "string" and value:find "^[%w_]+$" ~= nil
  local meant = is_type and tenant_type.meant(value)
  if is_type and not meant then return value:upper() end
  return nil, ('a type such as "%s"'):format(meant or "ORGANISATION")
end

local function read_glob(value)
  if type(value) ~= "string" or value == "" then return nil, 'a name such as "Demo *"' end
  local ok, test = pcall(glob.compile, value)
  if ok then return test end
  return nil, ("a glob (%s)"):format(tostring(test))
end

local function read_pattern(value)
  if type(value) ~= "string" or value == "" then return nil, "a Lua pattern" end
  local fault = lua_pattern.fault(value)
  if fault then return nil, ("a Lua pattern (%s)"):format(fault) end
  return value
end

local function read_source(value)
  if is_source(value) then return value end
  return nil, "a source, made by xero.source"
end

---Each reads a value or a list of them.
---@type fun(value: any, complain: xero.Complain): any[]
condition_value.ids = each(read_id)
condition_value.types = each(read_type)
condition_value.globs = each(read_glob)
condition_value.patterns = each(read_pattern)
condition_value.sources = each(read_source)

---A bare number is refused: people who write 90 mean days, and 90 seconds would match everything.
---@param value any
---@param complain xero.Complain
---@return number seconds
function condition_value.duration(value, complain)
  local seconds, message
  if type(value) == "string" then
    seconds, message = time.duration(value)
  end
  if not seconds then
    complain(message or ('expected a duration such as "30d", got %s'):format(
      definition.got(value)))
  elseif seconds > LONGEST then
    complain(("%s is longer than a hundred years"):format(quoted(value)))
  end
  return seconds
end

---How old a connection is; no time at all is refused, since everything is older than "0d".
---@param value any
---@param complain xero.Complain
---@return number seconds
function condition_value.age(value, complain)
  local seconds = condition_value.duration(value, complain)
  if seconds == 0 then complain(("%s is no time at all"):format(quoted(value))) end
  return seconds
end

---@param value any
---@param complain xero.Complain
---@return number epoch
function condition_value.date(value, complain)
  return time.parse(value)
    or complain(('expected a date such as "2026-01-31", got %s'):format(definition.got(value)))
end

---Which of a tenant's connections stays: `{ keep = "newest" }`, or the word alone.
---@param value any
---@param complain xero.Complain
---@return "newest"|"oldest" keep
function condition_value.duplicate(value, complain)
  local keep = value
  if type(value) == "table" then
    keep = value.keep
    for key in pairs(value) do
      if key ~= "keep" then complain(("unknown key %s, there is keep"):format(tostring(key))) end
    end
  end
  if keep ~= "newest" and keep ~= "oldest" then
    complain(('expected { keep = "newest" } or { keep = "oldest" }, got %s'):format(
      definition.got(keep)))
  end
  return keep
end

---@param value any
---@param complain xero.Complain
---@return function
function condition_value.predicate(value, complain)
  if type(value) ~= "function" then
    complain(("expected a function, got %s"):format(definition.got(value)))
  end
  return value
end

---How the policy wrote it, more or less.
---@param value any
---@return string
function condition_value.written(value)
  if is_source(value) then return value.name end
  if type(value) == "string" then return quoted(value) end
  if type(value) ~= "table" then return type(value) end
  if value.keep then return ("{ keep = %s }"):format(quoted(value.keep)) end
  local items = {}
  for i, item in ipairs(value) do items[i] = condition_value.written(item) end
  return ("{ %s }"):format(table.concat(items, ", "))
end

-- What tells one predicate from another: its code, and the plain values that it closes over.
local function identity_of(predicate)
  local ok, code = pcall(string.dump, predicate, true)
  local parts, index = { ok and code or "a function of C" }, 1
  while true do
    local upvalue, value = debug.getupvalue(predicate, index)
    if not upvalue then return table.concat(parts, "\0") end
    local kind = type(value)
    if kind ~= "table" and kind ~= "function" and kind ~= "userdata" and kind ~= "thread" then
      parts[#parts + 1] = index .. "=" .. tostring(value)
    end
    index = index + 1
  end
end

---A text that changes where the value does.
---@param value any
---@return string
function condition_value.identity(value)
  return type(value) == "function" and identity_of(value) or condition_value.written(value)
end

return condition_value
