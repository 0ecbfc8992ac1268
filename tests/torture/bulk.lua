-- Ends runs that disconnect 300 tenants by SIGINT, SIGTERM and kill -9, at moments of chance.
--
--   xero-run tests/torture/bulk.lua       (make torture-bulk)
--
-- Status, report and journal are what the server has done.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local interruption = require "support.interruption"
local new_tally = require "torture.tally"

local ROUNDS = 100

-- A run takes about so long; later moments find it done.
local LONGEST = 0.19

local tally = new_tally()

local function try_all(title, rounds, play)
  for _ = 1, rounds do
    local seconds = math.random() * LONGEST
    tally:try(("after %.4f s"):format(seconds), function() play(seconds) end)
  end
  tally:say(title)
end

for _, signal in ipairs { "INT", "TERM" } do
  try_all(("SIG%s amid a run that disconnects"):format(signal), ROUNDS // 2, function(seconds)
    interruption.at(signal, seconds)
  end)
end
try_all("kill -9 amid a run that disconnects, and the next run", ROUNDS // 2, interruption.kill)
tally:finish()
