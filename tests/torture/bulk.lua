-- SIGINT and SIGTERM at 100 moments of runs that disconnect 300 tenants, and kill -9 at 50: status,
-- report and journal must be what the server has done. Exits with 1 where one is not.
--
--   build/xero-run tests/torture/bulk.lua [ROUNDS]

local path = require "pl.path"
package.path = path.abspath(path.dirname(arg[0]) .. "/..") .. "/?.lua;" .. package.path

local interruption = require "support.interruption"
local process = require "support.process"
local temp = require "support.temp"

local rounds = tonumber(arg[1] or 100)

-- A run takes about so long; later moments find it done.
local LONGEST = 0.19

local wrong = 0

local function try(signal)
  local seconds = math.random() * LONGEST
  local ok, result
  if signal == "KILL" then
    ok, result = pcall(interruption.kill, seconds)
  else
    ok, result = pcall(interruption.at, signal, seconds)
  end
  if ok then return result end
  wrong = wrong + 1
  print(("SIG%s after %.4f s: %s"):format(signal, seconds, result))
  return 0
end

local before_end = 0
for round = 1, rounds do
  local done = try(round % 2 == 0 and "INT" or "TERM")
  if done > 0 and done < 300 then before_end = before_end + 1 end
end
local settled = 0
for _ = 1, rounds // 2 do settled = settled + try "KILL" end
process.stop_all()
temp.remove_all()
print(("%d signals, %d of them amid the disconnects; %d kills, %d disconnects settled after them; "
  .. "%d wrong"):format(rounds, before_end, rounds // 2, settled, wrong))
os.exit(wrong == 0 and 0 or 1, true)
