-- `xero-run test` as people use it on their own policies.

local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

local POLICY = [[
local policy = require("xero").policy
return policy "demo" {
  policy.disconnect "demo companies" { name = "Demo Company*", older_than = "30d" },
}
]]

local GOOD = [[
local testing = require("xero").testing
local demo = testing.policy "demo.lua"

describe("demo.lua", function()
  it("disconnects demo companies", function()
    assert.disconnects(demo:plan { connections = { "Demo Company (NZ)" } }, "Demo Company (NZ)")
  end)
  it("keeps customers", function()
    assert.keeps(demo:plan { connections = { "Ripple" } }, "Ripple")
  end)
end)
]]

-- A project with a policy and a spec of this text.
local function project(spec, name)
  local directory = temp.directory()
  name = name or "demo_spec.lua"
  if name:find "/" then shell.output { "mkdir", "-p", directory .. "/" .. name:match "^(.*)/" } end
  temp.write(directory .. "/demo.lua", POLICY)
  temp.write(directory .. "/" .. name, spec)
  return directory
end

local function a_test(body)
  return ('local xero = require "xero"\nit("tries", function()\n%s\nend)\n'):format(body)
end

local function test(directory, ...)
  return run { "test", cwd = directory, ... }
end

describe("xero-run test", function()
  it("runs the specs of the directory spec, and sums up as busted does", function()
    local directory = project(GOOD, "spec/demo_spec.lua")
    temp.write(directory .. "/other_spec.lua", a_test "error 'not in spec'")
    local result = test(directory)
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("2 successes / 0 failures / 0 errors / 0 pending", result.out)
  end)

  it("runs those below the working directory where there is no such one", function()
    for _, name in ipairs { "demo_spec.lua", "policies/demo_spec.lua" } do
      local result = test(project(GOOD, name))
      assert.equal(0, result.status, result.out .. result.err)
      assert.matches("2 successes", result.out)
    end
  end)

  it("runs what it is told to", function()
    local directory = project(GOOD)
    temp.write(directory .. "/bad_spec.lua", a_test "error 'no'")
    assert.matches("2 successes", test(directory, "demo_spec.lua").out)
    assert.matches("1 success", test(directory, "--filter", "keeps").out)
    assert.matches("1 success", test(directory, "--filter=customers", "demo_spec.lua").out)
    assert.equal("demo.lua disconnects demo companies\ndemo.lua keeps customers\n",
      (test(directory, "--list", "demo_spec.lua").out:gsub("[^\n]-: ", "")))
    assert.matches("1 %- tries", test(directory, "-o", "TAP", "bad_spec.lua").out)
  end)

  it("has colours on a terminal, but for NO_COLOR", function()
    local directory = project(GOOD)
    assert.matches("\27%[", run({ "test", cwd = directory, tty = true }).out)
    local plain = run { "test", cwd = directory, tty = true, env = { NO_COLOR = "1" } }
    assert.equal(0, plain.status)
    assert.is_nil(plain.out:find("\27", 1, true))
    assert.matches("2 successes", plain.out)
  end)

  it("exits with 1 where a test fails, however many do, and says why", function()
    local result = test(project((GOOD:gsub("Ripple", "Demo Company"))))
    assert.equal(1, result.status)
    assert.matches('Demo Company %(%S+%) is disconnected by disconnect "demo companies" '
      .. '%(%S*demo.lua:3%): ', result.out)
    local many = 'for i = 1, 256 do it("fails " .. i, function() assert.equal(1, 2) end) end'
    result = test(project(many))
    assert.equal(1, result.status)
    assert.matches("256 failures", result.out)
  end)

  it("exits with 1 where the policy does not load, and says where in it", function()
    local directory = project(GOOD)
    temp.write(directory .. "/demo.lua", (POLICY:gsub("older_than", "older_then")))
    local result = test(directory)
    assert.equal(1, result.status)
    assert.matches('demo.lua:3: disconnect "demo companies": unknown condition "older_then" %(did '
      .. 'you mean "older_than"%?%)', result.out)
  end)

  it("exits with 1 where no test ran", function()
    local directory = project(GOOD)
    local result = test(directory, "--filter", "no such test")
    assert.equal(1, result.status)
    assert.matches("no test ran", result.err)
    assert.equal(1, test(temp.directory()).status)
  end)

  it("exits with 2 for a mistake in the arguments", function()
    for _, case in ipairs {
      { "--bogus", "bogus" }, { "nowhere", "no file or directory nowhere" },
      { "spec", "no file or directory spec" },
    } do
      local result = test(project(GOOD), case[1])
      assert.same({ 2, "" }, { result.status, result.out })
      assert.matches("^xero%-run: [^\n]*" .. case[2] .. "\nhint: see xero%-run test %-%-help\n$",
        result.err)
    end
  end)

  it("exits with 2 where busted is not installed, and says what to install", function()
    local result = run { "test", cwd = project(GOOD), env = { LUA_PATH = "/none/?.lua" } }
    assert.same({ 2, "" }, { result.status, result.out })
    assert.matches("^xero%-run: [^\n]*busted[^\n]*not installed\nhint: apt install lua%-busted"
      .. "[^\n]*\n$", result.err)
  end)

  it("tells with --help what it does and what busted's options are", function()
    local result = run { "test", "--help" }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("%-%-sandbox", result.out)
    assert.matches("\nUsage: xero%-run test %[OPTIONS%]", result.out)
    assert.matches("\n  %-%-filter=PATTERN ", result.out)
  end)

  it("gives tests no network, whatever way they try", function()
    local world <close> = sandbox.start()
    for name, body in pairs {
      ["xero.get_connections"] = "xero.get_connections()",
      ["xero.delete_connections"] = "xero.delete_connections {}",
      ["xero.delete_connection"] = 'xero.delete_connection "7cb59f93-2964-421d-bb5e-a0f7a4572a44"',
      ["xero.client"] = "xero.client():get_connections()",
      ["xero.token"] = "xero.token()",
      ["xero.http.get"] = ('xero.http.get "%s/connections"'):format(world.env.XERO_API_URL),
      ["xero.http.post"] = ('xero.http.post("%s/connections", {})'):format(world.env.XERO_API_URL),
      ["a request"] = ('package.loaded["xero.http"] = nil; require("xero.http").get "%s/x"'):format(
        world.env.XERO_API_URL),
    } do
      local result = run { "test", cwd = project(a_test(body)), env = world.env }
      assert.equal(1, result.status)
      assert.matches(name .. ": tests have no network", result.out, 1, true)
    end
    assert.same({}, world:log())
  end)

  it("lets tests put their own answers in the place of the network", function()
    local result = test(project(a_test [[
      stub(xero.http, "get").returns { status = 200, body = "hello" }
      assert.equal("hello", xero.http.get("https://crm.example.com").body)
    ]]))
    assert.equal(0, result.status, result.out)
  end)

  it("gives tests a sandbox of Xero where they are told so, and still no other network", function()
    local world <close> = sandbox.start()
    local directory = project(a_test [[
      local all = xero.get_connections()
      xero.delete_connection(all[1])
      assert.equal(#all - 1, #xero.get_connections())
      assert.error_matches(function() xero.http.get "https://crm.example.com" end, "no network")
    ]])
    for _, words in ipairs { { "test", "--sandbox" }, { "--sandbox", "test" } } do
      words.cwd, words.env = directory, world.env
      local result = run(words)
      assert.equal(0, result.status, result.out .. result.err)
    end
    assert.same({}, world:log())
  end)

  it("ends with a signal", function()
    local directory = project(a_test 'print "begun"; while true do end')
    local running = run.spawn { "test", cwd = directory }
    running:expect "begun"
    running:kill "INT"
    assert.equal(130, running:wait().status)
  end)

  it("plans from a list that was anonymised, in which twins are still twins", function()
    local world <close> = sandbox.start()
    local directory = project [[
      local testing = require("xero").testing
      it("keeps the newest of twins", function()
        local twins = testing.policy "twins.lua"
        local plan = twins:plan { connections = testing.connections "tenants.json",
          now = os.date "!%Y-%m-%dT%H:%M:%SZ" }
        assert.equal(34, plan.counts.total)
        assert.equal(1, plan.counts.disconnect)
      end)
    ]]
    shell.output { "cp", "scripts/examples/twins.lua", directory }
    local list = run { "list", "--format", "json", "--anonymise", env = world.env }
    temp.write(directory .. "/tenants.json", list.out)
    local result = test(directory)
    assert.equal(0, result.status, result.out .. result.err)
  end)
end)
