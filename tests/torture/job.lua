-- The whole job, for what is done to it: a person's login, whose access token has expired, is
-- renewed, the tenants are listed and three of them disconnected, with a journal. What must hold
-- after whatever was done to it is said here: the login is whole and the server's current one, and
-- report and journal are the server's own record.

local cjson = require "cjson"
local journal_reader = require "xero.journal_reader"
local native = require "xero.native"
local people = require "support.person"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local TENANTS = 6 -- what one run disconnects, and the next
local MOST_STATUS = 9
local LONGEST_JOURNAL = 1 << 16

local SCRIPT = [[
  local xero = require "xero"
  local list = xero.get_connections()
  local some = table.move(list, 1, 3, 1, {})
  for _, outcome in ipairs(xero.delete_connections(some, { reason = "torture" })) do
    print(outcome.connection.id, outcome.status)
  end
]]

---@class torture.Job
---@field person support.Person
local Job = {}
Job.__index = Job

-- What is new in the server's log: tokens asked for and refused, DELETEs that were carried out.
local function read_log(self)
  local seen = { asked = 0, refused = 0, done = {} }
  for line in self.log:lines() do
    local request = cjson.decode(line)
    if request.op == "token" then
      seen.asked = seen.asked + 1
      if request.status == 400 then seen.refused = seen.refused + 1 end
    elseif request.op == "delete" and request.done then
      local id = request.path:match "[^/]+$"
      seen.done[id] = (seen.done[id] or 0) + 1
    end
  end
  return seen
end

-- The verdicts of the journal since it was last read, by id; or what is wrong with it.
local function read_journal(self)
  local file <close> = io.open(self.profile .. "/journal.jsonl", "r")
  if not file then return {} end
  local check = journal_reader.verify(file:lines "L", native)
  if check.message and check.message ~= "is cut short" then
    return nil, ("line %d of the journal %s"):format(check.line, check.message)
  end
  file:seek("set", self.journal_read or 0)
  local verdicts = {}
  for line in file:lines "L" do
    local whole, entry = pcall(cjson.decode, line)
    if whole and line:sub(-1) == "\n" then
      self.journal_read = file:seek()
      if entry.event == "intent" then
        verdicts[entry.connection] = "unfinished"
      elseif entry.verdict then
        verdicts[entry.connection] = entry.verdict
      end
    end
  end
  return verdicts
end

local function stored(self)
  local exists, text = pcall(temp.read, self.file)
  if not exists then return nil, "the file of the login is gone" end
  local whole, login = pcall(cjson.decode, text)
  if not whole or not login.refresh_token then return nil, "the file of the login is torn" end
  return login
end

local function current_token(self)
  local logins = self.person:control().logins
  return logins[#logins].refresh_token
end

-- A journal that is read after each case must not grow with their number.
local function renew_journal(self)
  local file <close> = io.open(self.profile .. "/journal.jsonl", "r")
  if not file or file:seek "end" < LONGEST_JOURNAL then return end
  assert(os.remove(self.profile .. "/journal.jsonl"))
  self.journal_read = 0
end

--- Sets the scene: an access token that has expired, and some tenants.
function Job:set()
  local login = stored(self)
  if not login or login.dead_since then
    self.person:log_in()
    login = stored(self)
  end
  self.person:control { connect = self.tenants }
  local now = native.now()
  login.obtained_at, login.expires_at = now - 1900, now - 100
  temp.write(self.file, cjson.encode(login))
  read_log(self)
  assert(read_journal(self))
  renew_journal(self)
  self.unsettled = {}
end

--- The person runs the program with these words.
---@return support.Command
function Job:command(...)
  local words = { self.program, "--lock-timeout", "2s", "--timeout", self.timeout, ... }
  words.env = self.person.env
  return words
end

--- The job's command, with more in its environment.
---@param more? table<string, string|false>
---@return support.Command
function Job:with(more)
  local command, env = self:command(self.script), {}
  for _, from in ipairs { self.person.env, more or {} } do
    for name, value in pairs(from) do env[name] = value or nil end
  end
  command.env = env
  return command
end

-- Whether a verdict, of report or journal, is what the server did.
local function is_true(verdict, done)
  if verdict == "deleted" then return done == 1 end
  if verdict == "unknown" or verdict == "unfinished" then return true end
  return done == 0
end

-- What is wrong with the accounts of a run; `said` is its report, empty where it failed.
local function judge_accounts(self, said, seen, settled)
  local verdicts, problem = read_journal(self)
  if not verdicts then return problem end
  for id, count in pairs(seen.done) do
    local done = (self.unsettled[id] or 0) + count
    if done > 1 then return ("%s was disconnected %d times"):format(id, done) end
    if not verdicts[id] then
      if not self.unsettled[id] then return id .. " is not in the journal" end
      self.unsettled[id] = done -- sent before the kill and carried out after it
    end
  end
  for id, verdict in pairs(verdicts) do
    local done = (seen.done[id] or 0) + (self.unsettled[id] or 0)
    if not is_true(verdict, done) then
      return ("journal: %s %s, server: %d times"):format(id, verdict, done)
    elseif settled and verdict == "unfinished" then
      return id .. " is unfinished after the next run"
    end
    self.unsettled[id] = verdict == "unfinished" and done or nil
  end
  for id, verdict in said:gmatch "(%x[%x-]+)\t(%l+)" do
    if not is_true(verdict, seen.done[id] or 0) then
      return ("report: %s %s, server: %d times"):format(id, verdict, seen.done[id] or 0)
    end
  end
  return nil
end

--- What is wrong with a run that something was done to; nil where nothing is.
---@param result support.Result
---@param killed? boolean  what was done was to end it
---@return string|nil
function Job:judge(result, killed)
  local login, problem = stored(self)
  if not login then return problem end
  local modes = shell.output { "find", self.profile, "-type", "f", "!", "-perm", "600" }
  if modes ~= "" then return "others may read " .. modes end
  problem = judge_accounts(self, result.out, read_log(self), false)
  if problem then return problem .. "\nstderr: " .. result.err end
  if killed then return nil end
  if result.signal then return ("ended by signal %d: %s"):format(result.signal, result.err) end
  if result.status > MOST_STATUS then
    return ("status %d: %s"):format(result.status, result.err)
  elseif result.status ~= 0 and not result.err:find "xero%-run: [^\n]+\n" then
    return ("status %d without a line that says why: %s"):format(result.status, result.err)
  end
  return nil
end

--- Runs a command undisturbed; what is wrong with that, and what it printed.
---@param command support.Command
---@return string|nil problem
---@return string printed
function Job:run_well(command)
  local result = process.run(command)
  if result.status ~= 0 then
    return ("the next run ended with %s: %s"):format(result.status, result.err), result.out
  end
  local seen = read_log(self)
  if seen.refused > 0 then return "the server was asked with a dead token", result.out end
  return judge_accounts(self, result.out, seen, true), result.out
end

--- Runs the job once more, undisturbed; what is wrong with that.
---@return string|nil
function Job:recover()
  local problem, printed = self:run_well(self:with())
  if problem then return problem end
  if select(2, printed:gsub("\tdeleted\n", "")) ~= 3 then
    return "the next run did not disconnect three: " .. printed
  end
  local login = stored(self)
  if login.refresh_started_at or login.refresh_token ~= current_token(self) then
    return "the file does not hold the server's current token"
  end
  return nil
end

--- Plays a case: the job with this environment, then the job again.
---@param more table<string, string|false>
---@return string|nil  what is wrong
function Job:play(more)
  self:set()
  return self:judge(process.run(self:with(more))) or self:recover()
end

---@param options? { sandbox?: support.Command, program?: string, timeout?: string,
---  tenants?: integer|string[] }  how many are connected for each case, or their names
---@return torture.Job
local function new(options)
  options = options or {}
  local words = options.sandbox or {}
  words.timeout = 14400
  local person = people.new(words)
  local profile = person.state .. "/default"
  return setmetatable({
    person = person, profile = profile, file = profile .. "/token.json",
    script = temp.file(SCRIPT, "job.lua"), program = options.program or run.program(),
    timeout = options.timeout or "20s", tenants = options.tenants or TENANTS,
    log = io.open(person.sandbox.log_file, "r"),
  }, Job)
end

function Job:stop()
  self.log:close()
  self.person.sandbox:stop()
end

Job.__close = Job.stop

return new
