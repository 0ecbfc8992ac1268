-- Variables that are not there, in scripts of policies: an error with file and line, never a nil.
-- So are fields that are not there of tables that hold sources.
--
-- `not_listed = crmm` is no condition at all where crmm is nil, and its rule then matches more than
-- its author meant; so does `not_listed = sources.crmm`. Only watched files are held to this, since
-- libraries may look for what need not be there. What a script sets as a global, even to nil, is
-- there.

local definition = require "xero.definition"
local errors = require "xero.error"
local suggest = require "xero.suggest"

local strict = {}

-- Chunk names of files, and names of globals that were set to nil.
local watched, declared = {}, {}

local FAR = "in a policy nil must be written so, for what is nil is no condition"

-- Calls back for each variable that the function at a level of the stack can see.
local function each_in_sight(level, visit)
  for name, value in pairs(_G) do
    if type(name) == "string" then visit(name, value) end
  end
  local reader, i = debug.getinfo(level + 1, "f").func, 1
  while debug.getlocal(level + 1, i) do
    visit(debug.getlocal(level + 1, i))
    i = i + 1
  end
  i = 1
  while debug.getupvalue(reader, i) do
    visit(debug.getupvalue(reader, i))
    i = i + 1
  end
end

local function complain(reader, message, meant, far)
  errors.raise {
    kind = "usage",
    message = ("%s:%d: %s"):format(reader.source:sub(2), reader.currentline, message),
    hint = meant and ('did you mean "%s"?'):format(meant) or far,
  }
end

local function missing(_, name)
  local reader = debug.getinfo(2, "Sl")
  if not watched[reader.source] or declared[name] or type(name) ~= "string" then return nil end
  local names = {}
  each_in_sight(2, function(other) names[#names + 1] = other end)
  complain(reader, ('there is no variable "%s"'):format(name), suggest(name, names), FAR)
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

-- Tables of sources -------------------------------------------------------------------------------

local MOST = 50 -- fields: what has more is data, and looking through it for each rule would be dear

-- Each field of a small table, or of the beginning of a large one.
local function first_fields(record)
  local count = 0
  return function(_, name)
    count = count + 1
    if count <= MOST then return next(record, name) end
  end
end

local function source_in(record)
  for _, value in first_fields(record) do
    if definition.is_source(value) then return value end
  end
end

local function names_of(record)
  local names = {}
  for name in next, record do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local record_metatable = {
  __index = function(record, name)
    local reader = debug.getinfo(2, "Sl")
    if not watched[reader.source] or type(name) ~= "string" then return nil end
    local names, source = names_of(record), source_in(record)
    if not source then return nil end
    complain(reader, ('the table of the source "%s" has no field "%s"'):format(source.name, name),
      suggest(name, names), "there are " .. table.concat(names, ", "))
  end,
}

local function watch_record(value)
  if type(value) ~= "table" or getmetatable(value) ~= nil then return end
  if source_in(value) then setmetatable(value, record_metatable) end
end

---From now on, of the tables that a function can see, those that hold sources have no fields that
---are not there.
---@param level integer of the function on the stack: 1 is the one that calls this one
function strict.watch_sources(level)
  if not debug.getinfo(level + 1, "f") then return end
  each_in_sight(level + 1, function(_, value)
    if type(value) ~= "table" or value == _G or getmetatable(value) ~= nil then return end
    for _, inner in first_fields(value) do watch_record(inner) end
    watch_record(value)
  end)
end

---Watches the script of this run.
function strict.watch_script()
  local name = arg and arg[0]
  if name then strict.watch(name == "-" and "=stdin" or "@" .. name) end
end

return strict
