-- The public API as the annotations of the library have it: what `require "xero"` gives, its
-- modules, and every class that these speak of.
--
-- A function with the tag @package is for the library itself, and left out.

local annotations = require "annotations"
local read = require "template".read

local api = {}

local DIRECTORY = "lua/xero/"

---@class make.Module
---@field name string "xero", "xero.time", "xero.confirm"
---@field class? string what its type is called; nil: a module that is a function
---@field functions make.Function[]

---@class make.Api
---@field modules make.Module[] "xero" first
---@field classes make.Class[] by name; the modules' own are among them
---@field methods table<string, make.Function[]> by the class's name

local function is_public(it)
  return not annotations.has(it.block, "package")
end

-- A class may be opened again, to name the variable of its methods.
local function add_class(classes, class)
  local known = classes[class.name]
  if not known then
    classes[class.name] = { name = class.name, block = class.block }
  elseif #class.block > #known.block then
    known.block = class.block
  end
end

local function functions_of(source, owner)
  local list = {}
  for _, it in ipairs(source.functions) do
    if it.owner == owner and is_public(it) then list[#list + 1] = it end
  end
  return list
end

-- The modules by the table in init.lua that loads them.
local function submodules(init)
  local names = {}
  for name, module in init:match "\nlocal SUBMODULES = (%b{})":gmatch '(%w+) = "xero%.([%w_]+)"' do
    names[#names + 1] = { name = name, file = module }
  end
  table.sort(names, function(a, b) return a.name < b.name end)
  return names
end

local function module_of(name, source)
  for _, class in ipairs(source.classes) do
    if class.owner and class.owner == source.returned then
      return { name = name, class = class.name, functions = functions_of(source, class.owner) }
    end
  end
  for _, it in ipairs(source.functions) do
    if not it.owner and it.name == source.returned then
      return { name = name, functions = { it } }
    end
  end
  -- What it returns is made by a function: the last class that has functions.
  local last = source.classes[#source.classes]
  return { name = name, class = last.name, functions = functions_of(source, last.owner or false) }
end

-- The classes that a text names.
local function named(text, classes)
  local found = {}
  for name in text:gmatch "xero%.[%w_.]*[%w_]" do
    if classes[name] then found[#found + 1] = name end
  end
  return found
end

-- The text in which other classes may be named.
local function mentions(name, all)
  local parts = { table.concat(all.classes[name].block, "\n") }
  for _, it in ipairs(all.methods[name] or {}) do
    parts[#parts + 1] = table.concat(it.block, "\n")
  end
  return table.concat(parts, "\n")
end

local function reachable(modules, all)
  local order, seen = {}, {}
  local function visit(name)
    if seen[name] then return end
    seen[name] = true
    order[#order + 1] = name
    for _, other in ipairs(named(mentions(name, all), all.classes)) do visit(other) end
  end
  for _, module in ipairs(modules) do
    if module.class then visit(module.class) end
    for _, it in ipairs(module.functions) do
      for _, name in ipairs(named(table.concat(it.block, "\n"), all.classes)) do visit(name) end
    end
  end
  -- What is added to another library's class, such as the assertions of busted.
  for name in pairs(all.classes) do
    if not name:find "^xero" then visit(name) end
  end
  table.sort(order)
  return order
end

-- All classes of the library with their methods, whether a script meets them or not.
local function gather(files)
  local all, sources = { classes = {}, methods = {} }, {}
  for _, file in ipairs(files) do
    local source = annotations.of(read(file))
    sources[file:match "([%w_]+)%.lua$"] = source
    for _, class in ipairs(source.classes) do
      add_class(all.classes, class)
      if class.owner then all.methods[class.name] = functions_of(source, class.owner) end
    end
  end
  return all, sources
end

---@param files string[] the sources in lua/xero
---@return make.Api
function api.of(files)
  local all, sources = gather(files)
  local modules = { module_of("xero", sources.init) }
  for _, it in ipairs(submodules(read(DIRECTORY .. "init.lua"))) do
    modules[#modules + 1] = module_of("xero." .. it.name, sources[it.file])
  end
  local made = { modules = modules, classes = {}, methods = all.methods }
  for _, name in ipairs(reachable(modules, all)) do
    made.classes[#made.classes + 1] = all.classes[name]
  end
  return made
end

return api
