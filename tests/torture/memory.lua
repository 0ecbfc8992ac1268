-- Lets the allocations of the whole job over TLS fail: Lua's, ours and those of the libraries, each
-- one once, and all from that one on.
--
--   xero-run tests/torture/memory.lua FAILING.so PROGRAM           (make torture-memory)
--   xero-run tests/torture/memory.lua FAILING.so PROGRAM leaks     (make torture-leaks)
--
-- PROGRAM gives each block of Lua an allocation of its own; for leaks it is one that looks for them
-- at its end. No crash, a line and a documented status each time, and nothing lost.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local new_job = require "torture.job"
local new_tally = require "torture.tally"
local process = require "support.process"
local temp = require "support.temp"

local failing, program = assert(arg[1]), assert(arg[2])
local suffix = arg[3] and ", and nothing leaks" or ""
local tally = new_tally()

-- How many allocations the job makes.
local function count(job)
  local file = temp.directory() .. "/count"
  job:set()
  local result = process.run(job:with { LD_PRELOAD = failing, FAILING_COUNT = file })
  assert(result.status == 0, result.err)
  return tonumber(temp.read(file))
end

do
  local job <close> = new_job { sandbox = { "--https" }, program = program }
  local allocations = count(job)
  local function fail(title, which)
    for n = 1, allocations do
      local at = which:format(n)
      tally:try("FAILING_AT=" .. at, job.play, job, { LD_PRELOAD = failing, FAILING_AT = at })
    end
    tally:say(title .. suffix)
  end
  fail("an allocation of the whole job over TLS fails", "%d")
  fail("an allocation of the whole job over TLS fails, and all after it", "%d+")
end
tally:finish()
