-- A program in a session of its own, so that it can be ended with all that it has started.

local process = require "support.process"
local shell = require "support.shell"
local system = require "system"

---@class support.Session
---@field main support.Process
local Session = {}
Session.__index = Session

-- The processes of a session.
local function members(id)
  local list = {}
  for pid in shell.output { "ls", "/proc" }:gmatch "%f[%d]%d+%f[^%d]" do
    local file <close> = io.open(("/proc/%s/stat"):format(pid), "r")
    local text = file and file:read "a"
    -- The name of the program, in parentheses, may hold anything.
    local state, of = (text or ""):match "%) (%a) %d+ %d+ (%d+) [^)]*$"
    if tonumber(of) == id and state ~= "Z" then list[#list + 1] = pid end
  end
  return list
end

---@param command support.Command
---@return support.Session
local function start(command)
  local words = table.move(command, 1, #command, 2, { "setsid" })
  words.timeout, words.env = command.timeout, command.env
  return setmetatable({ main = process.spawn(words) }, Session)
end

---@return boolean
function Session:ended()
  local has_ended = self.main:ended()
  self.status = self.main.status
  return has_ended
end

---@return string
function Session:out() return self.main:out() end

---@return string
function Session:err() return self.main:err() end

--- Ends all of it, and waits until it is gone.
function Session:kill()
  for _ = 1, 20 do
    local left = members(self.main.pid)
    if not left[1] then return end
    os.execute("kill -KILL " .. table.concat(left, " ") .. " 2>/dev/null")
    system.sleep(0.1)
  end
end

return { start = start }
