-- Tortures the journal and what depends on it.
--
--   xero-run tests/torture/journal.lua     (make torture-journal)
--
-- Kills a run that disconnects, and one that settles what a kill had left, at every system call
-- from the lock of the run on, and gives the calls that touch files errors. After each, report and
-- journal are the server's record, the next run settles what is unfinished, and the journal's
-- chain is whole.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local cases = require "torture.cases"
local new_job = require "torture.job"
local new_tally = require "torture.tally"
local strace = require "torture.strace"

local KILL = 9 -- signal(7)

local tally = new_tally()

-- The calls that begin where the run of disconnects does.
local function calls_of(job)
  job:set()
  return strace.calls(job:with(), "run.lock")
end

-- A kill in the middle of a run that is known to leave intents without outcomes.
local function leave_unfinished(job, call)
  local result = strace.inject(job:with(), call.name, ("signal=KILL:when=%d"):format(call.n))
  local problem = result.signal ~= KILL and "the kill did not come"
    or job:judge({ out = "", err = "" }, true)
  if problem then error("the scene cannot be set: " .. problem, 0) end
end

local function play(job, unfinished, call, fault, kill)
  job:set()
  if unfinished then leave_unfinished(job, unfinished) end
  local result = strace.inject(job:with(), call.name, fault)
  return job:judge(result, kill or strace.is_mute(call, result)) or job:recover()
end

local function play_all(job, title, calls, unfinished)
  for _, call in ipairs(calls) do
    local fault = ("signal=KILL:when=%d"):format(call.n)
    tally:try(("%s %s: %s"):format(call.name, fault, call.text), play, job, unfinished, call, fault,
      true)
  end
  tally:say("kill -9 at each system call of " .. title)
  for _, call in ipairs(calls) do
    for _, code in ipairs(cases.FILE_ERRORS[call.name] or {}) do
      for _, from_there_on in ipairs { "", "+" } do
        local fault = ("error=%s:when=%d%s"):format(code, call.n, from_there_on)
        tally:try(("%s %s: %s"):format(call.name, fault, call.text), play, job, unfinished, call,
          fault, false)
      end
    end
  end
  tally:say("an error of each call to files in " .. title)
end

-- The last call that sends a DELETE: the intents are written, and not yet all outcomes.
local function last_send(calls)
  for i = #calls, 1, -1 do
    local call = calls[i]
    if call.name == "sendto" and call.text:find("DELETE", 1, true) then return call end
  end
  error "no DELETE was seen"
end

do
  local missing = strace.missing()
  if missing then
    tally:skip("the journal", missing)
  else
    local job <close> = new_job { tenants = 9 }
    local calls = calls_of(job)
    play_all(job, "a run that disconnects", calls)
    local unfinished = last_send(calls)
    job:set()
    leave_unfinished(job, unfinished)
    play_all(job, "a run that settles what a kill has left",
      strace.calls(job:with(), "run.lock"), unfinished)
  end
end
tally:finish()
