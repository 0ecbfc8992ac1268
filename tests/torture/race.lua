-- Many runs at once on one profile: on its journal, at its locks, and behind a holder of a lock
-- that was stopped.
--
--   xero-run tests/torture/race.lua     (make torture-race)
--
-- Those that wait long enough have their turn, one by one, and the journal is the server's record.
-- Those that do not end with status 7, once their time is over.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local new_tally = require "torture.tally"
local people = require "support.person"
local place = require "support.place"
local process = require "support.process"
local record = require "support.record"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

local ROUNDS, MANY, PATIENCE = 20, 50, 1
local BUSY = 7
local SLACK = 20 -- seconds that a busy machine may take to start fifty programs

local tally = new_tally()

-- Starts a program for each of the lists of words at once, and waits for all.
---@return { status: integer, err: string }[]
local function all_at_once(env, lists)
  local directory, lines = temp.directory(), {}
  for i, words in ipairs(lists) do
    lines[i] = ("( %s >out.%d 2>err.%d; echo $? >status.%d ) &"):format(
      shell.join { run.program(), table.unpack(words) }, i, i, i)
  end
  lines[#lines + 1] = "wait"
  local script = temp.file(table.concat(lines, "\n"))
  process.run { "sh", script, env = env, cwd = directory, timeout = 120 }
  local results = {}
  for i in ipairs(lists) do
    results[i] = {
      status = tonumber(temp.read(("%s/status.%d"):format(directory, i))),
      err = temp.read(("%s/err.%d"):format(directory, i)),
    }
  end
  return results
end

local function repeated(count, words)
  local lists = {}
  for i = 1, count do lists[i] = words end
  return lists
end

-- Whether all ended as busy ones do, in their time.
local function judge_busy(results, seconds)
  for _, result in ipairs(results) do
    if result.status ~= BUSY or not result.err:find "^xero%-run: [^\n]+\n" then
      return ("status %d: %s"):format(result.status, result.err)
    end
  end
  if seconds < PATIENCE or seconds > PATIENCE + SLACK then
    return ("they ended after %.1f s"):format(seconds)
  end
  return nil
end

local function busy(env, words)
  local started = system.monotime()
  local results = all_at_once(env, repeated(MANY, words))
  return judge_busy(results, system.monotime() - started)
end

-- Fifty at once disconnect a tenant each.
local function one_journal()
  local world <close> = sandbox.start { "--connections", tostring(MANY) }
  local state, lists = temp.directory(), {}
  local env = world:with { XERO_RUN_STATE = state }
  for id in pairs(record.listed(world)) do
    lists[#lists + 1] = { "--lock-timeout", "100s", "disconnect", "-y", id }
  end
  for _, result in ipairs(all_at_once(env, lists)) do
    if result.status ~= 0 then return ("status %d: %s"):format(result.status, result.err) end
  end
  local server, journal = record.of(world), record.journal(place.new(state))
  for _, words in ipairs(lists) do
    local id = words[#words]
    local of = server[id]
    if not of.done or of.requests ~= 1 then return id .. " was not disconnected once" end
    if journal[id].verdict ~= "deleted" then return id .. " is not so in the journal" end
  end
  local verified = run { "journal", "verify", env = env }
  return verified.status ~= 0 and verified.err or nil
end

local HOLD = [[
  local xero = require "xero"
  xero.delete_connection(xero.get_connections()[1])
  io.stdout:write "held\n"
  io.stdout:flush()
  require "xero.native".sleep(60)
]]

-- A run has the lock of its profile and is stopped; then it goes on.
local function stopped_run()
  local world <close> = sandbox.start { "--connections", "60" }
  local env = world:with { XERO_RUN_STATE = temp.directory() }
  local holder = run.spawn { temp.file(HOLD, "hold.lua"), env = env }
  holder:expect "held"
  holder:kill "STOP"
  local id = next(record.listed(world))
  local words = { "disconnect", "-y", id }
  local patient = { "--lock-timeout", PATIENCE .. "s", table.unpack(words) }
  local problem = busy(env, patient)
  holder:kill "CONT"
  holder:kill "INT"
  local status = holder:wait().status
  if problem then return problem end
  if status ~= 130 then return ("the holder ended with %d"):format(status) end
  local result = run { "disconnect", "-y", id, env = env }
  return result.status ~= 0 and result.err or nil
end

-- A refresh is under way and is stopped; then it goes on.
local function stopped_refresh(person)
  person:control { advance = 1800 }
  local file = person.state .. "/default/token.json"
  temp.write(file, (temp.read(file):gsub('"expires_at":[%d.]+', '"expires_at":1000')
    :gsub('"obtained_at":[%d.]+', '"obtained_at":900')))
  local asked = person:control().requests.token
  local holder = run.spawn { "list", "-f", "ids", env = person.env }
  process.await(function() return person:control().requests.token > asked end, "a refresh")
  holder:kill "STOP"
  local problem = busy(person.env, { "--lock-timeout", PATIENCE .. "s", "list", "-f", "ids" })
  holder:kill "CONT"
  local result = holder:wait()
  if problem then return problem end
  if result.status ~= 0 then return "the holder failed: " .. result.err end
  if person:control().requests.token ~= asked + 1 then return "it was asked more than once" end
  result = run { "list", "-f", "ids", env = person.env }
  return result.status ~= 0 and result.err or nil
end

for round = 1, ROUNDS do tally:try("round " .. round, one_journal) end
tally:say(("%d at once disconnect a tenant each"):format(MANY))
for round = 1, ROUNDS do tally:try("round " .. round, stopped_run) end
tally:say(("%d at once behind a stopped run that disconnects"):format(MANY))
do
  local person <close> = people.new { "--fault", "token#2-*:latency=1000", timeout = 7200 }
  person:log_in()
  for round = 1, ROUNDS do tally:try("round " .. round, stopped_refresh, person) end
end
tally:say(("%d at once behind a stopped refresh"):format(MANY))
tally:finish()
