-- Variables that are not there, in scripts of policies: an error with file and line, never a nil.
--
-- `not_listed = crmm` is no condition at all where crmm is nil, and its rule then matches more than
-- its author meant. Only watched files are held to this, since libraries may look for what need not
-- be there. What a script sets as a global, even to nil, is there.

local errors = require "xero.error"
local suggest = require "xero.suggest"

local strict = {}

-- Chunk names of files, and names of globals that were set to nil.
local watched, declared = {}, {}

-- The names that the function at a level of the stack could have meant.
local function names_in_sight(level)
  local names = {}
  for name in pairs(_G) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  local reader, i = debug.getinfo(level + 1, "f").func, 1
  while debug.getlocal(level + 1, i) do
    names[#names + 1], i = debug.getlocal(level + 1, i), i + 1
  end
  i = 1
  while debug.getupvalue(reader, i) do
    names[#names + 1], i = debug.getupvalue(reader, i), i + 1
  end
  return names
end

local function missing(_, name)
  local reader = debug.getinfo(2, "Sl")
  if not watched[reader.source] or declared[name] or type(name) ~= "string" then return nil end
  local nearest = suggest(name, names_in_sight(2))
  errors.raise {
    kind = "usage",
    message = ('%s:%d: there is no variable "%s"'):format(reader.source:sub(2),
      reader.currentline, name),
    hint = nearest and ('did you mean "%s"?'):format(nearest)
      or "in a policy nil must be written so, for what is nil is no condition",
  }
end

local function declare(globals, name, value)
  declared[name] = true
  rawset(globals, name, value)
end

---From now on a file that reads a global which is not there is in error.
---@param source string the name of its chunk, as debug.getinfo has it
function strict.watch(source)
  watched[source] = true
  if not getmetatable(_G) then
    setmetatable(_G, { __index = missing, __newindex = declare })
  end
end

---Watches the script of this run.
function strict.watch_script()
  local name = arg and arg[0]
  if name then strict.watch(name == "-" and "=stdin" or "@" .. name) end
end

return strict
