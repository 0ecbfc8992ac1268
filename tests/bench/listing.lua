-- Listing, over TLS and HTTP/2, against a program that asks once and scans the answer for ids.

local cjson = require "cjson"
local nginx = require "support.nginx"
local run = require "support.run"
local tenants = require "support.tenants"

local FORMATS = { "ids", "json", "jsonl", "csv", "table" }

local function programs_for(meter, env)
  local programs = { { meter:tool "bare", env = env } }
  for i, format in ipairs(FORMATS) do
    programs[i + 1] = { run.program(), "list", "--format", format, env = env }
  end
  return programs
end

-- The limits are for the ids alone, which is what the bare program prints, and for the formats that
-- write all there is.
local function listing(meter, count, limit_of_ids, limit)
  print(("list %d connections"):format(count))
  local server <close> = nginx.start { connections = cjson.encode(tenants.make(count)) }
  local programs = programs_for(meter, server.env)
  local _, expected = meter:once(programs[1])
  local _, got = meter:once(programs[2])
  assert(expected == got and #expected == 37 * count, "the two do not list the same")
  local costs = meter:compare(programs)
  local least, most = costs[1], 0
  meter:row("bare libcurl program", least)
  for i, format in ipairs(FORMATS) do
    meter:row("xero-run list --format " .. format, costs[i + 1])
    most = math.max(most, costs[i + 1].rss)
  end
  for i, format in ipairs(FORMATS) do
    meter:judge("CPU, xero-run / bare, " .. format, costs[i + 1].cpu / least.cpu,
      format == "ids" and limit_of_ids or limit)
  end
  meter:judge("memory of xero-run", most, 40, " MiB")
end

return function(meter)
  listing(meter, 25, 1.3, 1.5)
  listing(meter, 10000, 3, 5)
end
