-- Tortures the store of logins.
--
--   xero-run tests/torture/store.lua                (make torture-store)
--   xero-run tests/torture/store.lua postgresql     (make torture-postgres)
--
-- Kills a refresh, and the recovery from one, at every system call; gives their calls errors;
-- starts many at once. In PostgreSQL it is the calls that speak to the server. No login is lost, no
-- file torn, nothing silent.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local cases = require "torture.cases"
local new_bench = require "torture.bench"
local new_tally = require "torture.tally"
local place = require "support.place"
local postgres = require "support.postgres"
local strace = require "torture.strace"

local MANY, ROUNDS = 50, 100

local where = arg[1] == "postgresql" and ", in PostgreSQL" or ""
local tally = new_tally()

local function play_all(bench, title, list)
  for _, case in ipairs(list) do
    tally:try(cases.describe(case), cases.play, bench, case)
  end
  tally:say(title .. where)
end

local function race(bench, grace)
  bench:set { grace = grace }
  return bench:race(MANY)
end

local function main()
  local missing = strace.missing()
  local server <close> = where ~= "" and postgres.start() or nil
  local bench <close> = new_bench(nil, server and place.of(server:database()))
  for _, scene in ipairs(missing and {} or { "refresh", "recovery" }) do
    local kills, errors = cases.all(bench, scene)
    play_all(bench, "kill -9 at each system call of a " .. scene, kills)
    play_all(bench, "an error of each call of a " .. scene, errors)
  end
  if missing then tally:skip("kills and errors of the store" .. where, missing) end
  for _, grace in ipairs { 1800, 0 } do
    for round = 1, ROUNDS do
      tally:try(("round %d, grace %d s"):format(round, grace), race, bench, grace)
    end
    tally:say(("%d at once with one expired token, with a grace of %d s%s"):format(MANY, grace,
      where))
  end
end

main()
tally:finish()
