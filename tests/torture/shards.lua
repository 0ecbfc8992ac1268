-- Runs a torture in several processes, each with its share of the cases, and adds up their counts:
-- most cases wait more than they work.
--
--   xero-run tests/torture/shards.lua COUNT PROGRAM.lua [ARGS...]
--
-- With EVERY=N in the environment only each Nth case is played, from one of chance on.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

local LIMIT = 6 * 3600

local count = assert(math.tointeger(tonumber(arg[1])), "how many processes?")
local every = tonumber(os.getenv "EVERY") or 1
local first = math.random(every)

local function start(number)
  local words = table.move(arg, 2, #arg, 2, { run.program() })
  words.timeout = LIMIT
  words.env = {
    TORTURE_EVERY = every * count,
    TORTURE_FIRST = first + every * number,
    TORTURE_ONLY = os.getenv "ONLY",
    TMPDIR = os.getenv "TMPDIR" or "/tmp", -- where another user, as PostgreSQL's, may pass
    LSAN_OPTIONS = os.getenv "LSAN_OPTIONS",
  }
  return process.spawn(words)
end

-- Adds the counts of a shard to those of the others, by their titles; prints everything else.
local function take(line, titles)
  local title, played, of, short, seconds =
    line:match "^= (.*): (%d+) of (%d+) cases, (%d+) fell short, (%d+) s$"
  if not title then return print(line) end
  local sum = titles[title]
  if not sum then
    sum = { played = 0, short = 0, seconds = 0, listed = {} }
    titles[title], titles[#titles + 1] = sum, title
  end
  sum.played, sum.short = sum.played + played, sum.short + short
  sum.seconds = math.max(sum.seconds, tonumber(seconds))
  table.insert(sum.listed, tonumber(of))
end

-- How many cases there are. Each shard has listed them for itself, and a system call more or less
-- is a matter of timing.
local function cases_of(sum)
  if every == 1 and not os.getenv "ONLY" then return sum.played end
  local total = 0
  for _, of in ipairs(sum.listed) do total = total + of end
  return total // #sum.listed
end

local function main()
  local shards, titles, status = {}, {}, 0
  for number = 1, count do shards[number] = start(number) end
  for _, shard in ipairs(shards) do
    local result = shard:wait(LIMIT)
    for line in (result.out .. result.err):gmatch "[^\n]+" do take(line, titles) end
    status = math.max(status, result.status)
  end
  for _, title in ipairs(titles) do
    local sum = titles[title]
    print(("= %s: %d of %d cases, %d fell short, %d s"):format(title, sum.played, cases_of(sum),
      sum.short, sum.seconds))
  end
  return status
end

local status = main()
process.stop_all()
temp.remove_all()
os.exit(status, true)
