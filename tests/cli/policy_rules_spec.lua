-- What the rules of a policy mean, by the plans that they make.

local cjson = require "cjson"
local policy_run = require "support.policy_run"
local temp = require "support.temp"

-- The numbered rules of the contract that no other file is about, against the sandbox's tenants.
describe("a policy, as plan shows it,", function()
  local app

  setup(function() app = policy_run.start() end)
  teardown(function()
    assert.same({}, app:deleted())
    app:stop()
  end)

  local DAY = 86400

  local function day(days_ago) return os.date("!%Y-%m-%d", os.time() - days_ago * DAY) end

  local function plan(rules, before)
    local result = app:run({ "plan", "--all", "-f", "json" },
      rules .. " limits = { max_percent = 100 },", before)
    assert.equal(0, result.status, result.err)
    return cjson.decode(result.out)
  end

  -- The numbers of the connections with that verdict.
  local function numbers(verdict, rules, before)
    local found = {}
    for _, entry in ipairs(plan(rules, before).connections) do
      if entry.verdict == verdict then found[#found + 1] = tonumber(entry.id:match "%d+$") end
    end
    return found
  end

  local function goes(conditions, before)
    return numbers("disconnect", ('policy.disconnect "these" { %s },'):format(conditions), before)
  end

  local CONSENT = "ae000000-0000-4000-8000-000000000003"

  describe("knows the condition", function()
    local CASES = {
      { ('id = %q'):format(policy_run.id(3):upper()), { 3 } },
      { "tenant_id = { tenant(1), tenant(19) }", { 1, 19, 20 } },
      { 'name = "demo company (?z)"', { 1, 5 } },
      { 'name = { "Weka*", "*Café" }', { 9, 15 } },
      { 'name_matches = "^Kiwi"', { 19, 20 } },
      { 'type = "practice"', { 13 } },
      { 'type = { "PRACTICE", "PRACTICEMANAGER" }', { 13, 14 } },
      { ('auth_event_id = %q, created_within = "15d"'):format(CONSENT), { 5, 6 } },
      { ('created_before = "%s"'):format(day(1000)), { 16 } },
      { ('created_after = "%s"'):format(day(4)), { 6 } },
      { 'older_than = "1000d"', { 16 } },
      { 'created_within = "4d"', { 6 } },
      { 'connected_within = "4d"', { 6, 7 } },
      { 'not_connected_within = "700d"', { 8, 16 } },
      { 'duplicate = { keep = "newest" }', { 19 } },
      { 'duplicate = { keep = "oldest" }', { 20 } },
      { "when = function(c, run) return c.created_at < run.now - 1000 * 86400 end", { 16 } },
    }
    for _, case in ipairs(CASES) do
      it(case[1], function() assert.same(case[2], goes(case[1])) end)
    end

    it("listed and not_listed, of one source or several", function()
      local sources = [[
        local a = xero.source.table("a", { rows = { tenant(1), tenant(2) } })
        local b = xero.source.table("b", { rows = { tenant(3) } })]]
      assert.same({ 1, 2 }, goes("listed = a", sources))
      assert.same({ 1, 2, 3 }, goes("listed = { a, b }", sources))
      assert.same({ 4, 5, 6, 7 }, goes('not_listed = { a, b }, name = "Demo*"', sources))
    end)
  end)

  it("wants all conditions of a rule to hold", function()
    assert.same({ 1, 2, 7 }, goes 'name = "Demo*", older_than = "100d"')
  end)

  it("goes by protection first, wherever it stands, then by the first rule that matches", function()
    local rules = [[
      policy.keep "new" { created_within = "20d" },
      policy.disconnect "demo" { name = "Demo*" },
      policy.keep "too late" { name = "Demo*" },
      policy.protect "ours" { tenant_id = { tenant(2), tenant(6) } },]]
    assert.same({ 2, 6 }, numbers("protected", rules))
    assert.same({ 1, 3, 4, 7 }, numbers("disconnect", rules))
  end)

  it("keeps what no rule matches, and says so", function()
    local entry = plan('policy.disconnect "none" { name = "nobody" },').connections[1]
    assert.same({ "kept", "no rule matches" }, { entry.verdict, entry.rule })
  end)

  it("gives every connection the rule and what it saw", function()
    local made = plan [[policy.disconnect "demo" { name = "Demo*", older_than = "100d" },
      policy.keep "because" { when = function() return true, "I say so" end },]]
    assert.equal(34, #made.connections)
    assert.matches('createdDateUtc is [^\n]*400 days ago; the name is "Demo Company %(NZ%)"',
      made.connections[1].reason)
    assert.equal("I say so", made.connections[30].reason)
    for _, entry in ipairs(made.connections) do assert.matches("%S", entry.reason) end
  end)

  it("keeps what nobody can tell, for want of an id or a date", function()
    assert.same({}, goes 'auth_event_id = "ae000000-0000-4000-8000-000000000009"')
    local entry = plan('policy.keep "by consent" { '
      .. 'auth_event_id = "ae000000-0000-4000-8000-000000000009" },').connections[16]
    assert.same({ "kept", "by consent" }, { entry.verdict, entry.rule })
    assert.matches("no valid authEventId", entry.reason)
  end)

  it("holds whom a predicate fails for, and then nothing may go", function()
    for _, body in ipairs { 'error "no"', "return 1", "return" } do
      local result = app:run({ "plan" }, ([[policy.disconnect "odd" { tenant_id = tenant(3),
        when = function() %s end },]]):format(body))
      assert.equal(5, result.status)
      assert.matches("held +%S+03 +odd", result.out)
      assert.matches("REFUSED: 1 held", result.err)
    end
  end)

  describe("with a quota", function()
    local DEMO = 'evictable = function(c) return c.name:find "^Demo" ~= nil end'

    it("keeps the app under it: of those that may go, those connected longest ago", function()
      local rules = ("quota = { max = 30, headroom = 2, %s },"):format(DEMO)
      assert.same({ 1, 2, 3, 4, 5, 7 }, numbers("disconnect", rules))
      assert.same({ goal = 28, remaining = 28, evicted = 6 }, plan(rules).quota)
    end)

    it("takes them in the order that the policy says", function()
      assert.same({ 6, 7 }, numbers("disconnect", ("quota = { max = 32, %s, "
        .. "order = function(a, b) return a.id > b.id end },"):format(DEMO)))
    end)

    it("evicts nobody whom a rule keeps, and says where it is out of reach", function()
      local result = app:run({ "plan" }, 'policy.keep "new" { created_within = "40d" },'
        .. ("quota = { max = 10, %s }, limits = { max_percent = 100 },"):format(DEMO))
      assert.equal(0, result.status, result.err)
      assert.matches("4 of 34 connections would be disconnected", result.out)
      assert.matches("the quota of 10 is out of reach: 30 would remain, and no more may go",
        result.out)
    end)

    it("is wanted whole", function()
      local result = app:run({ "plan" }, "quota = { max = 10 },")
      assert.equal(2, result.status)
      assert.matches("policy.lua:%d+: [^\n]*quota.evictable: expected a function", result.err)
    end)
  end)

  describe("is refused at load, with file and line, for", function()
    local MISTAKES = {
      { 'policy.disconnect "x" { older_then = "9d" },', "unknown condition", 'mean "older_than"' },
      { 'policy.disconnect "x" { older_than = "90" },', "a duration needs a unit", nil },
      { 'policy.disconnect "x" { older_than = 90 },', 'a duration such as "30d"', nil },
      { 'policy.disconnect "x" { name = "x", after = "soon" },', "not a duration", nil },
      { 'policy.disconnect "x" { },', "would match every connection", "is a name misspelt" },
      { 'policy.disconnect "x",', "it is not finished", nil },
      { 'policy.keep "x" { tenant_id = "acme" },', "expected a UUID", nil },
      { 'policy.keep "x" { created_before = "soon" },', "expected a date", nil },
      { 'policy.keep "x" { name = "x", after = "7d" },', "only a rule that disconnects", nil },
      { 'policy.kepp "x" { name = "x" },', "no such kind of rule", 'mean "policy.keep"' },
      { 'policy.keep "x" { name = "x" }, default = "disconnect",', 'expected "keep"', nil },
      { 'policy.keep "x" { name = "x" }, limit = {},', "unknown key", 'mean "limits"' },
      { 'policy.keep "x" { name = "x" }, limits = { max_precent = 1 },', "unknown limit",
        'mean "max_percent"' },
      { 'policy.keep "x" { name = "x" }, nil, 7,', "expected a rule, got nothing", nil },
    }
    for _, mistake in ipairs(MISTAKES) do
      it(mistake[1], function()
        local before = #app.world:log()
        local result = app:run({ "apply", "--yes" }, mistake[1])
        assert.equal(2, result.status, result.err)
        assert.matches("policy.lua:%d+: ", result.err)
        assert.matches(mistake[2], result.err, 1, true)
        if mistake[3] then assert.matches("hint: [^\n]*" .. mistake[3], result.err) end
        assert.equal(before, #app.world:log())
      end)
    end

    it("a policy without a name, which has no line", function()
      temp.write(app.file, 'return require "xero".policy { limits = {} }')
      for _, words in ipairs { { "plan", app.file }, { app.file } } do
        local result = app:run(words)
        assert.equal(2, result.status, result.err)
        assert.matches("policy.lua: policy: label: expected a text, got a table", result.err, 1,
          true)
      end
    end)

    it("two sources of one name, which would share a history", function()
      local result = app:run({ "plan" }, 'policy.keep "x" { listed = { a, b } },', [[
        local a = xero.source.table("crm", { rows = { tenant(1) } })
        local b = xero.source.table("crm", { rows = { tenant(2) } })]])
      assert.equal(2, result.status)
      assert.matches('policy.lua:%d+: [^\n]*two sources are called "crm"', result.err)
    end)
  end)
end)
