-- One run that goes on and on: each round its access token has expired, so that it is renewed; the
-- tenants are listed and two of them disconnected; and every now and then a request goes wrong. In
-- the end its memory and its descriptors are what they were soon after the start, no login is lost,
-- and the journal is the server's record.
--
--   xero-run tests/torture/endurance.lua [ROUNDS]     (make torture-endurance)

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local new_tally = require "torture.tally"
local people = require "support.person"
local process = require "support.process"
local record = require "support.record"
local run = require "support.run"
local temp = require "support.temp"

local ROUNDS = tonumber(arg[1]) or 10000
local FAULTS_IN = 20 -- one request of so many goes wrong
local MOST_GROWTH = 1024 -- KiB, from the first tenth of the rounds to the end
local WINDOW = 4 -- connections that may be idle at the one time and not at the other

local FAULTS = {
  token = { "reset", "reset,done", "status=500,done", "status=503", "garbage", "truncate=40" },
  list = { "reset", "status=503", "garbage", "truncate=40", "status=429,retry-after=0" },
  delete = { "reset", "reset,done", "status=500", "status=500,done", "status=503,retry-after=0" },
}

local SCRIPT = [[
  local xero = require "xero"
  local rounds, control = tonumber(arg[1]), os.getenv "XERO_API_URL" .. "/sandbox"
  local function sample(round)
    collectgarbage()
    collectgarbage()
    local file <close> = io.open "/proc/self/status"
    local pid = file:read "a":match "Pid:%s*(%d+)"
    local pipe <close> = io.popen("ls /proc/" .. pid .. "/fd | wc -l")
    file:seek "set"
    print(round, file:read "a":match "VmRSS:%s*(%d+)", pipe:read "n")
    io.stdout:flush()
  end
  for round = 1, rounds do
    assert(xero.http.post(control, { advance = 1800, connect = 3 }).status == 200)
    local list = xero.get_connections()
    xero.delete_connections({ list[1], list[2] }, { reason = "endurance" })
    if round == rounds // 10 or round == rounds then sample(round) end
  end
]]

-- Which requests go wrong, and how; the first token is the login's.
local function faults()
  local words = {}
  for op, list in pairs(FAULTS) do
    local number = 1
    while number < 2 * ROUNDS do
      number = number + math.random(2 * FAULTS_IN - 1)
      local fault = ("%s#%d:%s"):format(op, number, list[math.random(#list)])
      table.move({ "--fault", fault }, 1, 2, #words + 1, words)
    end
  end
  return words
end

-- What is wrong with the accounts of the run.
local function judge_accounts(person)
  local server, done, said = record.of(person.sandbox), 0, 0
  for _, of in pairs(server) do done = done + of.times end
  for line in io.lines(person.state .. "/default/journal.jsonl") do
    if line:find('"verdict":"deleted"', 1, true) then said = said + 1 end
  end
  if done ~= 2 * ROUNDS or said ~= done then
    return ("%d disconnects, by the journal %d, by the server %d"):format(2 * ROUNDS, said, done)
  end
  local verified = person:run { "journal", "verify", timeout = 120 }
  return verified.status ~= 0 and verified.err or nil
end

local function judge_login(person)
  local state = person:control()
  if state.refusals > 0 then return "the server was asked with a dead token" end
  local refreshes = state.logins[1].refreshes
  if refreshes < ROUNDS then return ("only %d refreshes"):format(refreshes) end
  local result = person:run { "list" }
  return result.status ~= 0 and result.err or nil
end

local function judge_growth(out)
  local _, memory, descriptors, _, later, more =
    out:match "(%d+)\t(%d+)\t(%d+)\n(%d+)\t(%d+)\t(%d+)\n"
  print(("  memory %s KiB, then %s KiB; descriptors %s, then %s"):format(memory, later, descriptors,
    more))
  if later - memory > MOST_GROWTH then return "its memory grew" end
  if more - descriptors > WINDOW then return "its descriptors grew" end
  return nil
end

local tally = new_tally()
do
  local words = faults()
  words.timeout = 14400
  local person <close> = people.new(words)
  person:control { tenants = 3 }
  person:log_in()
  local result = process.run { run.program(), temp.file(SCRIPT, "endurance.lua"), tostring(ROUNDS),
    env = person.env, timeout = 14000 }
  if result.status ~= 0 then
    tally:try("the run", function() return result.err end)
  else
    tally:try("its growth", judge_growth, result.out)
    tally:try("its login", judge_login, person)
    tally:try("its accounts", judge_accounts, person)
  end
end
tally:say(("%d refreshes and %d disconnects in one run, with faults"):format(ROUNDS, 2 * ROUNDS))
tally:finish()
