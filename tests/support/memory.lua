-- What lies in the memory of a running program.

local run = require "support.run"
local temp = require "support.temp"

local memory = {}

-- Uses a client, and keeps it or drops it.
local PROGRAM = [[
  do
    local client = require "xero".client {}
    local list = client:get_connections()
    if arg[2] == "disconnect" then client:delete_connections(list) end
    if arg[1] == "keep" then kept = client end -- luacheck: ignore
  end
  collectgarbage()
  collectgarbage()
  print "ready"
  io.stdout:flush()
  require "xero.native".sleep(30)
]]

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

--- How often each text lies in a program that has listed the tenants, by its key.
---@param words string[]  "keep" or "drop" its client; and "disconnect", to disconnect them all
---@param env table<string, string>
---@param texts fun(): table<any, string>  is asked when the program is done
---@return table<any, integer>  empty where memory cannot be read
function memory.copies(words, env, texts)
  local program = run.spawn { temp.file(PROGRAM, "program.lua"), words[1], words[2], env = env }
  program:expect "ready"
  local found = {}
  for key, text in pairs(texts()) do found[key] = memory.count(program.pid, text) end
  program:stop()
  return found
end

return memory
