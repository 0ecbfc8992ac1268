-- A file that a person names, read or written as a whole.

local usage = require("xero.raise").usage

local named_file = {}

---The text of a file. Raises kind "usage" where it cannot be read, as a directory cannot.
---@param path string
---@return string
function named_file.read(path)
  local file <close>, message = io.open(path, "rb")
  if not file then usage("cannot read " .. message) end
  local text, why = file:read "a"
  return text or usage(("cannot read %s: %s"):format(path, why))
end

---Writes a file. Raises kind "usage" where there can be none.
---@param path string
---@param text string
function named_file.write(path, text)
  local file, message = io.open(path, "wb")
  if not file then usage("cannot write " .. message) end
  assert(file:write(text))
  assert(file:close())
end

return named_file
