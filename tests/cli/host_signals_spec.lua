-- Signals: SIGINT and SIGTERM end a run wherever it stands, and the status says so.

local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

local fifo = temp.directory() .. "/fifo"
shell.output { "mkfifo", fifo }

-- Starts a chunk that prints "ready", at first or where it calls ready(); gives the process once it
-- has.
local function start(text)
  local prelude = "local function ready() io.stdout:write('ready\\n'):flush() end "
  if not text:find("ready()", 1, true) then
    prelude = prelude .. "ready() "
  end
  local started = run.spawn { "-e", prelude .. text }
  started:expect "ready\n"
  return started
end

-- Signals it; gives the result and the time until then.
local function stop(started, signal, times)
  local before = system.monotime()
  for _ = 1, times or 1 do
    started:kill(signal)
    system.sleep(0.05)
  end
  local result = started:wait(15)
  result.seconds = system.monotime() - before
  return result
end

local function interrupted(text, signal, times)
  return stop(start(text), signal, times)
end

describe("SIGINT and SIGTERM", function()
  it("end a run with 130 and 143 and one line", function()
    for signal, status in pairs { INT = 130, TERM = 143 } do
      local result = interrupted("while true do end", signal)
      assert.same({ status, ("xero-run: interrupted by SIG%s\n"):format(signal) },
        { result.status, result.err })
      assert.is_true(result.seconds < 2)
    end
  end)

  for name, text in pairs {
    ["a busy coroutine"] = "coroutine.wrap(function() while true do end end)()",
    ["a coroutine in a coroutine"] = [[
      local function inner() while true do end end
      coroutine.wrap(function() coroutine.resume(coroutine.create(inner)) end)()
    ]],
    ["coroutines that hand over to each other"] = [[
      local co = coroutine.wrap(function() while true do coroutine.yield() end end)
      while true do co() end
    ]],
    ["a coroutine that is being closed"] = [[
      local co = coroutine.create(function()
        local busy <close> = setmetatable({}, { __close = function() while true do end end })
        coroutine.yield()
      end)
      coroutine.resume(co)
      coroutine.close(co)
    ]],
    ["a loop around pcall"] = "while true do pcall(function() while true do end end) end",
    ["a loop around pcall and coroutines"] = [[
      while true do pcall(coroutine.wrap(function() while true do end end)) end
    ]],
    ["a sort"] = [[
      local t = {}
      for i = 1, 100 do t[i] = i end
      while true do table.sort(t, function(a, b) return a > b end) end
    ]],
    ["a sleep"] = "require 'xero.native'.sleep(60)",
    ["reading what never comes"] = ("io.open(%q, 'r+'):read 'l'"):format(fifo),
  } do
    it("stop " .. name, function()
      local result = interrupted(text, "INT")
      assert.equal(130, result.status, result.err)
      assert.is_true(result.seconds < 4, ("it took %.1f s"):format(result.seconds))
    end)
  end

  it("leave a script the time to clean up", function()
    local result = interrupted([[
      local guard <close> = setmetatable({}, { __close = function()
        local n = 0
        for i = 1, 10000 do n = n + i end
        print("closed", n)
      end })
      while true do end
    ]], "TERM")
    assert.same({ 143, "ready\nclosed\t50005000\n" }, { result.status, result.out })
  end)

  it("are an error of kind interrupted, and the status whatever the script made of it", function()
    local result = interrupted([[
      local ok, err = pcall(function() while true do end end)
      print(ok, err.kind, err.signal, err:exit_status())
      os.exit(0)
    ]], "INT")
    assert.same({ 130, "ready\nfalse\tinterrupted\tSIGINT\t130\n", "" },
      { result.status, result.out, result.err })
  end)

  it("wait for the end of what is shielded", function()
    local result = interrupted([[
      local native = require "xero.native"
      native.shield(function()
        ready()
        native.shield(function() end)
        native.sleep(60)
        print(native.interrupted())
      end)
      print "never"
    ]], "TERM")
    assert.same({ 143, "ready\nSIGTERM\n" }, { result.status, result.out })
  end)

  it("end what reacts to nothing after five seconds, but spare what is shielded", function()
    local shielded = start [[
      local native = require "xero.native"
      native.shield(function()
        ready()
        local done = native.monotonic() + 6
        while native.monotonic() < done do end
        print "done"
      end)
    ]]
    shielded:kill "TERM"
    local late = run.spawn { "--deadline", "100ms", "-e", "os.execute 'exec sleep 7 >&- 2>&-'" }
    local result = interrupted([[
      setmetatable({}, { __gc = function() ready() while true do end end })
      collectgarbage()
    ]], "TERM")
    assert.same({ 143, "xero-run: interrupted by SIGTERM\n" }, { result.status, result.err })
    assert.is_true(result.seconds > 4 and result.seconds < 7)
    result = late:wait()
    assert.same({ 8, "xero-run: the deadline of the run has passed\n" },
      { result.status, result.err })
    result = shielded:wait()
    assert.same({ 143, "ready\ndone\n" }, { result.status, result.out })
  end)

  it("end a run at once when they come again, shielded or not", function()
    local result = interrupted([[
      require "xero.native".shield(function() ready() while true do end end)
    ]], "INT", 2)
    assert.equal(130, result.status)
    assert.is_true(result.seconds < 2)
  end)

  it("are ignored where they were ignored at the start", function()
    local result = process.run { "sh", "-c", ([[
      trap '' INT TERM
      %s -e 'local n = require "xero.native" n.sleep(0.5) print(n.interrupted())' &
      sleep 0.2
      kill -INT $!
      kill -TERM $!
      wait $!
    ]]):format(shell.quote(run.program())) }
    assert.same({ 0, "nil\n" }, { result.status, result.out })
  end)
end)

describe("native.shield", function()
  local function statement(text)
    return run { "-e", 'local native = require "xero.native" ' .. text }
  end

  it("gives what the function gives", function()
    local result = statement "print(native.shield(function(...) return ... end, 1, nil, 3))"
    assert.equal("1\tnil\t3\n", result.out)
  end)

  it("lets errors through, with their traceback", function()
    local result = statement "native.shield(function() error 'inside' end)"
    assert.equal(1, result.status)
    assert.matches("^xero%-run: %(command line%):1: inside\nstack traceback:.*'error'", result.err)
  end)
end)

it("children of os.execute have the default SIGPIPE", function()
  local result = run { "-e", "print(os.execute [[kill -PIPE $$]])" }
  assert.equal("nil\tsignal\t13\n", result.out)
end)
