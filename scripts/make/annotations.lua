-- Reads the LuaCATS annotations of a Lua source: its classes and its documented functions.
--
-- It is no parser of Lua. It goes by the house's style: a block of lines that begin with three
-- dashes, directly above what it describes.

local annotations = {}

---@class make.Tag one line that begins with @, and its continuations
---@field tag string "param", "return", "field", …
---@field name? string of a parameter or field
---@field optional? boolean
---@field type? string
---@field text string what it says for people

---@class make.Function
---@field owner? string the variable that it is a field of; nil: a local function
---@field colon boolean whether it is a method
---@field name string
---@field parameters string as they stand in the source
---@field block string[] the annotation's lines, without what they are indented by
---@field value boolean whether it is a value (with a type), and not written as a function

---@class make.Class
---@field name string
---@field block string[]
---@field owner? string the variable that has the class's methods

-- The type at the beginning of a text, which may have blanks within brackets and behind colons,
-- commas and bars; and what follows it.
local function split_type(text)
  local depth, at = 0, 1
  while at <= #text do
    local char = text:sub(at, at)
    if char:find "[%(%[{<]" then depth = depth + 1 end
    if char:find "[%)%]}>]" then depth = depth - 1 end
    if char == '"' then at = text:find('"', at + 1, true) or #text end
    if char == " " and depth == 0 and not text:sub(1, at - 1):find "[:,|]$" then break end
    at = at + 1
  end
  return text:sub(1, at - 1), text:sub(at + 1)
end

local function read_tag(line)
  local tag, rest = line:match "^@(%w+)%s*(.*)$"
  local it = { tag = tag, text = rest }
  if tag == "param" or tag == "field" then
    local name, optional, after = rest:match "^([%w_%.]+)(%??)%s+(.*)$"
    if not name then name, optional, after = rest:match "^(%b[])(%??)%s+(.*)$" end
    it.name, it.optional = assert(name, line), optional == "?"
    it.type, it.text = split_type(after)
  elseif tag == "return" then
    it.type, it.text = split_type(rest)
  end
  return it
end

---Takes a block apart.
---@param block string[]
---@return string[] text what stands before the tags
---@return make.Tag[] tags
function annotations.read(block)
  local text, tags = {}, {}
  for _, line in ipairs(block) do
    local said = line:match "^%-%-%-%s?(.*)$"
    if said:find "^@" then
      tags[#tags + 1] = read_tag(said)
    elseif tags[1] and said:find "^%s" then
      tags[#tags].text = tags[#tags].text .. " " .. said:match "^%s*(.*)$"
    else
      text[#text + 1] = said
    end
  end
  return text, tags
end

---Tells whether a block has a tag.
---@param block string[]
---@param tag string
---@return boolean
function annotations.has(block, tag)
  for _, line in ipairs(block) do
    if line:match "^%-%-%-%s?@(%w+)" == tag then return true end
  end
  return false
end

-- What the first line below a block defines.
local function definition(line)
  local owner, colon, name, parameters = line:match "^%s*function ([%w_]+)([.:])([%w_]+)(%b())"
  if owner then
    return { owner = owner, colon = colon == ":", name = name, parameters = parameters }
  end
  name, parameters = line:match "^%s*local function ([%w_]+)(%b())"
  if name then return { colon = false, name = name, parameters = parameters } end
  owner, name = line:match "^%s*([%w_]+)%.([%w_]+) = "
  if owner then return { owner = owner, colon = false, name = name, value = true } end
end

local function add(found, block, line)
  if annotations.has(block, "class") or annotations.has(block, "alias") then
    local class = table.concat(block, "\n"):match "@%a+ ([%w_.]+)"
    local variable = line:match "^%s*local ([%w_]+) ="
    table.insert(found.classes, { name = class, block = block, owner = variable })
    return
  end
  local defined = definition(line)
  if not defined then return end
  defined.block = block
  table.insert(found.functions, defined)
end

---@param source string
---@return { classes: make.Class[], functions: make.Function[], returned?: string }
function annotations.of(source)
  local found, block = { classes = {}, functions = {} }, {}
  for line in (source .. "\n"):gmatch "([^\n]*)\n" do
    if line:find "^%s*%-%-%-[^%-]" then
      block[#block + 1] = line:match "^%s*(.*)$"
    elseif block[1] then
      add(found, block, line)
      block = {}
    end
  end
  found.returned = source:match "\nreturn ([%w_]+)%s*$"
    or source:match "\nreturn setmetatable%(([%w_]+),"
  return found
end

return annotations
