-- Files that are read whole, and templates in which @NAME@ stands for something that is made.

local template = {}

---@param path string
---@return string
function template.read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

---Writes a template to standard output, with its names replaced.
---@param path string
---@param parts table<string, fun(): string> by name
function template.write(path, parts)
  io.write((template.read(path):gsub("@(%u+)@", function(name)
    return assert(parts[name], name)()
  end)))
end

return template
