-- What lies in the memory of a running program.

local memory = {}

local LARGEST = 1 << 30 -- bytes of one mapping; only a sanitizer's own are larger

--- How often the text lies in the writable memory of a process.
---@param pid integer
---@param text string
---@return integer|nil count nil where that cannot be read
function memory.count(pid, text)
  local file <close> = io.open(("/proc/%d/mem"):format(pid), "rb")
  if not file then return nil end
  local count = 0
  for line in io.lines(("/proc/%d/maps"):format(pid)) do
    local first, last = line:match "^(%x+)%-(%x+) rw"
    local size = first and tonumber(last, 16) - tonumber(first, 16)
    if size and size > LARGEST then return nil end
    if size and file:seek("set", tonumber(first, 16)) then
      local bytes = file:read(size) or ""
      count = count + select(2, bytes:gsub(text:gsub("%p", "%%%0"), ""))
    end
  end
  return count
end

return memory
