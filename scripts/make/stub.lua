-- Writes the definition of the API that editors read, out of the annotations of the library.
--
--   xero-run scripts/make/stub.lua lua/xero/*.lua >lua/types/xero.lua

local annotations = require "annotations"
local api = require "api"

local HEAD = [[
---@meta xero
-- The API of xero-run, for editors with a Lua language server. Made by scripts/make/stub.lua from
-- the annotations in lua/xero; do not edit.]]

local out = {}

local function say(...) out[#out + 1] = table.concat { ... } end

local function say_block(block, skip)
  for _, line in ipairs(block) do
    if not (skip and skip(line)) then say(line) end
  end
end

local function say_function(owner, it)
  say ""
  say_block(it.block)
  if it.value then
    say(owner, ".", it.name, " = nil")
  else
    say("function ", owner, it.colon and ":" or ".", it.name, it.parameters, " end")
  end
end

-- The functions that are modules have annotations of their own, which say more than a field.
local function function_modules(modules)
  local fields = {}
  for _, module in ipairs(modules) do
    if not module.class then fields[module.name:match "[%w_]+$"] = true end
  end
  return function(line)
    local name = line:match "^%-%-%-@field ([%w_]+)"
    return name ~= nil and fields[name] == true
  end
end

-- A name for the variable that carries the functions of a class.
local function variable_of(class)
  return class:match "[%w_]+$" .. "_methods"
end

local all = api.of(arg)
local skip = function_modules(all.modules)
local module_of_class = {}
for _, module in ipairs(all.modules) do
  if module.class then module_of_class[module.class] = module end
end

say(HEAD)
for _, class in ipairs(all.classes) do
  local module = module_of_class[class.name]
  if class.name ~= "xero" then
    local functions = module and module.functions or all.methods[class.name] or {}
    say ""
    say_block(class.block)
    if functions[1] then say("local ", variable_of(class.name), " = {}") end
    for _, it in ipairs(functions) do say_function(variable_of(class.name), it) end
  end
end
for _, module in ipairs(all.modules) do
  if module.name == "xero" then
    say ""
    for _, class in ipairs(all.classes) do
      if class.name == "xero" then say_block(class.block, skip) end
    end
    say "local xero = {}"
    for _, it in ipairs(module.functions) do say_function("xero", it) end
  elseif not module.class then
    local it = module.functions[1]
    say_function("xero", { block = it.block, name = module.name:match "[%w_]+$",
      parameters = it.parameters })
  end
end
say "\nreturn xero"

local text = table.concat(out, "\n")
assert(load(text, "=stub"))
for line in text:gmatch "[^\n]+" do
  local _, open = line:gsub("[%(%[{]", "")
  local _, shut = line:gsub("[%)%]}]", "")
  local is_type = annotations.has({ line }, "param") or annotations.has({ line }, "field")
    or annotations.has({ line }, "return")
  assert(not is_type or open == shut, "a type must stand on one line: " .. line)
end
print(text)
