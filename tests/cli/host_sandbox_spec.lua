-- The private sandbox that --sandbox and native.start_sandbox() run a script against.

local run = require "support.run"
local shell = require "support.shell"
local process = require "support.process"
local system = require "system"
local temp = require "support.temp"

-- Prints the sandbox's URL, and the ids of its process, its session and ours.
local START = [[
  local text = require "xero.native".start_sandbox "/nowhere"
  local function session(pid)
    return io.open("/proc/" .. pid .. "/stat"):read "a":match "^.*%) %u %d+ %d+ (%d+)"
  end
  local child = io.open "/proc/thread-self/children":read "n"
  print(text:match "XERO_API_URL=['\"]?([^%s'\"]+)")
  print(child, session(child), session "self")
  io.stdout:flush()
]]

local function alive(pid)
  local file = io.open(("/proc/%s/stat"):format(pid))
  local state = file and file:read "a":match "%) (%u)"
  if file then file:close() end
  return state ~= nil and state ~= "Z"
end

local function await_death(pid)
  process.await(function() return not alive(pid) end, "the end of the sandbox", 5)
end

describe("the private sandbox", function()
  it("tells how to reach it, and ends with the run", function()
    local result = run { "-e", START }
    assert.equal(0, result.status, result.err)
    local url, pid = result.out:match "^(%S+)\n(%d+)\t"
    assert.matches("^http://127%.0%.0%.1:%d+$", (url:gsub("localhost", "127.0.0.1")))
    assert.is_false(alive(pid))
  end)

  it("ends with os.exit and with an error, too", function()
    for _, ending in ipairs { "os.exit(3)", "error 'x'" } do
      local result = run { "-e", START .. ending }
      assert.is_false(alive(result.out:match "\n(%d+)\t"))
    end
  end)

  it("dies with a run that is killed", function()
    local started = run.spawn { "-e", START .. "require 'xero.native'.sleep(60)" }
    local pid = started:expect "\n(%d+)\t"
    assert.is_true(alive(pid))
    started:kill "KILL"
    await_death(pid)
  end)

  it("is not reached by the ^C of a terminal, which is for the run", function()
    local its, ours = run({ "-e", START }).out:match "\n%d+\t(%d+)\t(%d+)\n"
    assert.truthy(its)
    assert.not_equal(ours, its)
  end)

  it("knows no secret of the run's environment", function()
    local result = run { env = { XERO_CLIENT_SECRET = "sesame-4711" }, "-e", START .. [[
      print(io.open("/proc/" .. child .. "/environ"):read "a")
    ]] }
    assert.falsy(result.out:find("sesame", 1, true))
  end)

  it("keeps its state with the run, whatever the directory is called", function()
    local directory = temp.directory() .. "/it's here"
    shell.output { "mkdir", directory }
    local script = temp.file([[
      local xero = require "xero"
      xero.delete_connection(xero.get_connections()[1])
      os.execute "find \"$TMPDIR\" -name journal.jsonl"
    ]], "script.lua")
    local result = process.run {
      "env", "TMPDIR=" .. directory, run.program(), "--sandbox", script,
    }
    assert.equal(0, result.status, result.err)
    assert.matches("^" .. directory:gsub("%p", "%%%0")
      .. "/xero%-run%-[^/]+/default/journal.jsonl\n$", result.out)
    assert.equal("", shell.output { "ls", directory })
  end)

  it("serves a run with --sandbox", function()
    local before = system.monotime()
    local result = run { "--sandbox", "list", "--format", "ids" }
    assert.equal(0, result.status, result.err)
    assert.matches("^%x+%-%x+", result.out)
    assert.is_true(system.monotime() - before < 10)
  end)
end)
