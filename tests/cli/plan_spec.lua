-- `xero-run plan`: who would go, by which rule and why; nothing is changed.

local cjson = require "cjson"
local path = require "pl.path"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

describe("xero-run plan", function()
  local world

  local FIRST = "7e000000-0000-4000-8000-000000000001"
  local SECOND = "7e000000-0000-4000-8000-000000000002"

  local function plan(rules, ...)
    local file = temp.file('local xero = require "xero"\nlocal policy = xero.policy\n'
      .. 'return policy "test" {\n' .. rules .. "\n}\n", "policy.lua")
    return run { "plan", file, env = world.env, ... }
  end

  local ONE = ('policy.disconnect "the first" { tenant_id = "%s" },'):format(FIRST)

  before_each(function() world = sandbox.start() end)

  after_each(function()
    for _, request in ipairs(world:log()) do assert.not_equal("DELETE", request.method) end
    world:stop()
  end)

  it("shows what would go, by which rule and why, and sums up the rest", function()
    local result = plan(ONE)
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("disconnect +c0000000%S+1 +the first", result.out)
    assert.matches("1 of %d+ connections would be disconnected; 0 wait", result.out)
    assert.is_nil(result.out:find("000000000002", 1, true))
  end)

  it("is what a script gets that returns a policy", function()
    local file = temp.file('local xero = require "xero"\nreturn xero.policy "test" {\n'
      .. ONE:gsub("^policy", "xero.policy") .. "\n}\n", "policy.lua")
    local result = run { file, env = world.env }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(run({ "plan", file, env = world.env }).out, result.out)
    assert.matches("disconnect +c0000000%S+1 +the first", result.out)
  end)

  it("does not let a script forget to return its policy", function()
    local file = temp.file('local xero = require "xero"\nlocal _ = xero.policy "test" {\n'
      .. ONE:gsub("^policy", "xero.policy") .. "\n}\n", "policy.lua")
    local result = run { file, env = world.env }
    assert.equal(2, result.status)
    assert.matches("policy.lua:2: .*not returned by the script", result.err)
  end)

  it("shows every connection with --all", function()
    assert.matches("kept +c0000000%S+2 +no rule matches", plan(ONE, "--all").out)
  end)

  it("says that a tenant has no name, to people alone", function()
    assert.matches("\nkept +c0000000%S+10 +no rule matches +%(no name%) ", plan(ONE, "--all").out)
    assert.is_nil(plan(ONE, "--all", "--format", "csv").out:find("no name", 1, true))
  end)

  it("is of a file, and says so of standard input", function()
    local result = run { "plan", "-", env = world.env }
    assert.equal(2, result.status)
    assert.matches("read from a file, not from standard input", result.err, 1, true)
  end)

  it("gives verdict, rule, reason and the numbers as JSON", function()
    local result = plan(ONE, "--format", "json")
    assert.equal(0, result.status, result.err)
    local value = cjson.decode(result.out)
    assert.same({ 1, 1, "test" }, { value.counts.disconnect, #value.connections, value.policy })
    local entry = value.connections[1]
    assert.same({ "disconnect", "the first", FIRST }, { entry.verdict, entry.rule, entry.tenantId })
    assert.is_truthy(entry.reason:find(FIRST, 1, true))
  end)

  it("exits with 9 for --detailed-exitcode where there is something to do", function()
    assert.equal(9, plan(ONE, "--detailed-exitcode").status)
    local none = 'policy.disconnect "nobody" { name = "no such tenant" },'
    assert.equal(0, plan(none, "--detailed-exitcode").status)
  end)

  it("shows the whole plan before it refuses it for a limit", function()
    local result = plan(ONE .. "limits = { max_disconnects = 0 },")
    assert.equal(5, result.status)
    assert.matches("disconnect +c0000000", result.out)
    assert.matches("REFUSED: [^\n]*max_disconnects = 0", result.err)
  end)

  it("is bound by --max-disconnects", function()
    assert.equal(5, plan(ONE, "--max-disconnects", "0").status)
  end)

  it("refuses where a predicate fails, and shows who is held", function()
    local result = plan('policy.disconnect "broken" { when = function() error "no" end },')
    assert.equal(5, result.status)
    assert.matches("held +c0000000", result.out)
  end)

  it("gives as ids only those that go, and none of a refused plan", function()
    local waits = ('policy.disconnect "later" { tenant_id = "%s", after = "7d" },'):format(SECOND)
    local result = plan(ONE .. waits, "--format", "ids")
    assert.equal("c0000000-0000-4000-8000-000000000001\n", result.out)
    assert.same({ 5, "" }, (function()
      local refused = plan(ONE, "--format", "ids", "--max-disconnects", "0")
      return { refused.status, refused.out }
    end)())
  end)

  it("says file and line of a mistake in the policy, and asks nobody", function()
    local result = plan 'policy.keep "who" { nam = "x" },'
    assert.equal(2, result.status)
    assert.matches("policy%.lua:4: [^\n]*nam", result.err)
    assert.matches('hint: did you mean "name"', result.err)
    assert.same({}, world:log())
  end)

  it("leaves nothing on the disk", function()
    local state = temp.directory() .. "/state"
    local file = temp.file('local xero = require "xero"\nreturn xero.policy "test" {\n'
      .. 'xero.policy.disconnect "later" { name = "Demo*", after = "7d" } }', "policy.lua")
    local result = run { "plan", file, env = world:with { XERO_RUN_STATE = state } }
    assert.equal(0, result.status, result.err)
    assert.matches("waiting", result.out)
    assert.is_false(path.exists(state))
  end)

  it("finds modules beside the policy, wherever it is started", function()
    local file = temp.file('local rules = require "rules"\n'
      .. 'return require "xero".policy "test" { rules }', "policy.lua")
    temp.write(file:match "^(.*)/" .. "/rules.lua",
      'return require "xero".policy.disconnect "the first" { tenant_id = "' .. FIRST .. '" }')
    local result = run { "plan", file, env = world.env }
    assert.equal(0, result.status, result.err)
    assert.matches("disconnect +c0000000%S+1 +the first", result.out)
  end)

  it("wants a file that returns a policy", function()
    local result = run { "plan", temp.file("return 1", "p.lua"), env = world.env }
    assert.equal(2, result.status)
    assert.equal(2, run({ "plan", "/nowhere.lua", env = world.env }).status)
  end)
end)
