-- What cron starts: no terminal, no HOME, nothing in the environment but what its line says.

local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local CLEANUP = [[
local xero = require "xero"
local gone = {}
for _, connection in ipairs(xero.get_connections()) do
  if connection.name:find "^Demo Company" then gone[#gone + 1] = connection end
end
xero.delete_connections(gone, { reason = "demo" })
]]

describe("under cron", function()
  local world, state

  -- As cron does it: in /, apart from any terminal, with that environment and no other.
  local function start(environment, ...)
    local words = { "setsid", "-w", "env", "-i", "XERO_RUN_STATE=" .. state }
    for name, value in pairs(environment) do words[#words + 1] = name .. "=" .. value end
    for _, word in ipairs { ... } do words[#words + 1] = word end
    words.cwd = "/"
    return process.run(words)
  end

  local function cron(environment, ...)
    return start(environment, run.program(), ...)
  end

  before_each(function()
    world = sandbox.start()
    state = temp.directory()
  end)

  after_each(function() world:stop() end)

  it("a script disconnects, and says nothing", function()
    local script = temp.file(CLEANUP, "cleanup.lua")
    local result = cron(world.env, script)
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    local journal = cron(world.env, "journal", "--format", "csv")
    local _, lines = journal.out:gsub("deleted", "")
    assert.equal(7, lines)
  end)

  it("a policy is applied by the line that schedule --cron prints, and says nothing", function()
    local policy = temp.file([[
      local policy = require "xero".policy
      return policy "demo" {
        limits = { max_disconnects = 7 },
        policy.disconnect "a demo company" { name = "Demo Company*" },
      }]], "clean up 100%.lua")
    local line = run({ "schedule", "--cron", policy }).out:match "([^\n]*)\n$"
    local command = line:gsub("^%S+ %S+ %S+ %S+ %S+ ", ""):gsub("\\%%", "%%")
    local result = start(world.env, "/bin/sh", "-c", command)
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.equal("", run({ "list", "--name", "Demo Company*", "-f", "ids", env = world.env }).out)
  end)

  it("the state is where the password database has a home, without HOME", function()
    local result = cron({}, "-e", [[
      local paths, native = require "xero.paths", require "xero.native"
      print(paths.state { getenv = function() end, native = native },
        native.home_directory() .. "/.local/state/xero-run")]])
    local found, expected = result.out:match "^(.*)\t(.*)\n$"
    assert.equal(expected, found)
  end)

  it("each failure is one block: a line, and a hint where there is one", function()
    local nowhere = { XERO_CLIENT_ID = "X", XERO_CLIENT_SECRET = "s",
      XERO_API_URL = "http://127.0.0.1:1", XERO_IDENTITY_URL = "http://127.0.0.1:1" }
    local broken = temp.file("local x = = 1\n", "broken.lua")
    for _, case in ipairs {
      { 2, {}, "list" },
      { 2, nowhere, "lst" },
      { 2, nowhere, "/nowhere/x.lua" },
      { 1, nowhere, broken },
      { 8, nowhere, "--deadline=300ms", "list" },
      { 5, world.env, "disconnect", "c0000000-0000-4000-8000-000000000001" },
    } do
      local result = cron(case[2], table.unpack(case, 3))
      assert.same({ case[1], "" }, { result.status, result.out }, case[3])
      assert.matches("^xero%-run: [^\n]+\n$", result.err:gsub("hint: [^\n]+\n$", ""))
    end
  end)

  it("output that cannot be written is one block, too", function()
    for _, words in ipairs { "list", "-e 'print(1)'", "-e 'io.write(1)'" } do
      local command = ("exec %s %s >/dev/full"):format(run.program(), words)
      local result = process.run { "sh", "-c", command, env = world.env }
      assert.equal(1, result.status)
      assert.matches("^xero%-run: cannot write [^\n]*No space left on device\n$", result.err)
    end
  end)
end)
