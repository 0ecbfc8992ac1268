-- The conditions of a rule: whom each means, and whom nobody can tell.

local errors = require "xero.error"
local lua_pattern = require "xero.lua_pattern"
local policies = require "support.policies"

local days_ago, id, tenant = policies.days_ago, policies.id, policies.tenant

local crm, crm_loaded = policies.source("crm", { 1, 2 })
local billing, billing_loaded = policies.source("billing", { 3 })
local NAMES = { crm = crm, billing = billing, id = id, tenant = tenant, errors = errors }
local LOADED = { [crm] = crm_loaded, [billing] = billing_loaded }

-- Which connections a rule with these conditions disconnects, and which it would keep, as letters.
local function verdicts(kind, conditions, list)
  local made = policies.load(
    ('return policy "p" { policy.%s "rule" { %s } }'):format(kind, conditions), NAMES)
  local plan = policies.plan(made, policies.connections(list), { sources = LOADED })
  local letters = {}
  for i, entry in ipairs(plan.entries) do
    local is_ours = entry.rule.label == "rule"
    letters[i] = is_ours and entry.verdict:sub(1, 1) or "."
  end
  return table.concat(letters), plan
end

local function disconnects(conditions, list) return (verdicts("disconnect", conditions, list)) end
local function keeps(conditions, list) return (verdicts("keep", conditions, list)) end

describe("the condition", function()
  it("id, tenant_id and auth_event_id match an id, whatever its case", function()
    local list = { {}, {}, { id = id(0xabc), tenantId = tenant(0xabc):upper() } }
    assert.equal("d..", disconnects("id = id(1)", list))
    assert.equal("..d", disconnects("id = id(0xabc):upper()", list))
    assert.equal("d.d", disconnects("tenant_id = { tenant(1), tenant(0xabc) }", list))
    assert.equal(".d.", disconnects("auth_event_id = id(1002)", list))
  end)

  it("name is a glob over the whole name, case ignored", function()
    local list = { { tenantName = "Demo Company (NZ)" }, { tenantName = "demo" },
      { tenantName = "A Demo" }, { tenantName = false } }
    assert.equal("dd..", disconnects('name = "demo*"', list))
    assert.equal(".dd.", disconnects('name = { "DEMO", "* demo" }', list))
    assert.equal("dddd", disconnects('name = "*"', list))
  end)

  it("name_matches is a Lua pattern, case and all", function()
    local list = { { tenantName = "Demo 1" }, { tenantName = "demo 1" }, { tenantName = false } }
    assert.equal("d..", disconnects('name_matches = "^Demo %d$"', list))
    assert.equal("dd.", disconnects('name_matches = { "Demo", "demo" }', list))
  end)

  it("type matches whatever its case", function()
    local list = { {}, { tenantType = "PRACTICE" }, { tenantType = "WORKFLOWMAX" } }
    assert.equal(".d.", disconnects('type = "practice"', list))
    assert.equal(".dd", disconnects('type = { "PRACTICE", "WORKFLOWMAX" }', list))
  end)

  it("created_before and created_after share no instant and leave none out", function()
    local list = { { createdDateUtc = "2025-12-31T23:59:59.9900000" },
      { createdDateUtc = "2026-01-01T00:00:00" }, { createdDateUtc = "2026-01-02T00:00:00" } }
    assert.equal("d..", disconnects('created_before = "2026-01-01"', list))
    assert.equal(".dd", disconnects('created_after = "2026-01-01"', list))
    assert.equal(".d.", disconnects(
      'created_after = "2026-01-01", created_before = "2026-01-01T12:00:00+00:00"', list))
  end)

  it("older_than and created_within go by createdDateUtc", function()
    local list = { { createdDateUtc = days_ago(91) }, { createdDateUtc = days_ago(90) },
      { createdDateUtc = days_ago(-1) } }
    assert.equal("d..", disconnects('older_than = "90d"', list))
    assert.equal(".dd", disconnects('created_within = "90d"', list))
  end)

  it("connected_within and not_connected_within go by updatedDateUtc", function()
    local list = { { updatedDateUtc = days_ago(31) }, { updatedDateUtc = days_ago(30) },
      { updatedDateUtc = days_ago(-1) } }
    assert.equal("d..", disconnects('not_connected_within = "30d"', list))
    assert.equal(".dd", disconnects('connected_within = "30d"', list))
  end)

  it("listed and not_listed compare tenant ids, whatever their case", function()
    local list = { {}, { tenantId = tenant(2):upper() }, {}, {} }
    assert.equal("dd..", disconnects("listed = crm", list))
    assert.equal("..dd", disconnects("not_listed = crm", list))
  end)

  it("takes several sources for one larger list", function()
    local list = { {}, {}, {}, {} }
    assert.equal("ddd.", disconnects("listed = { crm, billing }", list))
    assert.equal("...d", disconnects("not_listed = { crm, billing }", list))
  end)

  it("duplicate matches all connections of a tenant but the one that stays", function()
    local list = {
      { tenantId = tenant(7), updatedDateUtc = days_ago(3) },
      { tenantId = tenant(7):upper(), updatedDateUtc = days_ago(1) },
      { tenantId = tenant(7), updatedDateUtc = days_ago(2) },
      { updatedDateUtc = days_ago(9) },
    }
    assert.equal("d.d.", disconnects('duplicate = { keep = "newest" }', list))
    assert.equal(".dd.", disconnects('duplicate = { keep = "oldest" }', list))
    assert.equal("d.d.", disconnects('duplicate = "newest"', list))
  end)

  it("must hold together with all others of its rule", function()
    local list = { { tenantName = "Demo", createdDateUtc = days_ago(100) }, { tenantName = "Demo",
      createdDateUtc = days_ago(10) }, { createdDateUtc = days_ago(100) } }
    assert.equal("d..", disconnects('name = "Demo", older_than = "90d"', list))
  end)
end)

describe("the reason of a verdict by date", function()
  it("says how long ago that was, or is to come", function()
    local _, plan = verdicts("keep", 'created_after = "2000-01-01"', {
      { createdDateUtc = days_ago(3) }, { createdDateUtc = days_ago(-2) },
    })
    assert.matches(", 3 days ago$", plan.entries[1].reason)
    assert.matches(", 2 days from now$", plan.entries[2].reason)
  end)
end)

describe("what nobody can tell", function()
  local DATES = {
    'created_before = "2030-01-01"', 'created_after = "2000-01-01"', 'older_than = "1d"',
    'created_within = "9000d"', 'connected_within = "9000d"', 'not_connected_within = "1d"',
  }
  local BAD = { false, "", "invalid", "2026-13-01T00:00:00", "31.12.2019" }

  it("never lets a date disconnect: a missing or unreadable one", function()
    for _, condition in ipairs(DATES) do
      for _, date in ipairs(BAD) do
        local list = { { createdDateUtc = date, updatedDateUtc = date } }
        assert.equal(".", disconnects(condition, list), condition)
      end
    end
  end)

  it("lets a date keep and protect: it might have been recent enough", function()
    for _, condition in ipairs(DATES) do
      local list = { { createdDateUtc = "invalid", updatedDateUtc = false } }
      assert.equal("k", keeps(condition, list), condition)
      assert.equal("p", (verdicts("protect", condition, list)), condition)
    end
    local _, plan = verdicts("keep", 'connected_within = "30d"', { { updatedDateUtc = "invalid" } })
    assert.equal('updatedDateUtc is no date: "invalid"', plan.entries[1].reason)
    _, plan = verdicts("keep", 'connected_within = "30d"', { { updatedDateUtc = false } })
    assert.equal("there is no updatedDateUtc", plan.entries[1].reason)
  end)

  it("keeps nobody whom another condition of the rule rules out", function()
    local list = { { updatedDateUtc = false } }
    assert.equal(".", keeps('connected_within = "30d", name = "Demo"', list))
    assert.equal(".", keeps('connected_within = "30d", when = function() return false end', list))
    assert.equal("k", keeps('connected_within = "30d", when = function() return true end', list))
  end)

  it("never disconnects a connection without tenantId for not being listed", function()
    for _, no_id in ipairs { false, "not-a-uuid" } do
      assert.equal(".", disconnects("not_listed = crm", { { tenantId = no_id } }))
      assert.equal(".", disconnects("listed = crm", { { tenantId = no_id } }))
      assert.equal("k", keeps("listed = crm", { { tenantId = no_id } }))
      assert.equal(".", disconnects('duplicate = "newest"', { { tenantId = no_id },
        { tenantId = no_id } }):sub(1, 1))
    end
  end)

  it("never disconnects for a type or a consent that is not given", function()
    assert.equal(".", disconnects('type = "PRACTICE"', { { tenantType = false } }))
    assert.equal("k", keeps("auth_event_id = id(5)", { { authEventId = false } }))
  end)

  it("spares all duplicates where the one that stays cannot be told", function()
    local function twins(...)
      local list = {}
      for i, date in ipairs { ... } do list[i] = { tenantId = tenant(7), updatedDateUtc = date } end
      return list
    end
    assert.equal("...", disconnects('duplicate = "newest"',
      twins(days_ago(3), days_ago(1), days_ago(1))))
    assert.equal("...", disconnects('duplicate = "oldest"', twins(days_ago(3), days_ago(1), false)))
    assert.equal("...", disconnects('duplicate = "newest"', twins(days_ago(3), days_ago(1), "x")))
    assert.equal("d.d", disconnects('duplicate = "newest"',
      twins(days_ago(3), days_ago(1), days_ago(3))))
  end)
end)

describe("a predicate", function()
  local function held(code, list)
    local letters, plan = verdicts("disconnect", "when = " .. code, list or { {} })
    return letters, plan.entries[1].reason, plan
  end

  it("says yes or no, and why", function()
    local letters, reason = held(
      'function(c) return c.name == "Tenant 1", "trial is over" end', { {}, {} })
    assert.equal("d.", letters)
    assert.equal("trial is over", reason)
  end)

  it("makes a tenant held when it raises", function()
    local letters, reason, plan = held 'function() error("no such customer", 0) end'
    assert.equal("h", letters)
    assert.equal("the predicate failed: no such customer", reason)
    assert.equal("limit", plan.refusal.kind)
    assert.matches("1 held", plan.refusal.message, 1, true)
    letters, reason = held "function() error {} end"
    assert.equal("h the predicate failed: a table", letters .. " " .. reason)
    assert.equal("h", (held "function() local n = nil; return n.x end"))
  end)

  it("makes a tenant held when it gives anything but true or false", function()
    for code, got in pairs { ["return"] = "nothing", ["return nil"] = "nothing",
      ["return 1"] = "a number", ['return "true"'] = "a string", ["return {}"] = "a table" } do
      local letters, reason = held("function() " .. code .. " end")
      assert.equal("h", letters)
      assert.equal(("the predicate gave %s, not true or false"):format(got), reason)
    end
  end)

  it("makes a tenant held in a rule that keeps, too", function()
    assert.equal("h", keeps("when = function() error() end", { {} }))
  end)

  it("is asked only where all other conditions of its rule hold", function()
    assert.equal("h.", disconnects('name = "Tenant 1", when = function() error() end', { {}, {} }))
  end)

  it("is not asked about who was decided by an earlier rule", function()
    local made = policies.load [[return policy "p" {
      policy.keep "a" { name = "*" }, policy.disconnect "b" { when = function() error() end } }]]
    assert.equal("k", policies.verdicts(policies.plan(made, policies.many(1))))
  end)

  it("gets the connection, the time, the profile, the count and rows of sources", function()
    local saw
    NAMES.see = function(c, context)
      saw = { c.name, c.id, c.tenantType, c.created_at, tostring(c), context.now,
        context.profile, context.count, context.row(crm, c), context.row(billing, c) }
      return false
    end
    local made = policies.load([[return policy "p" {
      sources = { crm, billing }, policy.disconnect "a" { when = see } }]], NAMES)
    local list = policies.connections { {} }
    policies.plan(made, list, { sources = LOADED, profile = { name = "acme" } })
    assert.same({ "Tenant 1", id(1), "ORGANISATION", list[1].created_at, tostring(list[1]),
      policies.NOW, "acme", 1, { n = "1" }, nil }, saw)
  end)

  it("fails where it asks for a field that no connection has", function()
    local function reason(code)
      local letters, plan = verdicts("disconnect",
        "when = function(c) return " .. code .. " end", { {}, { tenantRole = "x" } })
      return letters .. ": " .. plan.entries[1].reason
    end
    for name, nearest in pairs { tenanttype = "tenantType", tenant_id = "tenantId" } do
      assert.matches(('^hh: .*offboard.lua:%%d+: no connection has a field "%s": did you mean "%s"')
        :format(name, nearest), reason(("c.%s ~= 'x'"):format(name)))
    end
    assert.matches("there are id, authEventId", reason "c.organisation == nil", 1, true)
    assert.matches("^dd: ", reason "c.tenantRole ~= 'y' and c[1] == nil")
  end)

  it("cannot change what it gets", function()
    for _, code in ipairs { 'c.id = "x"', "c.tenantName = nil", "context.now = 0",
      'rawset(c, "id", "x") error "held all the same"' } do
      local letters, _, plan = held("function(c, context) " .. code .. " return true end")
      assert.equal("h", letters, code)
      assert.equal(id(1), plan.entries[1].connection.id)
    end
  end)

  it("fails where it asks for a source that the policy does not name", function()
    local letters, reason = verdicts("disconnect",
      "when = function(c, context) return context.row({}, c) ~= nil end", { {} })
    assert.equal("h", letters)
    assert.matches("sources = { … }", reason.entries[1].reason, 1, true)
  end)

  it("fails where the source that it asks for is nil", function()
    local letters, reason = verdicts("disconnect",
      "when = function(c, context) return context.row(nil, c) == nil end", { {} })
    assert.equal("h", letters)
    assert.matches("a source expected, got nothing", reason.entries[1].reason, 1, true)
  end)

  it("passes on that the run is to end", function()
    NAMES.stop = function() errors.raise { kind = "interrupted", message = "SIGINT" } end
    local ok, err = pcall(verdicts, "disconnect", "when = stop", { {} })
    assert.is_false(ok)
    assert.is_true(errors.is(err, "interrupted"))
  end)
end)

describe("a Lua pattern", function()
  it("is refused for what Lua would find only while it matches", function()
    for _, pattern in ipairs { "%", "a%", "[", "[^", "[]", "[a", "[%]", "%b", "%bx", "%f", "%fa",
      "%f[", "(", "(a", ")", "a)", "%1", "(%1)", "%0", "(a)%2", ("()"):rep(33) } do
      assert.is_string(lua_pattern.fault(pattern), pattern)
    end
  end)

  it("is taken where Lua takes it", function()
    for _, pattern in ipairs { "", "^Demo%s+%d*$", "[]]", "[^]]", "[%]]", "[a-z%-]", "%bxy",
      "%f[%w]a", "()", "(a(b)c)%1%2", "a-", "$", "^", "%%", "(a)%1", ("()"):rep(32) } do
      assert.is_nil(lua_pattern.fault(pattern), pattern)
      assert.is_true((pcall(string.find, "some text", pattern)), pattern)
    end
  end)

  it("that fails at a name all the same makes its tenant held", function()
    -- It recurses once for each letter.
    local letters = verdicts("disconnect", 'name_matches = ("a?"):rep(300) .. "b"',
      { { tenantName = ("a"):rep(300) } })
    assert.equal("h", letters)
  end)
end)
