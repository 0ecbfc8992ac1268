-- Temporary directories and files, removed at the end of the run. Shared by all specs.

local shell = require "support.shell"

local temp = {}
local made = {}

---@return string  an empty directory of mode 0700, absolute
function temp.directory()
  local name = shell.output { "mktemp", "-d", "-t", "xero-run-test.XXXXXX" }:gsub("\n$", "")
  made[#made + 1] = name
  return name
end

---@param text string
---@param name? string  default "file"
---@return string  the path of a new file that holds the text
function temp.file(text, name)
  local path = temp.directory() .. "/" .. (name or "file")
  temp.write(path, text)
  return path
end

---@param path string
---@param text string
function temp.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

---@param path string
---@return string
function temp.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

function temp.remove_all()
  for i = #made, 1, -1 do
    shell.output { "rm", "-rf", "--", made[i] }
    made[i] = nil
  end
end

return temp
