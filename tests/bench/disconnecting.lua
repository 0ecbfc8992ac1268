-- Disconnecting many, over TLS and HTTP/2, against a program that keeps no journal and no account;
-- and beside what people write with other clients.

local cjson = require "cjson"
local nginx = require "support.nginx"
local others = require "bench.others"
local run = require "support.run"
local temp = require "support.temp"
local tenants = require "support.tenants"

-- As a user writes it.
local SCRIPT = [[
  local xero = require "xero"
  local every, concurrency = tonumber(arg[1]), tonumber(arg[2])
  local chosen = {}
  for i, connection in ipairs(xero.get_connections()) do
    if i % every == 0 then chosen[#chosen + 1] = connection end
  end
  local options = { reason = "bench", concurrency = concurrency }
  for _, outcome in ipairs(xero.delete_connections(chosen, options)) do
    assert(outcome.status == "deleted", outcome.error)
  end
]]

-- Without a latency it answers at once.
local function serve(count, latency)
  return nginx.start {
    connections = cjson.encode(tenants.make(count)), latency = latency > 0 and latency or nil,
  }
end

-- All clients take how many to disconnect, as every so many-th, and how many at a time. A journal
-- goes on from run to run, as in daily use.
local function client(server, words, every, concurrency)
  local command = table.move(words, 1, #words, 1, { timeout = 120 })
  table.move({ tostring(every), tostring(concurrency) }, 1, 2, #command + 1, command)
  command.env = { XERO_RUN_STATE = temp.directory(), NODE_EXTRA_CA_CERTS = server.ca }
  for key, value in pairs(server.env) do command.env[key] = value end
  return command
end

local function ours()
  return { run.program(), temp.file(SCRIPT, "bench.lua") }
end

local function disconnecting(meter, latency, concurrency, also)
  print(("disconnect 200 of 1,000, %d at a time, at %d ms latency"):format(concurrency, latency))
  local server <close> = serve(1000, latency)
  local programs = {
    client(server, { meter:tool "bare" }, 5, concurrency),
    client(server, ours(), 5, concurrency),
  }
  for i, other in ipairs(also) do
    programs[i + 2] = client(server, other.words, 5, concurrency)
  end
  local costs = meter:compare(programs)
  meter:row("bare libcurl program, no journal", costs[1])
  meter:row("xero-run", costs[2])
  for i, other in ipairs(also) do meter:row(other.name, costs[i + 2]) end
  meter:judge("wall time, xero-run / bare", costs[2].wall / costs[1].wall, 1.3)
  meter:judge("CPU, xero-run / bare", costs[2].cpu / costs[1].cpu, 1.6)
end

local FEW, MANY = 1000, 10000
local ROUNDS = 5

-- Memory, and that ten times as many cost ten times as much.
local function growing(meter)
  print(("disconnect all of %d, 10 at a time"):format(MANY))
  local fewer <close> = serve(FEW, 0)
  local more <close> = serve(MANY, 0)
  local costs = meter:compare({
    client(more, { meter:tool "bare" }, 1, 10), client(more, ours(), 1, 10),
    client(fewer, ours(), 1, 10),
  }, ROUNDS)
  meter:row("bare libcurl program, no journal", costs[1])
  meter:row("xero-run", costs[2])
  meter:row(("xero-run, all of %d"):format(FEW), costs[3])
  meter:judge("memory of xero-run", costs[2].rss, 64, " MiB")
  meter:judge(("CPU of each, of %d / of %d"):format(MANY, FEW),
    costs[2].cpu / MANY / (costs[3].cpu / FEW), 1.3)
end

return function(meter)
  local also = others.installed()
  for _, latency in ipairs { 0, 20 } do
    disconnecting(meter, latency, 4, also)
    disconnecting(meter, latency, 10, {})
  end
  growing(meter)
end
