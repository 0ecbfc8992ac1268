-- xero.testing: policies under test, their fixtures, and what is asserted of a plan.

local temp = require "support.temp"
local testing = require "xero.testing"
require "xero.testing_assert"

local HEAD = 'local xero = require "xero"\nlocal policy = xero.policy\n'
local CRM = [[
local crm = xero.source.csv("crm", { path = "none.csv", column = "tenant",
  where = { status = "active" }, min_rows = 2, max_age = "36h", max_shrink = 1 })
]]

local function load(rules, sources)
  return testing.policy(temp.file(HEAD .. (sources or "") .. 'return policy "p" {' .. rules .. "}",
    "policy.lua"))
end

-- What an assertion, or a mistake, says.
local function message_of(...)
  local ok, raised = pcall(...)
  assert.is_false(ok)
  return tostring(type(raised) == "table" and raised.message or raised)
end

local function has(part, whole)
  assert.matches(part, whole, 1, true)
end

local LEAVE = 'policy.disconnect "left" { not_listed = crm },'
local function listed(...)
  local ids = { ... }
  for i, name in ipairs(ids) do ids[i] = testing.tenant_id(name) end
  return ids
end

describe("a policy under test", function()
  it("is loaded as the host loads it: what is wrong is said with file and line", function()
    local message = message_of(load, 'policy.keep "all" { nmae = "A" }')
    has('policy.lua:3: keep "all": unknown condition "nmae" (did you mean "name"?)', message)
    has("returns no policy", message_of(testing.policy, temp.file("return 1", "none.lua")))
    has("unexpected symbol", message_of(testing.policy, temp.file("return {", "bad.lua")))
  end)

  it("is found beside the test, or from the working directory", function()
    local directory = temp.directory()
    temp.write(directory .. "/rules.lua", HEAD .. 'return policy "p" { policy.keep "x" { id = "'
      .. testing.tenant_id "x" .. '" } }')
    temp.write(directory .. "/rules_spec.lua",
      'local found = require("xero").testing.policy "rules.lua"\nreturn found')
    assert.equal("p", dofile(directory .. "/rules_spec.lua").declared.name)
    assert.equal("offboard", testing.policy "scripts/examples/offboard.lua".declared.name)
    has("there is no file tests/unit/none.lua, and no none.lua",
      message_of(function() testing.policy "none.lua" end))
  end)

  it("needs no connections, and no sources where it relies on none", function()
    local plan = load('policy.keep "all" { name = "*" }'):plan {}
    assert.same({ 0, 0 }, { #plan.entries, #plan.refusals })
  end)
end)

describe("the connections of a test", function()
  local all = load 'policy.disconnect "old" { older_than = "90d" }'

  local function first(fields, now)
    return all:plan { connections = { fields }, now = now }.entries[1].connection
  end

  it("are names, and the rest is filled in as Xero would", function()
    local one = first "Ripple"
    assert.same({ "Ripple", "ORGANISATION" }, { one.name, one.tenantType })
    assert.equal(testing.tenant_id "Ripple", one.tenantId)
    assert.equal("2025-01-01T12:00:00.0000000", one.createdDateUtc)
    assert.equal(one.createdDateUtc, one.updatedDateUtc)
    assert.not_equal(one.id, one.tenantId)
    assert.equal(one.id, first("Ripple").id)
  end)

  it("are fields by Xero's own names, with dates said as what they were ago", function()
    local one = first {
      name = "A", tenantType = "PRACTICE", created = "10d", updated = "2025-12-31",
    }
    assert.same({ "PRACTICE", "2025-12-22T12:00:00.0000000", "2025-12-31T00:00:00.0000000" },
      { one.tenantType, one.createdDateUtc, one.updatedDateUtc })
    assert.equal("2020-01-01", first { createdDateUtc = "2020-01-01" }.createdDateUtc)
    assert.is_nil(first { tenantName = "A", createdDateUtc = false }.createdDateUtc)
  end)

  it("are of one tenant where they have one name", function()
    local plan = all:plan { connections = { "A", "A", "B" } }
    local a, again, b = plan.entries[1].connection, plan.entries[2].connection,
      plan.entries[3].connection
    assert.equal(a.tenantId, again.tenantId)
    assert.not_equal(a.id, again.id)
    assert.not_equal(a.tenantId, b.tenantId)
  end)

  it("are what xero-run list --format json --anonymise wrote", function()
    local file = temp.file('[{"id":"cccccccc-0000-4000-8000-000000000001","tenantName":"Tenant 1",'
      .. '"createdDateUtc":"2026-08-01T00:00:00","updatedDateUtc":"2026-08-01T00:00:00"}]')
    local plan = all:plan { connections = testing.connections(file), now = "2026-09-01" }
    assert.keeps(plan, "Tenant 1")
    assert.disconnects(all:plan { connections = testing.connections(file), now = "2026-12-01" },
      "Tenant 1")
    has('is of 2026-08-01T00:00:00Z, which is after the test\'s present, 2026-01-01T12:00:00Z: say '
      .. 'now', message_of(all.plan, all, { connections = testing.connections(file) }))
    has("not a list", message_of(testing.connections, temp.file "{}"))
  end)

  it("have no fields that are misspelt", function()
    has("connection 1 has no tenantNmae: did you mean tenantName?",
      message_of(all.plan, all, { connections = { { tenantNmae = "A" } } }))
    has("a scenario has no conections: did you mean connections?",
      message_of(all.plan, all, { conections = {} }))
    has("created: not a duration",
      message_of(all.plan, all, { connections = { { created = "x" } } }))
  end)
end)

describe("the sources of a test", function()
  local offboard = load(LEAVE, CRM)

  local function plan(crm)
    return offboard:plan { connections = { "A", "B" }, sources = { crm = crm } }
  end

  it("are lists of the ids that count", function()
    assert.same({ "B" }, plan(listed("A", "C")):names "disconnect")
  end)

  it("are rows, of which those count that the source says", function()
    assert.same({ "A" }, plan({
      { tenant = testing.tenant_id "A", status = "left" },
      { tenant = testing.tenant_id "B", status = "active" },
      { tenant = testing.tenant_id "C", status = "active" },
    }):names "disconnect")
  end)

  it("are texts, read as the source would read them", function()
    local text = ("tenant,status\n%s,active\n%s,active\n"):format(testing.tenant_id "B",
      testing.tenant_id "C")
    assert.same({ "A" }, plan(text):names "disconnect")
    assert.refuses(plan(text .. "x,y,z\n"), "expected 2 fields on line 4")
    assert.same({ "A" }, plan(testing.read(temp.file(text))):names "disconnect")
  end)

  it("refuse as they would: too few, too old, shrunk, without the column", function()
    assert.refuses(plan(listed "A"), "expected at least 2 ids")
    assert.refuses(plan {}, "found 0 in 0 rows")
    assert.refuses(plan { rows = listed("A", "B"), age = "37h" }, "data 1 day 13 hours old")
    assert.refuses(plan { rows = listed("A", "B"), before = 4 }, "2, which is 2 fewer")
    assert.refuses(plan { { id = testing.tenant_id "A" } }, 'expected a field "tenant", found "id"')
    assert.refuses(plan { "12345", testing.tenant_id "A" }, 'found row 1 "12345"')
    assert.not_refuses(plan { rows = listed("A", "B"), age = "36h", before = 3 })
  end)

  it("give their rows to predicates", function()
    local trials = load([[sources = crm, policy.disconnect "trial" { when = function(c, context)
      return context.row(crm, c).plan == "trial" end }]], CRM)
    local both = { status = "active" }
    assert.same({ "B" }, trials:plan({
      connections = { "A", "B" },
      sources = { crm = {
        { tenant = testing.tenant_id "A", status = "active" },
        { tenant = testing.tenant_id "B", status = both.status, plan = "trial" },
      } },
    }):names "disconnect")
  end)

  it("are never read: one without a fixture is the test's mistake, whatever its kind", function()
    for kind, options in pairs {
      csv = 'path = "/etc/passwd", column = "x"', json = 'path = "/etc/passwd"',
      http = 'url = "http://127.0.0.1:9/"', command = 'command = "touch /tmp/never"',
      table = "rows = function() error 'called' end",
    } do
      local source = ('local crm = xero.source.%s("crm", { %s })\n'):format(kind, options)
      has(('relies on the source "crm" (%s), for which the test gives no fixture: say sources = '
        .. '{ ["crm"]'):format(kind), message_of(function()
        load(LEAVE, source):plan { connections = { "A" } }
      end))
    end
  end)

  it("need none where the script has the list itself", function()
    local own = ('local crm = xero.source.table("crm", { rows = { "%s" } })\n'):format(
      testing.tenant_id "A")
    local plan_of_own = load(LEAVE, own):plan { connections = { "A", "B" } }
    assert.same({ "B" }, plan_of_own:names "disconnect")
  end)

  it("have names that the policy knows, and forms that there are", function()
    has('the policy has no source "cmr": did you mean "crm"?', message_of(offboard.plan, offboard,
      { sources = { cmr = {} } }))
    has('the fixture of source "crm": it has no agee: did you mean age?',
      message_of(plan, { rows = {}, agee = "2d" }))
    has("expected either rows or text", message_of(plan, { age = "2d" }))
    has("expected rows, ids or a text, got number", message_of(plan, 5))
  end)
end)

describe("the past of a test", function()
  local rule = 'policy.disconnect "gone" { name = "Gone *", after = "7d" },'
  local patient = load(rule)

  local function plan(fields)
    fields.connections = fields.connections or { "Gone A", "Gone B", "Here" }
    return patient:plan(fields)
  end

  it("is empty, so that rules with `after` wait", function()
    assert.waits(plan {}, { "Gone A", "Gone B" })
  end)

  it("says how long rules have matched, of all or of some", function()
    assert.disconnects(plan { matched_for = "7d" }, { "Gone A", "Gone B" })
    assert.waits(plan { matched_for = "167h" }, { "Gone A", "Gone B" })
    local some = plan { matched_for = { ["Gone A"] = "8d" } }
    assert.disconnects(some, "Gone A")
    assert.waits(some, "Gone B")
  end)

  it("speaks of tenants that are there", function()
    has('matched_for: no connection is called "Gone C"', message_of(plan,
      { matched_for = { ["Gone A"] = "8d", ["Gone C"] = "8d" } }))
  end)

  it("is the run before, whose marks go on and whose misses count", function()
    local monday = plan { now = "2026-01-05" }
    local friday = plan { now = "2026-01-09", previous = monday }
    assert.waits(friday, "Gone A")
    assert.disconnects(plan { now = "2026-01-12", previous = friday }, "Gone A")
    local missed = plan { now = "2026-01-09", previous = monday, connections = { "Here" } }
    assert.waits(plan { now = "2026-01-12", previous = missed }, "Gone A")
  end)

  it("remembers how many connections and ids there were", function()
    local first = plan {}
    assert.refuses(plan { previous = first, connections = {} }, "there are no connections")
    local offboard = load(LEAVE, CRM)
    local before = offboard:plan {
      connections = { "A" }, sources = { crm = listed("A", "B", "C", "D") },
    }
    assert.refuses(offboard:plan {
      connections = { "A" }, sources = { crm = listed("A", "B") }, previous = before,
    }, "of the last success")
  end)

  it("does not remember a run that was refused", function()
    local strict = load(rule .. "limits = { max_disconnects = 0 },")
    local refused = strict:plan { connections = { "Gone A" }, now = "2026-01-01",
      matched_for = "8d" }
    assert.refuses(refused, "max_disconnects = 0")
    assert.same({}, strict:plan({ connections = {}, now = "2026-01-02", previous = refused })
      .refusals)
  end)
end)

describe("the profile of a test", function()
  it("protects and limits, as that of a configuration does", function()
    local all = load 'policy.disconnect "all" { name = "*" }'
    local plan = all:plan {
      connections = { "Ours", "A" },
      profile = {
        name = "acme", limits = { max_disconnects = 0 },
        protect = { [testing.tenant_id "Ours"] = "our own books" },
      },
    }
    assert.protects(plan, "Ours", "protected by profile acme")
    assert.refuses(plan, "max_disconnects = 0 of profile acme")
    assert.refuses(all:plan { connections = { "A" }, max_disconnects = 0 }, "--max-disconnects 0")
    has("unknown limit \"max_disconnect\" (did you mean \"max_disconnects\"?)", message_of(all.plan,
      all, { profile = { limits = { max_disconnect = 5 } } }))
    has('Ours is no tenant\'s id: say [testing.tenant_id "Ours"]', message_of(all.plan, all,
      { profile = { protect = { Ours = "our own books" } } }))
  end)
end)

describe("an assertion about a plan", function()
  local rules = load [[
    policy.protect "ours" { name = "Ours" },
    policy.keep "named" { name = "Kept" },
    policy.disconnect "unclear" { name = "Odd", when = function() error "no idea" end },
    policy.disconnect "waited for" { name = "Slow", after = "7d" },
    policy.disconnect "gone" { name = "Gone*" },
  ]]
  local plan

  before_each(function()
    plan = rules:plan { connections = { "Ours", "Kept", "Odd", "Slow", "Gone", "Gone 2", "Else" } }
  end)

  it("holds for that verdict alone", function()
    local verdicts = { protects = "Ours", keeps = "Kept", holds = "Odd", waits = "Slow",
      disconnects = "Gone" }
    for name, who in pairs(verdicts) do
      assert[name](plan, who)
      for other in pairs(verdicts) do
        if other ~= name then assert.is_false(pcall(assert[other], plan, who), other .. who) end
      end
    end
    assert.keeps(plan, "Else")
  end)

  it("takes names, ids, connections and lists of them, and the rule that decides", function()
    local connection = plan.entries[5].connection
    assert.disconnects(plan, { "Gone", "Gone 2" }, "gone")
    assert.disconnects(plan, connection.id)
    assert.disconnects(plan, connection.tenantId:upper())
    assert.disconnects(plan, connection)
    assert.keeps(plan, "Else", "no rule matches")
    assert.is_false(pcall(assert.disconnects, plan, { "Gone", "Kept" }))
    assert.is_false(pcall(assert.disconnects, plan, "Gone", "another rule"))
  end)

  it("fails with the verdict, the rule and the reason of each", function()
    local message = message_of(assert.disconnects, plan, { "Kept", "Else" }, "gone")
    has('Expected that the policy disconnects by "gone":\n', message)
    assert.matches('\n  Kept %(%S+%) is kept by keep "named" %(%S+policy.lua:4%): the name is '
      .. '"Kept"', message)
    assert.matches("\n  Else %(%S+%) is kept, since no rule matches", message)
    has("is held by disconnect \"unclear\"", message_of(assert.keeps, plan, "Odd"))
    has("no idea", message_of(assert.keeps, plan, "Odd"))
    has("due 2026-01-08T12:00:00Z", message_of(assert.disconnects, plan, "Slow"))
    has("the plan is refused: 1 held", message_of(assert.disconnects, plan, "Kept"))
  end)

  it("holds with `not` where it holds for none", function()
    assert.not_disconnects(plan, { "Kept", "Slow" })
    has("does not: it disconnects", message_of(assert.not_disconnects, plan, { "Kept", "Gone" }))
  end)

  it("is a mistake about somebody who is not there, even with `not`, and about no plan", function()
    has('no connection of the plan is called "Nobody"', message_of(assert.keeps, plan, "Nobody"))
    has('called "Nobody"', message_of(assert.not_keeps, plan, "Nobody"))
    has("whom is it about", message_of(assert.keeps, plan))
    has("whom is it about", message_of(assert.keeps, plan, {}))
    has("a plan expected, got string", message_of(assert.keeps, "Kept"))
    has("a plan expected", message_of(assert.refuses, {}))
  end)

  it("of a refusal looks for its words", function()
    assert.refuses(plan)
    assert.refuses(plan, "1 held")
    has('saying "percent":\n  it refuses: 1 held', message_of(assert.refuses, plan, "percent"))
    local fine = rules:plan { connections = { "Kept" } }
    has("it does not: 0 of 1 would be disconnected", message_of(assert.refuses, fine))
    has("does not refuse:\n  it refuses: 1 held", message_of(assert.not_refuses, plan))
  end)

  it("says why there is nobody, where a source refused", function()
    local offboard = load(LEAVE, CRM)
    local refused = offboard:plan { connections = { "A" }, sources = { crm = {} } }
    has('it is refused: source "crm" is refused', message_of(assert.keeps, refused, "A"))
  end)
end)
