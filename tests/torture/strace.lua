-- System calls of a program, and what can be done to one of them.

local process = require "support.process"
local shell = require "support.shell"
local temp = require "support.temp"

local strace = {}

--- Why strace cannot be used here, or nil.
---@return string|nil
function strace.missing()
  if not shell.has "strace" then return "strace is not installed" end
  if not os.execute "strace -o /dev/null true 2>/dev/null" then
    return "strace may not trace here"
  end
  return nil
end

local function traced(options, command)
  local words = { "strace", "-f" }
  table.move(options, 1, #options, #words + 1, words)
  table.move(command, 1, #command, #words + 1, words)
  words.timeout = 150 -- a silent database is given up after 30 s, at each of a few statements
  words.env = {
    ASAN_OPTIONS = "detect_leaks=0", -- LeakSanitizer refuses to work while traced
    -- What gcov counts meets the faults, too: a read of its files that fails would begin them anew.
    GCOV_PREFIX = temp.directory(),
  }
  for name, value in pairs(command.env or {}) do words.env[name] = value end
  return process.run(words)
end

---@class torture.Call
---@field name string
---@field n integer  the how-manieth of that name it is, from the program's start
---@field text string  the line of the trace

--- What a program calls from the first line that holds `mark` to its end.
---@param command support.Command
---@param mark string
---@param status? integer  that it ends with, default 0
---@return torture.Call[]
function strace.calls(command, mark, status)
  local file = temp.directory() .. "/trace"
  local result = traced({ "-o", file }, command)
  assert(result.status == (status or 0), result.err)
  local counts, calls, inside = {}, {}, false
  for line in io.lines(file) do
    local name = line:match "^%d+%s+([%w_]+)%("
    if name then
      counts[name] = (counts[name] or 0) + 1
      inside = inside or name ~= "execve" and line:find(mark, 1, true) ~= nil
      if inside then
        calls[#calls + 1] = { name = name, n = counts[name], text = line }
      end
    end
  end
  return calls
end

--- Runs a program while something happens to the calls of one name.
---@param command support.Command
---@param name string  of the system call
---@param fault string  as strace's --inject takes it, such as "error=EIO:when=3+"
---@return support.Result
function strace.inject(command, name, fault)
  local options = { "-o", "/dev/null", "-e", "trace=" .. name,
    "-e", ("inject=%s:%s"):format(name, fault) }
  -- Much faster, but where the kernel's filter stops a program it takes no signal.
  if not fault:find("signal=", 1, true) then table.insert(options, "--seccomp-bpf") end
  return traced(options, command)
end

--- Whether standard error failed, too: then there is nobody left to tell, or not all of it.
---@param call table the call that a fault was injected into
---@param result support.Result
---@return boolean
function strace.is_mute(call, result)
  return call.name == "write"
    and (call.text:find("write(2,", 1, true) ~= nil or not result.err:find "\n$")
end

return strace
