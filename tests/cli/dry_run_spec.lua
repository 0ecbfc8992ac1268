-- --dry-run: nothing is disconnected, by whichever way a script goes.

local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local LIST = 'local xero = require "xero"\nlocal list = xero.get_connections()\n'

describe("--dry-run", function()
  local world

  setup(function() world = sandbox.start() end)
  teardown(function() world:stop() end)

  local function dry(script, option)
    return run { option or "--dry-run", temp.file(script, "script.lua"), env = world.env }
  end

  -- No DELETE ever came, yet lists did: the script did run.
  local function assert_untouched()
    local lists = 0
    for _, request in ipairs(world:log()) do
      assert.not_equal("DELETE", request.method)
      if request.op == "list" then lists = lists + 1 end
    end
    assert.is_true(lists > 0)
  end

  it("holds for a pump that was open before a command asked for it", function()
    local result = run { temp.file([[
      local native = require "xero.native"
      local pump = native.pump {}
      native.options.dry_run = true
      local window = pump:window { url = os.getenv "XERO_API_URL" }
      window:add(1, "fe79f7dd-b6d4-4a92-ba7b-538af6289c58")
      window:open(native.token(native.secret "t"), 1)
      print(pcall(window.wait, window, nil, 1))]], "script.lua"), env = world.env }
    assert.equal("false\tDELETE is not sent: dry run\n", result.out, result.err)
  end)

  it("says whom a script would disconnect, and why", function()
    local result = dry(LIST .. [[
      xero.delete_connection(list[1], { reason = "a test" })
      print(list[1].id, xero.dry_run)]], "-n")
    assert.equal(0, result.status, result.err)
    local id = result.out:match "^(%S+)\ttrue\n$"
    assert.matches("^dry run: would disconnect [^\n]+: a test\n$", result.err)
    assert.is_truthy(result.err:find(id, 1, true))
    assert_untouched()
  end)

  it("tells on_result what was skipped, too", function()
    local result = dry(LIST .. [[
      xero.delete_connections({ list[1], list[2] }, {
        on_result = function(outcome) print(outcome.connection.id == list[1].id, outcome.status) end
      })]])
    assert.equal("true\tskipped\nfalse\tskipped\n", result.out, result.err)
    assert_untouched()
  end)

  it("still refuses ids that are none", function()
    local result = dry [[require "xero".delete_connection "nonsense"]]
    assert.equal(2, result.status)
  end)

  it("holds for a client of the script's own", function()
    assert.equal(0, dry(LIST .. "xero.client{}:delete_connection(list[1])").status)
    assert_untouched()
  end)

  it("holds for a script that changes what the library knows", function()
    dry [[
      local native = require "xero.native"
      native.options.dry_run = false
      local xero = require "xero"
      xero.dry_run = false
      for _, connection in ipairs(xero.get_connections()) do
        print(pcall(xero.delete_connection, connection))
      end]]
    assert_untouched()
  end)

  it("holds for a script that reaches below the library", function()
    local result = dry(LIST .. [[
      local native = require "xero.native"
      local pump = native.pump {}
      local settings = require "xero.config".settings({}, { getenv = os.getenv, native = native })
      pump:grant { url = settings.identity_url, grant = "client_credentials",
        client_id = settings.client_id, client_secret = settings.client_secret,
        scope = "app.connections", timeout = 10 }
      local token = assert(pump:wait(10).token)
      local window = pump:window { url = settings.api_url, timeout = 10 }
      window:add(1, list[1].id)
      window:open(token, 1)
      print(pcall(window.wait, window, nil, 1))]])
    assert.equal("false\tDELETE is not sent: dry run\n", result.out, result.err)
    assert_untouched()
  end)

  it("holds for xero-run disconnect, which then asks nothing", function()
    local listed = run { "list", "-f", "ids", env = world.env }
    local id = listed.out:match "^%S+"
    for _, words in ipairs { { "-n", "disconnect", id }, { "disconnect", "--dry-run", id } } do
      words.env = world.env
      local result = run(words)
      assert.same({ 0, "" }, { result.status, result.out })
      assert.matches("^dry run: would disconnect ", result.err)
    end
    assert_untouched()
  end)

  it("holds for the cleanup of the examples", function()
    local result = run { "--dry-run", "scripts/examples/cleanup.lua", env = world.env }
    assert.equal(0, result.status, result.err)
    assert.matches("dry run: would disconnect Demo Company", result.err)
    assert_untouched()
  end)
end)
