-- Programs as a user starts them: with an environment of their own, their output in files, a limit
-- of time. `process.run` waits for the end; `process.spawn` gives a process to look at and signal.

local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

local process = {}
local running = {}

-- A sanitized build says by these what it does with its findings.
local KEPT = { "PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS" }

---@class support.Command
---@field [integer] string  the program and its arguments
---@field env? table<string, string>  the whole environment but PATH, HOME and TMPDIR
---@field stdin? string  default: empty
---@field typed? boolean  stdin is what Process:type types, and does not end
---@field cwd? string
---@field timeout? number  seconds, default 30
---@field tty? boolean  on a terminal of its own: stdin, stdout and stderr are one, given in `out`

local function append(words, more)
  return table.move(more, 1, #more, #words + 1, words)
end

-- What `env` needs to give a program this environment, and every signal its default.
local function environment(command, home)
  local words = { "env", "-i", "--default-signal=HUP,INT,QUIT,TERM,PIPE" }
  if command.cwd then
    words[#words + 1] = "--chdir=" .. command.cwd
  end
  for _, name in ipairs(KEPT) do
    local value = os.getenv(name)
    if value then
      words[#words + 1] = name .. "=" .. value
    end
  end
  words[#words + 1] = "HOME=" .. home
  words[#words + 1] = "TMPDIR=" .. home
  if command.tty then
    words[#words + 1] = "TERM=xterm"
  end
  for name, value in pairs(command.env or {}) do
    words[#words + 1] = name .. "=" .. value
  end
  return words
end

-- The words that start `command` with its files in `directory`.
local function prepare(command, directory)
  local words = environment(command, directory)
  if command.tty then
    append(words, { "script", "-q", "-e", "-c", "exec " .. shell.join(command), "/dev/null" })
  else
    append(words, command)
  end
  if command.typed then
    shell.output { "mkfifo", directory .. "/in" }
  else
    temp.write(directory .. "/in", command.stdin or "")
  end
  return words
end

local function redirected(words, directory)
  return ("%s <%s/in >%s/out 2>%s/err"):format(shell.join(words), directory, directory, directory)
end

---@class support.Result
---@field status? integer  exit status
---@field signal? integer  the signal that ended it
---@field out string
---@field err string
---@field seconds number

--- Runs a program to its end. One that is not done in time is an error, with what it had printed.
---@param command support.Command
---@return support.Result
function process.run(command)
  local directory = temp.directory()
  local limit = command.timeout or 30
  local words = { "timeout", "-k", "2", tostring(limit) }
  append(words, prepare(command, directory))
  local started = system.monotime()
  local _, how, code = os.execute("exec " .. redirected(words, directory))
  local result = {
    out = temp.read(directory .. "/out"),
    err = temp.read(directory .. "/err"),
    seconds = system.monotime() - started,
  }
  -- 124 and 137 are timeout's own.
  if how == "exit" and (code == 124 or code == 137) and result.seconds >= limit then
    error(("%s did not end in %s s\nstdout: %s\nstderr: %s"):format(
      shell.join(command), limit, result.out, result.err), 2)
  end
  result[how == "exit" and "status" or "signal"] = code
  return result
end

---@class support.Process
---@field pid integer
local Process = {}
Process.__index = Process

---@return string
function Process:out()
  return temp.read(self.directory .. "/out")
end

---@return string
function Process:err()
  return temp.read(self.directory .. "/err")
end

---@return boolean  whether it has ended
function Process:ended()
  local file = io.open(self.directory .. "/status", "r")
  if file then
    self.status = file:read "n"
    file:close()
  end
  return self.status ~= nil
end

--- Waits until `condition()` gives something, and gives that back; an error when the time is over.
---@param condition fun(): any
---@param what string  for the error
---@param timeout? number  seconds, default 10
function process.await(condition, what, timeout)
  local deadline = system.monotime() + (timeout or 10)
  while true do
    local value = condition()
    if value then
      return value
    elseif system.monotime() > deadline then
      error("waited in vain for " .. what, 2)
    end
    system.sleep(0.01)
  end
end

--- Waits for its end.
---@param timeout? number  seconds, default 10
---@return support.Result  a signal N shows as status 128 + N, as in a shell
function Process:wait(timeout)
  process.await(function() return self:ended() end,
    ("the end of %s\nstdout: %s\nstderr: %s"):format(self.name, self:out(), self:err()), timeout)
  return { status = self.status, out = self:out(), err = self:err() }
end

--- Waits until its output holds the pattern.
---@param pattern string
---@param timeout? number  seconds, default 10
---@return string  the capture, or the match
function Process:expect(pattern, timeout)
  return process.await(function()
    return self:out():match(pattern) or self:ended() and error(("%s ended with %d\n%s%s"):format(
      self.name, self.status, self:out(), self:err()), 0)
  end, ("%q of %s"):format(pattern, self.name), timeout)
end

--- Types on its keyboard.
---@param keys string  "\3" is Ctrl-C, where it runs on a terminal
function Process:type(keys)
  self.keyboard:write(keys)
  self.keyboard:flush()
end

---@param signal? string  default "TERM"
function Process:kill(signal)
  if not self:ended() then
    os.execute(("kill -s %s %d 2>/dev/null"):format(signal or "TERM", self.pid))
  end
end

--- Ends it, by force if need be.
---@return integer status
function Process:stop()
  self:kill "TERM"
  if not pcall(self.wait, self, 5) then
    self:kill "KILL"
    self:wait()
  end
  running[self] = nil
  return self.status
end

--- Starts a program in the background. It is stopped at the end of the run at the latest, and lives
--- for `timeout` (default 120) seconds at most.
---@param command support.Command
---@return support.Process
function process.spawn(command)
  local directory = temp.directory()
  local words = { "timeout", "-k", "2", tostring(command.timeout or 120) }
  -- The inner sh writes its own id and then becomes the program.
  append(words, { "sh", "-c", 'echo $$ >"$1.new" && mv "$1.new" "$1"; shift; exec "$@"', "sh",
    directory .. "/pid" })
  append(words, prepare(command, directory))
  os.execute(("( %s; code=$?; cd %s && echo $code >new && mv new status ) >/dev/null 2>&1 &")
    :format(redirected(words, directory), directory))
  local self = setmetatable({ directory = directory, name = shell.join(command) }, Process)
  if command.typed then
    -- Open for reading, too, it neither waits for a reader nor fails without one.
    self.keyboard = assert(io.open(directory .. "/in", "r+"))
  end
  self.pid = process.await(function()
    local file = io.open(directory .. "/pid", "r")
    local pid = file and file:read "n"
    return file and file:close() and pid
  end, "the start of " .. self.name)
  running[self] = true
  return self
end

function process.stop_all()
  for started in pairs(running) do
    started:stop()
  end
end

return process
