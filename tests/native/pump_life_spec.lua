-- The pump's life: several requests at once, giving up, closing, signals, the dry run.
-- Runs alone: a wait is held to a tenth of a second.

local cjson = require "cjson"
local exchange = require "support.exchange"
local native = require "xero.native"
local run = require "support.run"
local temp = require "support.temp"

local token = native.token(native.secret "known.token")
local server, pump, url

local function list(options)
  options = options or {}
  options.url, options.token = url, token
  return pump:list(options)
end

local function ok(request)
  request.handle:answer { status = 200, body = "[]" }
end

describe("the pump's life", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("gives every request an id of its own, and its answer by that", function()
    local ids = {}
    for _ = 1, 5 do
      ids[list()] = true
    end
    assert.equal(5, pump:in_flight())
    for left = 4, 0, -1 do
      local answer = exchange(pump, server, ok)
      assert.is_true(ids[answer.id])
      ids[answer.id] = nil
      assert.equal(left, pump:in_flight())
    end
    assert.same({}, ids)
  end)

  it("hands over answers as they come, not in the order of the requests", function()
    local first = list { timeout = 5 }
    local second = pump:request { url = url .. "/other", method = "DELETE" }
    local held
    local answer = exchange(pump, server, function(request)
      if request.method == "GET" then
        held = request
      else
        request.handle:answer { status = 204 }
      end
    end)
    assert.equal(second, answer.id)
    while not held do
      pump:wait(0.01)
      held = server:next(0)
    end
    ok(held)
    assert.equal(first, pump:wait(5).id)
  end)

  it("does not wait when nothing is in flight", function()
    local started = native.monotonic()
    assert.is_nil(pump:wait())
    assert.is_nil(pump:wait(5))
    assert.is_true(native.monotonic() - started < 1)
  end)

  it("waits no longer than it is told", function()
    list()
    local started = native.monotonic()
    assert.is_nil(pump:wait(0.1))
    assert.near(0.1, native.monotonic() - started, 0.08)
    assert.is_nil(pump:wait(0))
    assert.equal(1, pump:in_flight())
  end)

  it("gives a request up", function()
    local first, second = list(), list()
    assert.is_true(pump:cancel(first))
    assert.is_false(pump:cancel(first))
    assert.is_false(pump:cancel(-1))
    assert.equal(1, pump:in_flight())
    assert.equal(second, exchange(pump, server, function(request) pcall(ok, request) end).id)
    assert.is_nil(pump:wait())
  end)

  it("closes with requests in flight, and twice", function()
    list()
    list()
    pump:wait(0.05)
    pump:close()
    pump:close()
    assert.equal(0, pump:in_flight())
    assert.has_error(function() pump:wait() end, "the pump is closed")
    assert.has_error(function() list() end, "the pump is closed")
  end)

  it("is closed by the end of its block, and by the collector", function()
    do
      local one <close> = native.pump {}
      one:list { url = url, token = token }
    end
    native.pump {}:list { url = url, token = token }
    collectgarbage()
    collectgarbage()
  end)

  it("needs neither the token nor the secret once a request is under way", function()
    pump:list { url = url, token = native.token(native.secret "passing.by") }
    collectgarbage()
    collectgarbage()
    local _, requests = exchange(pump, server, ok)
    assert.equal("Bearer passing.by", requests[1].headers.authorization)
  end)

  it("uses a connection again", function()
    local ports = {}
    for _ = 1, 20 do
      list()
      exchange(pump, server, ok)
    end
    for line in io.lines "/proc/net/tcp" do
      local port, state = line:match "^%s*%d+: 0100007F:%x+ 0100007F:(%x+) (%x%x)"
      if port and tonumber(port, 16) == server:port() and state == "01" then
        ports[#ports + 1] = line
      end
    end
    assert.equal(1, #ports)
  end)

  local function child(text, ...)
    return run.spawn { "--", temp.file(text, "child.lua"), url, ... }
  end

  it("lets a signal wake the wait once, and then finishes what is in flight", function()
    local started = child [[
      local native, cjson = require "xero.native", require "cjson"
      native.shield(function()
        local pump <close> = native.pump {}
        pump:list { url = arg[1], token = native.token(native.secret "known.token") }
        local first = pump:wait()
        local signal = native.interrupted()
        local second = pump:wait()
        print(cjson.encode { woken = first == nil, signal = signal, status = second.status })
      end)
    ]]
    local request = assert(server:next(10))
    started:kill "INT"
    native.sleep(0.2)
    ok(request)
    started:wait()
    assert.same({ woken = true, signal = "SIGINT", status = 200 }, cjson.decode(started:out()))
  end)

  it("sends no DELETE in a dry run, whatever a script does", function()
    local result = run.spawn { "--dry-run", temp.file([[
      local native = require "xero.native"
      native.options.dry_run = false
      local pump <close> = native.pump { dry_run = false }
      local token = native.token(native.secret "known.token")
      local id = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
      local window = pump:window { url = arg[1] }
      window:add(1, id)
      window:open(token, 1)
      print(pcall(window.wait, window, nil, 1))
      print(pump:in_flight(), pump:wait())
      pump:list { url = arg[1], token = token }
      print(pump:wait().status)
    ]], "dry.lua"), url }
    local request = assert(server:next(10))
    assert.equal("GET", request.method)
    ok(request)
    assert.equal(0, result:wait().status, result:err())
    assert.equal("false\tDELETE is not sent: dry run\n0\tnil\n200\n", result:out())
    assert.is_nil(server:next(0.05))
  end)
end)
