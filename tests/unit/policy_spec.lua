-- The language of policies: what loads, and what is refused at its line.

local errors = require "xero.error"
local policies = require "support.policies"
local policy = require "xero.policy"
local xero = require "xero"

local crm = policies.source("crm", { 1, 2 })
local NAMES = { crm = crm, crm_twin = (policies.source("crm", {})), when = function() end }

local function has(part, whole)
  assert.matches(part, whole, 1, true)
end

local function refusal(text)
  local ok, err = pcall(policies.load, text, NAMES)
  assert.is_false(ok, text)
  assert.is_true(errors.is(err, "usage"), tostring(err))
  return err
end

-- The complaint about one rule that stands at line 3 of a policy.
local function complaint(rule)
  local err = refusal('return policy "p" {\n\n  ' .. rule .. ",\n}")
  local message = assert(err.message:match "^offboard%.lua:3: (.*)$", err.message)
  return message, err.hint
end

local function rule_complaint(conditions)
  local message, hint = complaint('policy.disconnect "d" ' .. conditions)
  return assert(message:match '^disconnect "d": (.*)$', message), hint
end

describe("xero.policy", function()
  it("is part of the public face", function()
    assert.equal(policy, xero.policy)
  end)

  it("gives a policy that is data", function()
    local made = policies.load([[
      return policy "offboard-churned" {
        limits = { max_disconnects = 25, max_percent = 5, min_remaining = 1 },
        policy.keep       "active in the CRM"      { listed = crm },
        policy.protect    "our own books"          {
          tenant_id = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58" },
        policy.disconnect "not an active customer" { not_listed = crm, after = "7d" },
      }]], NAMES)
    assert.is_true(policy.is(made))
    assert.equal("offboard-churned", made.name)
    assert.same({ max_disconnects = 25, max_percent = 5, min_remaining = 1 }, made.limits)
    assert.same({ crm }, made.sources)
    assert.is_false(made.allow_held)
    assert.equal("offboard.lua:1", made.file .. ":" .. made.line)
  end)

  it("judges what protects before all other rules, and those in their order", function()
    local made = policies.load([[
      return policy "p" {
        policy.disconnect "a" { name = "*" },
        policy.keep "b" { name = "*" },
        policy.protect "c" { name = "*" },
      }]])
    local order = {}
    for i, rule in ipairs(made.rules) do order[i] = rule.label .. rule.line end
    assert.same({ "c4", "a2", "b3" }, order)
  end)

  it("takes each rule's line from where the rule begins", function()
    local made = policies.load 'return policy "p" {\n policy.keep "a"\n{\nname = "*"\n} }'
    assert.equal(2, made.rules[1].line)
    assert.equal("offboard.lua", made.rules[1].file)
  end)

  describe("refuses at load, with file and line,", function()
    it("a type that is misspelt, but none that may be new", function()
      assert.equal('type: expected a type such as "ORGANISATION", got "Organization"',
        (rule_complaint '{ type = { "PRACTICE", "Organization" } }'))
      for _, type in ipairs { "ORGANISATION", "workflowmax", "LEDGER", "PRACTICE_STUDIO" } do
        policies.load(('return policy "p" { policy.keep "k" { type = "%s" } }'):format(type))
      end
    end)

    it("a second policy, saying where both are", function()
      local SECOND = 'policy "b": it is the second one: policy "a" stands at offboard.lua:1'
      local rule = '{ policy.keep "k" { name = "x" } }\n'
      for _, text in ipairs {
        'policy "a" ' .. rule .. 'return policy "b" ' .. rule,
        'local a = policy "a" ' .. rule .. 'policy "b" ' .. rule .. "return a",
      } do
        local err = refusal(text)
        assert.equal("offboard.lua:2: " .. SECOND, err.message)
        has("one policy", err.hint)
      end
    end)

    it("an unknown condition, naming the nearest that there is", function()
      local message, hint = rule_complaint '{ nme = "x" }'
      assert.equal('unknown condition "nme"', message)
      assert.equal('did you mean "name"?', hint)
      message, hint = rule_complaint '{ conected_within = "30d" }'
      assert.equal('unknown condition "conected_within"', message)
      assert.equal('did you mean "connected_within"?', hint)
      has("there are id, tenant_id", select(2, rule_complaint "{ zzz = 1 }"))
      assert.equal("unknown condition 1", (rule_complaint '{ "Demo*" }'))
    end)

    it("an empty rule", function()
      local message, hint = rule_complaint "{}"
      has("no conditions", message)
      has("nil", hint)
      has("no conditions", rule_complaint '{ after = "7d" }')
      has("no conditions", rule_complaint "{ not_listed = misspelt }")
    end)

    it("a bad duration", function()
      for _, key in ipairs { "older_than", "created_within", "connected_within",
        "not_connected_within" } do
        has(key .. ": not a duration: 30 days?",
          rule_complaint(("{ %s = '30 days?' }"):format(key)))
        has("a duration needs a unit",
          rule_complaint(("{ %s = '30' }"):format(key)))
        has('expected a duration such as "30d", got 30',
          rule_complaint(("{ %s = 30 }"):format(key)))
      end
      for _, key in ipairs { "older_than", "not_connected_within" } do
        has(key .. ': "0.0d" is no time at all', rule_complaint(
          ('{ name = "x", %s = "0.0d" }'):format(key)))
      end
      has("after: not a duration", rule_complaint '{ name = "x", after = "7x" }')
      has("hundred years", rule_complaint '{ name = "x", after = "9999w" }')
    end)

    it("a bad date", function()
      has('created_before: expected a date such as "2026-01-31", got "31.1.2026"',
        rule_complaint '{ created_before = "31.1.2026" }')
      has("got 2026", rule_complaint "{ created_after = 2026 }")
    end)

    it("an id that is no UUID", function()
      for _, key in ipairs { "id", "tenant_id", "auth_event_id" } do
        assert.equal(key .. ': expected a UUID, got "acme"',
          (rule_complaint(("{ %s = 'acme' }"):format(key))))
      end
    end)

    it("a bad glob or pattern", function()
      has('name: expected a glob ("[a" has a "[" without a "]")',
        rule_complaint '{ name = "[a" }')
      has('it has a "(" without a ")"', rule_complaint '{ name_matches = "a(b" }')
    end)

    it("a wrong type", function()
      has("name: expected a name", rule_complaint "{ name = 7 }")
      has("type: expected a type", rule_complaint "{ type = true }")
      has("listed: expected a source, made by xero.source, got \"crm\"",
        rule_complaint '{ listed = "crm" }')
      has("when: expected a function, got true", rule_complaint "{ when = true }")
      has('expected { keep = "newest" }', rule_complaint "{ duplicate = true }")
      has("unknown key kep", rule_complaint '{ duplicate = { kep = "newest" } }')
    end)

    it("an empty list, and one with names or gaps", function()
      has("an empty list matches nothing", rule_complaint "{ name = {} }")
      has("without names", rule_complaint '{ name = { "a", x = "b" } }')
      has("without gaps", rule_complaint '{ name = { "a", nil, "b" } }')
      has("name: expected a name such as", rule_complaint '{ name = { "a", 1 } }')
    end)

    it("a wait where nothing is disconnected", function()
      assert.equal('keep "k": only a rule that disconnects can wait: after',
        (complaint 'policy.keep "k" { name = "x", after = "7d" }'))
    end)

    it("a rule without a label", function()
      assert.equal('keep: label: expected a text, got a table',
        (complaint 'policy.keep { name = "x" }'))
      assert.equal('keep: label: expected a text, got ""', (complaint 'policy.keep "" {}'))
    end)

    it("a rule without conditions", function()
      assert.equal('keep "k": it is not finished: { … } is missing', (complaint 'policy.keep "k"'))
      assert.equal('keep "k": what follows: expected { … }, got "x"',
        (complaint 'policy.keep "k" "x"'))
    end)

    it("a kind of rule that there is not", function()
      local message, hint = complaint 'policy.disconect "d" { name = "x" }'
      assert.equal("policy.disconect: there is no such kind of rule", message)
      assert.equal('did you mean "policy.disconnect"?', hint)
    end)

    it("what is no rule in a policy, and a hole among the rules", function()
      has("entry 1: expected a rule, got a table",
        refusal 'return policy "p" { {} }'.message)
      has("entry 2: expected a rule, got nothing", refusal [[return policy "p" {
        policy.keep "a" { name = "x" }, nil, policy.keep "b" { name = "x" } }]].message)
    end)

    it("an unknown key of the policy, a limit, a key of the quota", function()
      local function of(text)
        local err = refusal('return policy "p" { policy.keep "a" { name = "x" }, ' .. text .. " }")
        local message = err.message:match '^offboard%.lua:1: policy "p": (.*)$'
        return assert(message, err.message), err.hint
      end
      assert.same({ 'unknown key "limit"', 'did you mean "limits"?' }, { of "limit = {}" })
      assert.same({ 'unknown limit "max_disconects"', 'did you mean "max_disconnects"?' },
        { of "limits = { max_disconects = 1 }" })
      assert.same({ 'unknown key of the quota "maximum"',
        "there are evictable, headroom, max, order" }, { of "quota = { maximum = 1 }" })
      has("limits.max_percent: expected a number from 0 to 100, got 101",
        of "limits = { max_percent = 101 }")
      has("limits.max_disconnects: expected a whole number, 0 or more, got -1",
        of "limits = { max_disconnects = -1 }")
      has("limits: expected a table, got 5", of "limits = 5")
      has("quota.evictable: expected a function, got nothing",
        of "quota = { max = 5 }")
      has("quota.max: expected a whole number, 0 or more, got nothing",
        of "quota = { evictable = when }")
      has("quota.headroom: 6 is more than max, 5",
        of "quota = { max = 5, headroom = 6, evictable = when }")
      has("allow_held: expected true or false, got 1", of "allow_held = 1")
      has("sources: expected a source", of "sources = { 7 }")
    end)

    it("any other default than keep", function()
      has('default: expected "keep", the only one there is, got "disconnect"',
        refusal [[return policy "p" {
          default = "disconnect", policy.keep "a" { name = "x" } }]].message)
      assert.is_true(policy.is(policies.load
        'return policy "p" { default = "keep", policy.keep "a" { name = "x" } }'))
    end)

    it("a policy without rules, without a name, without an end", function()
      assert.equal('offboard.lua:1: policy "p": it has no rules',
        refusal 'return policy "p" {}'.message)
      assert.equal('offboard.lua: policy: label: expected a text, got a table',
        refusal "return policy {}".message)
      assert.equal('offboard.lua: policy "p": it is not finished: { … } is missing',
        refusal 'return policy "p"'.message)
    end)

    it("a rule outside a policy", function()
      assert.equal('offboard.lua:2: keep "lost": it is in no policy', refusal [[
        local a = policy.keep "a" { name = "x" }
        policy.keep "lost" { name = "x" }
        return policy "p" { a }]].message)
      assert.equal('offboard.lua:1: keep "lost": it is in no policy',
        refusal 'local lost = policy.keep "lost" return lost { name = "x" }'.message)
      assert.equal("offboard.lua:1: quota: it is in no policy",
        refusal "policy.quota { max = 5, evictable = when }".message)
    end)

    it("two quotas, and two sources of one name", function()
      has("two quotas", refusal [[return policy "p" {
        policy.quota { max = 5, evictable = when },
        quota = { max = 5, evictable = when } }]].message)
      has('two sources are called "crm"', refusal [[return policy "p" {
        policy.keep "a" { listed = { crm, crm_twin } } }]].message)
    end)
  end)

  it("takes a quota as a key or as an entry, with a label or without", function()
    for _, text in ipairs {
      "quota = { max = 50, evictable = when }",
      "policy.quota { max = 50, evictable = when }",
      'policy.quota "under the tier" { max = 50, evictable = when }',
      "quota = policy.quota { max = 50, evictable = when }",
    } do
      local made = policies.load('return policy "p" { ' .. text .. " }", NAMES)
      assert.same({ 50, 0 }, { made.quota.max, made.quota.headroom })
    end
  end)

  it("names each source that rules and predicates need, once", function()
    local other = policies.source("billing", {})
    local made = policies.load([[return policy "p" {
      policy.keep "a" { listed = crm },
      policy.keep "b" { not_listed = { crm } },
      sources = { billing, crm } }]], { crm = crm, billing = other })
    assert.same({ "crm", "billing" }, { made.sources[1].name, made.sources[2].name })
    assert.equal(2, #made.sources)
  end)

  it("tells a policy from an ordinary program", function()
    local ordinary = assert(load "return 7")
    assert.is_nil(policy.returned(ordinary()))
    assert.is_nil(policy.returned(nil))
    local ok, err = pcall(policy.load, ordinary, "a.lua")
    assert.is_false(ok)
    assert.equal("a.lua: it returns no policy", tostring(err))
  end)

  it("complains of a policy that the script forgot to return", function()
    local err = refusal 'policy "p" { policy.keep "a" { name = "x" } }'
    assert.equal('offboard.lua:1: policy "p": it is not returned by the script', err.message)
  end)

  it("begins anew with each script, whatever the last one left behind", function()
    refusal 'policy.keep "lost"'
    pcall(policies.load, 'policy.keep "lost" error "no"')
    assert.is_true(policy.is(policies.load 'return policy "p" { policy.keep "a" { name = "x" } }'))
  end)

  describe("the identity of a rule", function()
    local function identity(rule)
      return policies.load('return policy "p" { ' .. rule .. " }",
        { crm = crm, days = 7 }).rules[1].identity
    end
    local base = identity 'policy.disconnect "a" { name = "x", not_listed = crm, after = "7d" }'

    it("stays when the rule moves or its wait changes", function()
      assert.equal(base, identity
        '\n\npolicy.disconnect "a" { after = "9d", not_listed = crm,\n name = "x" }')
    end)

    it("changes with the label, a condition and its value", function()
      assert.are_not.equal(base, identity 'policy.disconnect "b" { name = "x", not_listed = crm }')
      assert.are_not.equal(base, identity 'policy.disconnect "a" { name = "y", not_listed = crm }')
      assert.are_not.equal(base, identity 'policy.disconnect "a" { name = "x", listed = crm }')
      assert.are_not.equal(base, identity 'policy.disconnect "a" { name = "x" }')
    end)

    it("changes with the code of a predicate and with what it closes over", function()
      local function of(n, code)
        return identity(('(function() local n = %d return policy.disconnect "a" '
          .. '{ when = function(c) return %s end } end)()'):format(n, code))
      end
      assert.equal(of(1, "c.n == n"), of(1, "c.n == n"))
      assert.are_not.equal(of(1, "c.n == n"), of(2, "c.n == n"))
      assert.are_not.equal(of(1, "c.n == n"), of(1, "c.n ~= n"))
    end)
  end)
end)
