-- A run that disconnects many, ended at some moment: its status, its report and its journal must be
-- what the server has done. Raises what is not.

local place = require "support.place"
local process = require "support.process"
local record = require "support.record"
local run = require "support.run"
local sandbox = require "support.sandbox"
local system = require "system"
local temp = require "support.temp"

local interruption = {}

local TENANTS = 300
local STATUS = { INT = 130, TERM = 143 }

local SCRIPT = [[
  local xero = require "xero"
  local list = xero.get_connections()
  io.stdout:write "ready\n"
  io.stdout:flush()
  xero.delete_connections(list, { reason = "test" })
]]

local function expect(condition, ...)
  if not condition then error(string.format(...), 2) end
end

local function check_journal(world, state)
  local server, connected = record.of(world), record.listed(world)
  local done = 0
  for id, of in pairs(record.journal(state)) do
    local seen = server[id] or {}
    expect(of.verdict == (seen.done and "deleted" or "skipped"), "%s: journal %s, server %s", id,
      of.verdict, seen.done)
    expect((connected[id] == nil) == (of.verdict == "deleted"), "%s: %s and connected", id,
      of.verdict)
  end
  for id, seen in pairs(server) do
    if seen.done then done = done + 1 end
    expect(not seen.again, "%s was sent again", id)
  end
  return done
end

--- Sends the signal after so many seconds of disconnecting.
---@param signal "INT"|"TERM"
---@param seconds number
---@return integer done  how many were disconnected
function interruption.at(signal, seconds)
  local world <close> = sandbox.start { "--connections", tostring(TENANTS), "--latency", "2" }
  local state = place.new()
  local client = run.spawn { "--concurrency", "4", temp.file(SCRIPT, "script.lua"),
    env = world:with { XERO_RUN_STATE = state.value } }
  client:expect "ready"
  system.sleep(seconds)
  client:kill(signal)
  local result = client:wait(20)
  local done = check_journal(world, state)
  if result.status == 0 then
    expect(done == TENANTS, "ended with 0 after %d", done)
    return done
  end
  expect(result.status == STATUS[signal], "status %d: %s", result.status, result.err)
  local said, left = result.err:match "(%d+) of 300 disconnected, (%d+) not tried\n"
  said = said or result.err:match "(%d+) of 300 disconnected\n"
  -- A signal before the first one finds nothing to tell.
  expect(tonumber(said or 0) == done, "said %s, done %d: %s", said, done, result.err)
  expect(not left or tonumber(left) == TENANTS - done, "left %s, done %d", left, done)
  expect(result.err:find("interrupted by SIG" .. signal, 1, true), "%s", result.err)
  return done
end

--- Kills the run after so many seconds, and lets the next run settle what is unfinished.
---@param seconds number
---@return integer unfinished  how many the kill had left
function interruption.kill(seconds)
  local world <close> = sandbox.start { "--connections", tostring(TENANTS), "--latency", "2" }
  local state = place.new()
  local env = world:with { XERO_RUN_STATE = state.value }
  local client = run.spawn { "--concurrency", "4", temp.file(SCRIPT, "script.lua"), env = env }
  client:expect "ready"
  system.sleep(seconds)
  client:kill "KILL"
  process.await(function() return client:ended() end, "the end of what was killed")
  local unfinished = 0
  for _, of in pairs(record.journal(state)) do
    if not of.verdict then unfinished = unfinished + 1 end
  end
  local connected = record.listed(world)
  local _, first = next(connected), next(connected)
  if not first then return unfinished end
  local result = run { "disconnect", "-y", first, env = env }
  expect(result.status == 0, "%s", result.err)
  expect((unfinished > 0) == (result.err:find("settled %d+ unfinished disconnects?") ~= nil),
    "%d unfinished: %s", unfinished, result.err)
  local server = record.of(world)
  for id, of in pairs(record.journal(state)) do
    local verdict = server[id] and server[id].done and "deleted" or "present"
    if of.verdict == "skipped" then verdict = "skipped" end
    expect(of.verdict == verdict, "%s: journal %s, server %s", id, of.verdict, verdict)
  end
  local verified = run { "journal", "verify", env = env }
  expect(verified.status == 0, "%s", verified.err)
  return unfinished
end

return interruption
