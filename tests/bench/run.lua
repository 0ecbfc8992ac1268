-- Compares xero-run with the least that could do the same, in one run, so that the ratios mean
-- something on any machine: CPU time, wall time and peak memory, medians of interleaved runs.
--
--   build/xero-run tests/bench/run.lua MEASURE BARE [ROUNDS]
--
-- Exits with 1 where a ratio is over its limit.

local path = require "pl.path"
package.path = path.abspath(path.dirname(arg[0]) .. "/..") .. "/?.lua;" .. package.path

local cjson = require "cjson"
local nginx = require "support.nginx"
local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"
local tenants = require "support.tenants"

local measure, bare, rounds = path.abspath(arg[1]), path.abspath(arg[2]), tonumber(arg[3] or 15)
local xero_run = run.program()

local function median(numbers)
  table.sort(numbers)
  return numbers[(#numbers + 1) // 2]
end

local function once(program, env)
  local command = table.move(program, 1, #program, 2, { measure, env = env })
  local result = process.run(command)
  assert(result.status == 0, result.err)
  local cpu, wall, rss = result.err:match "cpu_us=(%d+) wall_us=(%d+) rss_kib=(%d+)"
  return { cpu = cpu / 1000, wall = wall / 1000, rss = rss / 1024 }, result.out
end

-- Medians of each program, in the order given. The runs take turns; the first round warms up.
local function compare(programs, env)
  local samples = {}
  for i in ipairs(programs) do
    samples[i] = { cpu = {}, wall = {}, rss = {} }
  end
  for round = 0, rounds do
    for i, program in ipairs(programs) do
      local cost = once(program, env)
      if round > 0 then
        for key, list in pairs(samples[i]) do
          list[round] = cost[key]
        end
      end
    end
  end
  for _, sample in ipairs(samples) do
    for key, list in pairs(sample) do
      sample[key] = median(list)
    end
  end
  return samples
end

local over = false

local function row(title, cost)
  print(("  %-34s %7.1f ms CPU %7.1f ms wall %6.1f MiB"):format(
    title, cost.cpu, cost.wall, cost.rss))
end

local function judge(title, value, limit, unit)
  local ok = value <= limit
  over = over or not ok
  print(("  %-34s %7.2f%s, limit %.1f%s: %s"):format(title, value, unit, limit, unit,
    ok and "ok" or "OVER"))
end

local function startup()
  print "startup"
  local curl, ours = table.unpack(compare { { "curl", "--version" }, { xero_run, "-e", "" } })
  row("curl --version", curl)
  row("xero-run -e ''", ours)
  judge("CPU, xero-run / curl", ours.cpu / curl.cpu, 1.5, "")
end

-- The formats: those that the limit judges, and those that are shown.
local FORMATS = { "ids", "json", "jsonl", "csv", "table" }
local JUDGED = { ids = true }

local function listing(count, limit)
  print(("list %d connections over TLS, HTTP/2"):format(count))
  local server <close> = nginx.start { connections = cjson.encode(tenants.make(count)) }
  local programs = { { bare } }
  for i, format in ipairs(FORMATS) do
    programs[i + 1] = { xero_run, "list", "--format", format }
  end
  local _, expected = once(programs[1], server.env)
  local _, got = once(programs[2], server.env)
  assert(expected == got and #expected == 37 * count, "the two do not list the same")
  local costs = compare(programs, server.env)
  local least, most = costs[1], 0
  row("bare libcurl program", least)
  for i, format in ipairs(FORMATS) do
    row("xero-run list --format " .. format, costs[i + 1])
    most = math.max(most, costs[i + 1].rss)
  end
  for i, format in ipairs(FORMATS) do
    local title, ratio = "CPU, xero-run / bare, " .. format, costs[i + 1].cpu / least.cpu
    if JUDGED[format] then
      judge(title, ratio, limit, "")
    else
      print(("  %-34s %7.2f"):format(title, ratio))
    end
  end
  judge("memory of xero-run", most, 40, " MiB")
end

startup()
listing(25, 1.3)
listing(10000, 3)
process.stop_all()
temp.remove_all()
os.exit(over and 1 or 0, true)
