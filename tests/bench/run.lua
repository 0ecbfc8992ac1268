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

local function listing(count, limit)
  print(("list %d connections over TLS, HTTP/2"):format(count))
  local server <close> = nginx.start { connections = cjson.encode(tenants.make(count)) }
  local ids = { xero_run, "list", "--format", "ids" }
  local json = { xero_run, "list", "--format", "json" }
  local _, expected = once({ bare }, server.env)
  local _, got = once(ids, server.env)
  assert(expected == got and #expected == 37 * count, "the two do not list the same")
  local least, ours, as_json = table.unpack(compare({ { bare }, ids, json }, server.env))
  row("bare libcurl program", least)
  row("xero-run list --format ids", ours)
  row("xero-run list --format json", as_json)
  judge("CPU, xero-run / bare", ours.cpu / least.cpu, limit, "")
  judge("memory of xero-run", math.max(ours.rss, as_json.rss), 40, " MiB")
end

startup()
listing(25, 1.3)
listing(10000, 3)
process.stop_all()
temp.remove_all()
os.exit(over and 1 or 0, true)
