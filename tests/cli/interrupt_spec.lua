-- SIGINT and SIGTERM while requests are under way: none is begun, and each that was is told.

local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"

local FIRST = "c0000000-0000-4000-8000-000000000001"
local SECOND = "c0000000-0000-4000-8000-000000000002"

-- Starts xero-run, sends it a signal once `op` has reached the sandbox, and waits for its end.
local function interrupt(world, signal, op, words)
  words.env = world.env
  local client = run.spawn(words)
  process.await(function()
    for _, request in ipairs(world:log()) do
      if request.op == op then return true end
    end
  end, op)
  client:kill(signal)
  return client:wait(5)
end

local function deletes(world)
  local count = 0
  for _, request in ipairs(world:log()) do
    if request.method == "DELETE" then count = count + 1 end
  end
  return count
end

describe("a signal", function()
  it("ends the wait for an answer that may be asked for again", function()
    for signal, status in pairs { INT = 130, TERM = 143 } do
      local world <close> = sandbox.start { "--fault", "list#*:hang" }
      local result = interrupt(world, signal, "list", { "list" })
      assert.equal(status, result.status, result.err)
      assert.equal(("xero-run: interrupted by SIG%s\n"):format(signal), result.err)
    end
  end)

  it("ends the wait before the next attempt", function()
    local world <close> = sandbox.start { "--fault", "list#*:retry-after=60" }
    assert.equal(130, interrupt(world, "INT", "list", { "list" }).status)
  end)

  it("waits for the answer to a disconnect, says it, and begins no other", function()
    local world <close> = sandbox.start { "--fault", "delete#*:latency=700" }
    local result = interrupt(world, "INT", "delete",
      { "disconnect", "-y", "--concurrency", "1", FIRST, SECOND })
    assert.equal(130, result.status, result.err)
    assert.equal("xero-run: 1 of 2 disconnected, 1 not tried\nxero-run: interrupted by SIGINT\n",
      result.err)
    assert.equal(1, deletes(world))
  end)

  it("waits for the answers to all that are under way", function()
    local world <close> = sandbox.start { "--fault", "delete#*:latency=700" }
    local result = interrupt(world, "INT", "delete", { "disconnect", "-y", FIRST, SECOND })
    assert.equal("xero-run: 2 of 2 disconnected\nxero-run: interrupted by SIGINT\n", result.err)
    assert.equal(2, deletes(world))
  end)

  it("says that the outcome is unknown where the answer to a disconnect leaves it open", function()
    local world <close> = sandbox.start { "--fault", "delete#*:status=500,latency=700" }
    local result = interrupt(world, "TERM", "delete", { "disconnect", "-y", FIRST })
    assert.equal(143, result.status, result.err)
    assert.matches("^xero%-run: whether [^\n]+ was disconnected is unknown\n", result.err)
  end)
end)
