-- Tortures the store of logins.
--
--   xero-run tests/torture/store.lua [EVERY]              (make torture-store)
--   xero-run tests/torture/store.lua EVERY postgresql     (make torture-postgres)
--
-- Kills a refresh, and the recovery from one, at every system call; gives their calls errors;
-- starts many at once. With EVERY, only each EVERYth case. In PostgreSQL it is the calls that speak
-- to the server. Prints the counts; ends with 1 where any
-- case fell short: no login lost, no file torn, nothing silent.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local cases = require "torture.cases"
local new_bench = require "torture.bench"
local place = require "support.place"
local postgres = require "support.postgres"
local process = require "support.process"
local strace = require "torture.strace"
local temp = require "support.temp"

local every = tonumber(arg[1]) or 1
local failures = 0

local function fail(what, problem)
  failures = failures + 1
  print(("  FAILED  %s\n          %s"):format(what, problem))
end

local function play_all(bench, title, list)
  local played = 0
  for i = 1, #list, every do
    local problem = cases.play(bench, list[i])
    if problem then fail(cases.describe(list[i]), problem) end
    played = played + 1
  end
  print(("%s: %d of %d cases, %d failures so far"):format(title, played, #list, failures))
end

local function race_all(bench, rounds, count)
  for _, grace in ipairs { 1800, 0 } do
    for round = 1, rounds do
      bench:set { grace = grace }
      local problem = bench:race(count)
      if problem then
        fail(("%d at once, grace %d, round %d"):format(count, grace, round), problem)
      end
    end
    print(("%d at once: %d rounds with a grace of %d s, %d failures so far"):format(count, rounds,
      grace, failures))
  end
end

local function main()
  local missing = strace.missing()
  local server <close> = arg[2] == "postgresql" and postgres.start() or nil
  local bench <close> = new_bench(nil, server and place.of(server:database()))
  if missing then
    fail("strace", missing)
  else
    for _, scene in ipairs { "refresh", "recovery" } do
      local kills, errors = cases.all(bench, scene)
      play_all(bench, "kill -9 during a " .. scene, kills)
      play_all(bench, "errors during a " .. scene, errors)
    end
  end
  race_all(bench, math.max(20 // every, 1), 50)
end

main()
process.stop_all()
temp.remove_all()
print(failures == 0 and "no login was lost" or failures .. " cases fell short")
os.exit(failures == 0 and 0 or 1, true)
