-- Complaints about what a policy says: each names the file and the line of the rule.
--
-- Policies decide what cannot be undone, so a slip must not load: a misspelt condition would let a
-- rule match more than its author meant.

local errors = require "xero.error"
local suggest = require "xero.suggest"
local text = require "xero.text"

local definition = {}

---Where something was defined, and what it is: `offboard.lua:12: keep "active in the CRM"`.
---@class xero.Place
---@field file string
---@field line integer
---@field what string
---@field is_vague boolean it was a tail call, such as `return policy "name"`: Lua knows only who
---  called the function that it was in

local script

---Names the script that defines things from now on; without a name it is the script of the run.
---@param name? string
function definition.begin(name)
  script = name
end

local function script_name()
  return script or arg and arg[0] or "-e"
end

---The place of the call at a level of the stack.
---@param level integer 1 is the function that calls this one
---@param what string
---@return xero.Place
function definition.here(level, what)
  local info = debug.getinfo(level + 1, "Sl") or { source = "?", short_src = "?" }
  local file = info.source:match "^@(.*)" or info.short_src
  local is_vague = debug.getinfo(level, "t").istailcall
  -- What a module returns by a tail call belongs beside the script: of the module nothing is known.
  if is_vague and info.what == "C" then file = script_name() end
  return { file = file, line = info.currentline or -1, what = what, is_vague = is_vague }
end

---Tells whether a table is a list: without names, and without gaps, behind which `ipairs` would
---not look, so that a protected tenant would not be one.
---@param value table
---@return boolean
function definition.is_list(value)
  local count, last = 0, 0
  for key in pairs(value) do
    if math.type(key) ~= "integer" or key < 1 then return false end
    count, last = count + 1, math.max(last, key)
  end
  return count == last
end

---Raises kind "usage" at a place.
---@param place xero.Place
---@param message string
---@param hint? string
function definition.fail(place, message, hint)
  local where = place.is_vague and script_name() .. ": "
    or ("%s:%d: "):format(place.file, place.line)
  errors.raise { kind = "usage", message = where .. place.what .. ": " .. message, hint = hint }
end

---Raises for a key that is none, with the nearest that is one.
---@param place xero.Place
---@param what string such as "condition"
---@param key any
---@param known string[]
function definition.unknown(place, what, key, known)
  local name = type(key) == "string" and ('"%s"'):format(text.printable(key)) or tostring(key)
  local nearest = type(key) == "string" and suggest(key, known)
  definition.fail(place, ("unknown %s %s"):format(what, name),
    nearest and ('did you mean "%s"?'):format(nearest)
    or ("there are %s"):format(table.concat(known, ", ")))
end

---Tells whether a value was made by xero.source.
---@param value any
---@return boolean
function definition.is_source(value)
  local metatable = getmetatable(value)
  return type(metatable) == "table" and metatable.__name == "xero.source"
end

---Says a value that was got where another was expected.
---@param value any
---@return string
function definition.got(value)
  if type(value) == "string" then return ('"%s"'):format(text.printable(value)) end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  if definition.is_source(value) then return "a source" end
  return value == nil and "nothing" or "a " .. type(value)
end

---What looks up a key of a table of kinds that has no such kind: it raises, with the nearest.
---@param name string of the table, such as "policy"
---@param what string what there are kinds of
---@param kinds string[]
---@return fun(kinds: table, key: any): nil index
function definition.no_kind(name, what, kinds)
  return function(_, key)
    if type(key) ~= "string" then return nil end
    local place, nearest = definition.here(2, name .. "." .. key), suggest(key, kinds)
    definition.fail(place, "there is no such kind of " .. what,
      nearest and ('did you mean "%s.%s"?'):format(name, nearest)
      or "there are " .. table.concat(kinds, ", "))
  end
end

---Raises for a value of the wrong kind.
---@param place xero.Place
---@param key string
---@param what string what was expected
---@param value any what was got
function definition.expected(place, key, what, value)
  definition.fail(place, ("%s: expected %s, got %s"):format(key, what, definition.got(value)))
end

---Checks a whole number.
---@param place xero.Place
---@param key string
---@param value any
---@param least integer
function definition.whole(place, key, value, least)
  if math.type(value) ~= "integer" or value < least then
    definition.expected(place, key, ("a whole number, %d or more"):format(least), value)
  end
end

---Checks the words that name a policy or a rule.
---@param place xero.Place
---@param value any
---@param hint? string how it is written, where the words do not stand before a table
---@return string value
function definition.label(place, value, hint)
  if type(value) ~= "string" or not value:find "%S" then
    definition.fail(place, "label: expected a text, got " .. definition.got(value),
      hint or 'a label stands before the table: "why" { … }')
  elseif value:find "%c" then
    definition.fail(place, "a label has no control characters")
  end
  return value
end

return definition
