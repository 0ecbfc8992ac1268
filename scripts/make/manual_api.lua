-- Writes xero-run(3lua), the reference of the Lua API, out of the annotations of the library.
--
--   xero-run scripts/make/manual_api.lua scripts/make/xero-run.3lua DATE FILE... >build/man/…

local annotations = require "annotations"
local api = require "api"
local native = require "xero.native"
local roff = require "roff"
local template = require "template"

local made = api.of(table.move(arg, 3, #arg, 1, {}))

-- "string, optional: why, for people"
local function value_of(tag)
  local type = (tag.type or ""):gsub("xero%.", "") .. (tag.optional and ", optional" or "")
  if tag.text == "." then return type .. " ." end
  return tag.text ~= "" and type .. ": " .. tag.text or type
end

local function named_list(tags, kind)
  local items = {}
  for _, tag in ipairs(tags) do
    if tag.tag == kind then
      items[#items + 1] = { term = "Fa " .. tag.name, text = value_of(tag) }
    end
  end
  if #items == 1 and items[1].text == "" then return { ".Pp\nGives\n." .. items[1].term } end
  return items[1] and { roff.list(items) } or {}
end

-- What is returned has a name, where there is something to say about it.
local function returns(tags)
  local items = {}
  for _, tag in ipairs(tags) do
    local name, text = tag.text:match "^(%S+)%s*(.*)$"
    if tag.tag == "return" then
      items[#items + 1] = name
        and { term = "Fa " .. name, text = value_of { type = tag.type, text = text } }
        or { term = "Vt " .. value_of(tag), text = "" }
    elseif tag.tag == "type" then
      return { ".Pp\nA value of the type", ".Vt " .. value_of { type = tag.text, text = "." } }
    end
  end
  return items[1] and { ".Pp\nGives", roff.list(items) } or {}
end

local function append(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

local function entry(lines, title, block, kind)
  local text, tags = annotations.read(block)
  append(lines, { ".Ss " .. title })
  if text[1] then append(lines, { roff.fill(roff.sentence(table.concat(text, " "))) }) end
  append(lines, named_list(tags, kind))
  append(lines, returns(tags))
end

local function entry_of_function(lines, prefix, it)
  local parameters = it.value and "" or it.parameters
  entry(lines, prefix .. it.name .. parameters, it.block, "param")
end

local function functions()
  local lines = {}
  for _, module in ipairs(made.modules) do
    for _, it in ipairs(module.functions) do
      if module.class then
        entry_of_function(lines, module.name .. ".", it)
      else
        entry_of_function(lines, "xero.", { name = module.name:match "[%w_]+$", block = it.block,
          parameters = it.parameters })
      end
    end
  end
  return table.concat(lines, "\n")
end

local function is_module(name)
  for _, module in ipairs(made.modules) do
    if module.class == name and name:find "%.%l" then return true end
  end
  return name == "xero"
end

local function classes()
  local lines = {}
  for _, class in ipairs(made.classes) do
    if not is_module(class.name) and annotations.has(class.block, "class") then
      entry(lines, class.name:gsub("xero%.", ""), class.block, "field")
      for _, it in ipairs(made.methods[class.name] or {}) do
        if it.colon then
          entry_of_function(lines, class.name:gsub("xero%.", ""):lower() .. ":", it)
        end
      end
    end
  end
  return table.concat(lines, "\n")
end

-- The fields of the module; those that are functions have an entry of their own.
local function fields()
  for _, class in ipairs(made.classes) do
    if class.name == "xero" then
      local _, tags = annotations.read(class.block)
      local shown = {}
      for _, tag in ipairs(tags) do
        if tag.type and tag.type:find "^xero%." then tag.type, tag.text = tag.text, "" end
        if tag.type and not tag.type:find "^fun" then shown[#shown + 1] = tag end
      end
      return table.concat(named_list(shown, "field"), "\n")
    end
  end
end

local function kinds()
  local items = {}
  for _, class in ipairs(made.classes) do
    if class.name == "xero.ErrorKind" then
      for _, line in ipairs(class.block) do
        local kind, text = line:match '^%-%-%-| "([%w_]+)" # (.*)$'
        if kind then items[#items + 1] = { term = "Li " .. kind, text = roff.sentence(text) } end
      end
    end
  end
  return roff.list(items)
end

template.write(arg[1], {
  FIELDS = fields, FUNCTIONS = functions, CLASSES = classes, KINDS = kinds,
  DATE = function() return roff.date(arg[2]) end,
  VERSION = function() return native.version end,
})
