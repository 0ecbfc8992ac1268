-- Verdicts, limits, anomalies, quotas and explanations of a plan.

local errors = require "xero.error"
local explain = require "xero.explain"
local make_plan = require("xero.plan").make
local policies = require "support.policies"

local crm, crm_loaded = policies.source("crm", { 1, 2 })

local function load_rules(rules, names)
  return policies.load('return policy "p" { ' .. rules .. " }",
    setmetatable({ crm = crm, tenant = policies.tenant, id = policies.id }, { __index = names }))
end

local function plan_of(rules, list, input, names)
  local connections = type(list) == "number" and policies.many(list) or policies.connections(list)
  local all = { sources = { [crm] = crm_loaded } }
  for key, value in pairs(input or {}) do all[key] = value end
  return policies.plan(load_rules(rules, names), connections, all)
end

-- A policy that disconnects the first n tenants.
local function first(n)
  return ([[policy.disconnect "first" { when = function(c)
    return tonumber(c.name:match "%%d+") <= %d end },]]):format(n)
end

describe("a plan", function()
  it("gives every connection a verdict, the rule and the reason, in the list's order", function()
    local plan = plan_of([[
      policy.keep "active" { listed = crm },
      policy.protect "ours" { tenant_id = tenant(4) },
      policy.disconnect "inactive" { not_listed = crm, name = "Tenant 3" }]], 5)
    assert.equal("kkdpk", policies.verdicts(plan))
    local rules, reasons = {}, {}
    for i, entry in ipairs(plan.entries) do
      rules[i], reasons[i] = entry.rule.label, entry.reason
      assert.equal("Tenant " .. i, entry.connection.name)
    end
    assert.same({ "active", "active", "inactive", "ours", "no rule matches" }, rules)
    assert.equal(("tenant %s is in crm (2 rows)"):format(policies.tenant(1)), reasons[1])
    assert.equal(('tenant %s is not in crm (2 rows); the name is "Tenant 3"'):format(
      policies.tenant(3)), reasons[3])
    assert.equal("no rule matches", reasons[5])
    assert.same({ total = 5, kept = 3, disconnect = 1, protected = 1, waiting = 0, held = 0 },
      plan.counts)
    assert.is_nil(plan.refusal)
  end)

  it("goes by the first rule that matches", function()
    assert.equal("k", policies.verdicts(plan_of([[policy.keep "a" { name = "*" },
      policy.disconnect "b" { name = "*" }]], 1)))
    assert.equal("d", policies.verdicts(plan_of([[policy.disconnect "b" { name = "*" },
      policy.keep "a" { name = "*" }]], 1)))
  end)

  it("puts the profile's protection before everything", function()
    local plan = plan_of('policy.disconnect "all" { name = "*" }', 2,
      { profile = { name = "acme", protect = { [policies.tenant(2):upper()] = "our own books" } } })
    assert.equal("dp", policies.verdicts(plan))
    assert.equal("protected by profile acme", plan.entries[2].rule.label)
    assert.equal("our own books", plan.entries[2].reason)
  end)

  it("protects whom it cannot tell from a protected tenant", function()
    local profile = { name = "acme", protect = { [policies.tenant(9)] = "ours" } }
    local plan = plan_of('policy.disconnect "all" { name = "*" }', { { tenantId = false } },
      { profile = profile })
    assert.equal("p", policies.verdicts(plan))
    assert.matches("may be a protected one", plan.entries[1].reason, 1, true)
  end)

  it("keeps a connection without an id by which it could be disconnected", function()
    local plan = plan_of('policy.disconnect "all" { name = "*" }', { { id = false }, { id = "7" } })
    assert.equal("kk", policies.verdicts(plan))
    assert.equal("there is no valid id by which to disconnect it", plan.entries[1].reason)
  end)

  it("is not made without the sources of its policy", function()
    local ok, err = pcall(plan_of, 'policy.keep "a" { listed = crm }', 1, { sources = {} })
    assert.is_false(ok)
    assert.is_true(errors.is(err, "source"))
  end)

  it("names no stranger's control characters", function()
    local plan = plan_of('policy.disconnect "all" { name = "*" }', { { tenantName = "E\27[2J" } })
    assert.equal([[the name is "E\x1b[2J"]], plan.entries[1].reason)
  end)
end)

describe("a clock that is wrong", function()
  it("stops the whole plan, even where nothing would go, and is said first", function()
    for _, rules in ipairs { 'policy.disconnect "all" { name = "*" }',
      'policy.keep "all" { name = "*" }' } do
      local plan = plan_of(rules, 30, { clock = { here = 1764133200, there = 1764132900 } })
      assert.matches("^the clock of this machine", plan.refusal.message)
      assert.equal(5, errors.new(plan.refusal):exit_status())
    end
  end)
end)

describe("held tenants", function()
  local BROKEN = 'policy.disconnect "a" { name = "Tenant 1", when = function() error "x" end },'
    .. 'policy.disconnect "b" { name = "Tenant 2" }'

  it("stop the whole plan", function()
    local plan = plan_of(BROKEN, 3)
    assert.equal("hdk", policies.verdicts(plan))
    assert.equal("limit", plan.refusal.kind)
    assert.equal(5, errors.new(plan.refusal):exit_status())
  end)

  it("stop it even where nothing would go", function()
    assert.is_table(plan_of('policy.keep "a" { when = function() end }', 1).refusal)
  end)

  it("only stay themselves with allow_held", function()
    assert.is_nil(plan_of(BROKEN .. ", allow_held = true", 3).refusal)
    assert.is_nil(plan_of(BROKEN, 3, { allow_held = true }).refusal)
    assert.equal("hdk", policies.verdicts(plan_of(BROKEN, 3, { allow_held = true })))
  end)
end)

describe("the limits", function()
  local function refusal(rules, count, input)
    local plan = plan_of(rules, count, input)
    return plan.refusal and plan.refusal.message, plan
  end

  it("are, where the policy sets none, a tenth but never fewer than three", function()
    assert.is_nil(refusal(first(3), 4))
    assert.equal("it would disconnect 4, more than 3: "
      .. "the default, 10 % of 4 connections but never fewer than 3", refusal(first(4), 4))
    assert.is_nil(refusal(first(3), 39))
    assert.is_nil(refusal(first(4), 40))
    assert.is_string(refusal(first(5), 40))
    assert.is_nil(refusal(first(10), 100))
    assert.is_string(refusal(first(11), 100))
  end)

  it("of the default bind where the policy limits only what remains", function()
    assert.is_string(refusal(first(11) .. "limits = { min_remaining = 1 }", 100))
    assert.is_string(refusal(first(11) .. "limits = {}", 100))
  end)

  it("of the policy replace the default", function()
    assert.is_nil(refusal(first(50) .. "limits = { max_percent = 50 }", 100))
    assert.equal('it would disconnect 51, more than 50: max_percent = 50 of policy "p", of 100 '
      .. "connections", refusal(first(51) .. "limits = { max_percent = 50 }", 100))
    assert.is_nil(refusal(first(25) .. "limits = { max_disconnects = 25 }", 30))
    assert.equal('it would disconnect 26, more than 25: max_disconnects = 25 of policy "p"',
      refusal(first(26) .. "limits = { max_disconnects = 25 }", 30))
  end)

  it("bind all together, the smallest first", function()
    local rules = first(10) .. "limits = { max_disconnects = 9, max_percent = 100 }"
    local profile = { name = "acme", limits = { max_disconnects = 8, max_percent = 5 } }
    local message, plan = refusal(rules, 100, { profile = profile, max_disconnects = 7 })
    assert.equal("it would disconnect 10, more than 5: max_percent = 5 of profile acme, of 100 "
      .. "connections", message)
    assert.equal("it is also more than --max-disconnects 7; max_disconnects = 8 of profile acme; "
      .. 'max_disconnects = 9 of policy "p"', plan.refusal.hint)
    assert.equal("it would disconnect 10, more than 7: --max-disconnects 7",
      (refusal(rules, 100, { max_disconnects = 7 })))
  end)

  it("of profile and option cannot loosen the policy's, nor the default", function()
    local loose = { profile = { name = "a", limits = { max_percent = 100 } }, max_disconnects = 99 }
    assert.is_string(refusal(first(11), 100, loose))
    assert.is_string(refusal(first(3) .. "limits = { max_disconnects = 2 }", 100, loose))
  end)

  it("take zero for zero", function()
    assert.is_string(refusal(first(1) .. "limits = { max_disconnects = 0 }", 100))
    assert.is_string(refusal(first(1) .. "limits = { max_percent = 0 }", 100))
    assert.is_string(refusal(first(1), 100, { max_disconnects = 0 }))
    assert.is_string(refusal(first(1), 100,
      { profile = { name = "a", limits = { max_percent = 0 } } }))
  end)

  it("of a percentage are rounded down", function()
    assert.is_string(refusal(first(1) .. "limits = { max_percent = 10 }", 9))
    assert.is_nil(refusal(first(3) .. "limits = { max_percent = 30 }", 10))
  end)

  it("of what remains count everything that stays", function()
    local rules = first(3) .. "limits = { max_percent = 100, min_remaining = 2 }"
    assert.is_nil(refusal(rules, 5))
    assert.equal('it would disconnect 3, more than 2: min_remaining = 2 of policy "p", of 4 '
      .. "connections", refusal(rules, 4))
  end)

  it("refuse nothing where nothing would go", function()
    assert.is_nil(refusal(first(0) .. "limits = { max_disconnects = 0, min_remaining = 9 }", 2))
  end)

  it("do not keep the plan from being seen", function()
    local _, plan = refusal(first(4), 4)
    assert.equal("dddd", policies.verdicts(plan))
  end)
end)

describe("an anomaly", function()
  local function after(...) return { state = policies.state_after(plan_of(...)) } end

  it("is an empty list where there were connections before", function()
    local plan = plan_of(first(1), {}, after(first(1), 4))
    assert.equal("limit", plan.refusal.kind)
    assert.equal("there are no connections, where there were 3 after the last run",
      plan.refusal.message)
  end)

  it("is one whichever policy was run before", function()
    local other = policies.load [[return policy "other" { policy.keep "a" { name = "x" } }]]
    assert.is_table(policies.plan(other, policies.many(0), after(first(0), 4)).refusal)
  end)

  it("is no empty list at the first run, nor after everything was disconnected", function()
    assert.is_nil(plan_of(first(1), {}).refusal)
    assert.is_nil(plan_of(first(1), {}, after(first(2), 2)).refusal)
  end)

  it("is no empty list after another policy's run disconnected everything", function()
    local all = policies.load 'return policy "all" { policy.disconnect "all" { name = "*" } }'
    local state = after(first(0), 2).state
    state = policies.state_after(policies.plan(all, policies.many(2),
      { state = state, now = policies.NOW + 60 }))
    assert.is_nil(plan_of(first(1), {}, { state = state }).refusal)
  end)

  it("is a list that has a connection twice", function()
    local plan = plan_of(first(0), { { id = policies.id(0xa) }, { id = policies.id(0xa):upper() } })
    assert.equal("protocol", plan.refusal.kind)
  end)
end)

describe("a quota", function()
  local ALL = "quota = { max = %d, headroom = %d, evictable = function() return true end%s },"
    .. "limits = { max_percent = 100 },"

  local function quota(max, headroom, more)
    return ALL:format(max, headroom, more or "")
  end

  local function by_age(ages)
    local list = {}
    for i, days in ipairs(ages) do list[i] = { updatedDateUtc = policies.days_ago(days) } end
    return list
  end

  it("evicts none while there is room", function()
    local plan = plan_of(quota(5, 1), 4)
    assert.equal("kkkk", policies.verdicts(plan))
    assert.equal(4, plan.quota.goal)
    assert.equal(0, plan.quota.evicted)
  end)

  it("evicts those that connected longest ago, down to max less headroom", function()
    local plan = plan_of(quota(5, 1), by_age { 1, 50, 3, 40, 5, 30 })
    assert.equal("kdkdkk", policies.verdicts(plan))
    assert.equal("quota", plan.entries[2].rule.label)
    assert.equal("6 connections are over 4 (max 5, headroom 1)", plan.entries[2].reason)
    assert.equal(4, plan.quota.remaining)
  end)

  it("evicts in the order that is asked for", function()
    local plan = plan_of(quota(2, 0, ", order = function(a, b) return a.name > b.name end"), 4)
    assert.equal("kkdd", policies.verdicts(plan))
  end)

  it("counts what the rules disconnect already", function()
    assert.equal("dkk", policies.verdicts(plan_of(first(1) .. quota(2, 0), 3)))
    assert.equal("ddk", policies.verdicts(plan_of(first(1) .. quota(1, 0), 3)))
  end)

  it("evicts only what is evictable, and says what is out of reach", function()
    local plan = plan_of([[limits = { max_percent = 100 }, quota = { max = 1,
      evictable = function(c) return c.name == "Tenant 2", "a trial" end }]], 4)
    assert.equal("kdkk", policies.verdicts(plan))
    assert.matches(": a trial", plan.entries[2].reason, 1, true)
    assert.equal("the quota of 1 is out of reach: 3 would remain, and no more may go",
      plan.quota.message)
  end)

  it("never evicts whom a rule protects or keeps, who waits or is held", function()
    local plan = plan_of([[
      policy.protect "p" { name = "Tenant 1" }, policy.keep "k" { name = "Tenant 2" },
      policy.disconnect "w" { name = "Tenant 3", after = "7d" },
      policy.keep "h" { name = "Tenant 4", when = function() end }, ]] .. quota(0, 0), 5)
    assert.equal("pkwhd", policies.verdicts(plan))
    assert.is_string(plan.quota.message)
  end)

  it("never evicts by date whose date is missing", function()
    local plan = plan_of(quota(0, 0), { { updatedDateUtc = false }, { updatedDateUtc = "x" }, {} })
    assert.equal("kkd", policies.verdicts(plan))
  end)

  it("holds whom its predicates fail for", function()
    local plan = plan_of([[quota = { max = 1, evictable = function(c)
      if c.name == "Tenant 2" then error "x" end return true end }]], 3)
    assert.equal("h", plan.entries[2].verdict:sub(1, 1))
    assert.matches("evictable: the predicate failed", plan.entries[2].reason, 1, true)
    assert.is_table(plan.refusal)
    plan = plan_of(quota(1, 0, ", order = function() return 1 end"), 2)
    assert.equal("hh", policies.verdicts(plan))
    assert.matches("order: the predicate gave a number", plan.entries[1].reason, 1, true)
  end)

  it("is not troubled by an order that is none", function()
    for seed = 1, 20 do
      math.randomseed(seed)
      local plan = plan_of(quota(9, 0, ", order = function() return math.random() < 0.5 end"), 30)
      assert.equal(21, plan.counts.disconnect)
    end
    assert.equal(21, plan_of(quota(9, 0, ", order = function() return true end"), 30)
      .counts.disconnect)
  end)

  it("is under the limits, too", function()
    assert.is_table(plan_of(
      "quota = { max = 1, evictable = function() return true end }", 30).refusal)
  end)
end)

describe("an explanation", function()
  local function explained(rules, list, index, input)
    local connections = policies.connections(list)
    local all = {
      policy = load_rules(rules), connections = connections, now = policies.NOW,
      sources = { [crm] = crm_loaded },
    }
    for key, value in pairs(input or {}) do all[key] = value end
    return explain(all, make_plan(all))(connections[index])
  end

  it("gives each rule's and each condition's result, and the values seen", function()
    local found = explained([[
      policy.keep "active" { listed = crm, type = "ORGANISATION" },
      policy.disconnect "old" { older_than = "90d", name = "Tenant*" },
      policy.keep "rest" { name = "x" }]], { {}, {}, { updatedDateUtc = false } }, 3)
    assert.equal("disconnect", found.entry.verdict)
    local rules = {}
    for i, rule in ipairs(found.rules) do
      rules[i] = ("%s %s %s"):format(rule.rule.label, rule.result, rule.decides)
    end
    assert.same({ "active no false", "old yes true", "rest no false" }, rules)
    assert.same({
      { text = 'type = "ORGANISATION"', result = "yes", saw = "tenantType is ORGANISATION" },
      { text = "listed = crm", result = "no",
        saw = ("tenant %s is not in crm (2 rows)"):format(policies.tenant(3)) },
    }, found.rules[1].conditions)
    assert.equal("createdDateUtc is 2025-10-19T12:00:00.0000000, 400 days ago",
      found.rules[2].conditions[1].saw)
  end)

  it("says what nobody can tell, what failed and what was not asked", function()
    local rules = [[
      policy.keep "recent" { connected_within = "30d" },
      policy.keep "other" { name = "x", when = function() error "never" end },
      policy.keep "broken" { name = "*", when = function() error("no", 0) end }]]
    local found = explained(rules, { { updatedDateUtc = false } }, 1)
    assert.equal("kept", found.entry.verdict)
    assert.same({ "unknown", "no", "held" },
      { found.rules[1].result, found.rules[2].result, found.rules[3].result })
    assert.is_true(found.rules[1].decides)
    assert.equal("not asked", found.rules[2].conditions[2].result)
    assert.equal("the predicate failed: no", found.rules[3].conditions[2].saw)
  end)

  it("begins with the profile's protection", function()
    local profile = { name = "acme", protect = { [policies.tenant(1)] = "our own books" } }
    local found = explained('policy.disconnect "all" { name = "*" }', { {} }, 1,
      { profile = profile })
    assert.equal("protected", found.entry.verdict)
    assert.equal("our own books", found.rules[1].conditions[1].saw)
    assert.is_true(found.rules[1].decides)
    assert.equal("yes", found.rules[2].result)
    assert.is_false(found.rules[2].decides)
  end)

  it("shows how often a tenant is connected", function()
    local found = explained('policy.disconnect "twice" { duplicate = { keep = "newest" } }', {
      { tenantId = policies.tenant(9), updatedDateUtc = policies.days_ago(2) },
      { tenantId = policies.tenant(9), updatedDateUtc = policies.days_ago(1) },
    }, 1)
    assert.equal("the tenant is connected 2 times, the newest stays: "
      .. "2026-11-21T12:00:00.0000000 (this one), 2026-11-22T12:00:00.0000000",
      found.rules[1].conditions[1].saw)
  end)
end)
