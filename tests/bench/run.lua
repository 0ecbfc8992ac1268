-- Compares xero-run with the least that could do the same, all in one run: only ratios of medians
-- of interleaved runs mean something on a machine that others use, too.
--
--   build/xero-run tests/bench/run.lua DIRECTORY [UNIT...]
--
-- DIRECTORY has the bench's own programs, built. Exits with 1 where anything is over its limit.

local path = require "pl.path"
package.path = path.abspath(path.dirname(arg[0]) .. "/..") .. "/?.lua;" .. package.path

local meters = require "bench.meter"
local process = require "support.process"
local temp = require "support.temp"

local ROUNDS = 15
local UNITS = { "startup", "listing", "disconnecting", "planning" }

local meter = meters.new(arg[1], ROUNDS)
for _, unit in ipairs(arg[2] and { table.unpack(arg, 2) } or UNITS) do
  require("bench." .. unit)(meter)
end
process.stop_all()
temp.remove_all()
os.exit(meter.over and 1 or 0, true)
