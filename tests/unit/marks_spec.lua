-- The wait of a rule with `after`, and the memory that it needs.

local errors = require "xero.error"
local marks = require "xero.marks"
local native = require "xero.native"
local policies = require "support.policies"
local state_files = require "xero.state_files"
local temp = require "support.temp"
local time = require "xero.time"

local NOW, DAY = policies.NOW, 86400

local WAITING = [[return policy "p" { policy.disconnect "gone" { name = "%s", after = "7d" } }]]

local function waiting(glob)
  return policies.load(WAITING:format(glob or "Tenant*"))
end

-- Runs a policy on given days, each run a success; gives the verdicts of each.
local function runs(made, days, connections_on)
  local state, verdicts = nil, {}
  for i, day in ipairs(days) do
    local policy = type(made) == "function" and made(day) or made
    local plan = policies.plan(policy, connections_on(day), {
      now = NOW + day * DAY, state = state,
    })
    state, verdicts[i] = policies.state_after(plan), policies.verdicts(plan)
  end
  return table.concat(verdicts, " "), state
end

local function always(...)
  local list = { ... }
  return function() return policies.connections(list) end
end

describe("a rule with after", function()
  it("waits at first sight, and says since when and until when", function()
    local plan = policies.plan(waiting(), policies.many(1))
    local entry = plan.entries[1]
    assert.equal("waiting", entry.verdict)
    assert.equal(NOW, entry.since)
    assert.equal(NOW + 7 * DAY, entry.due)
    assert.matches("seen for the first time, due 2026-11-30T12:00:00Z", entry.reason, 1, true)
    local again = policies.plan(waiting(), policies.many(1),
      { state = policies.state_after(plan), now = NOW + DAY }).entries[1]
    assert.matches("since 2026-11-23T12:00:00Z, due 2026-11-30T12:00:00Z", again.reason, 1, true)
  end)

  it("disconnects once it has matched in every run over that time", function()
    assert.equal("w w w d d", (runs(waiting(), { 0, 3, 6.99, 7, 9 }, always {})))
  end)

  it("starts anew after one run in which it did not match", function()
    local verdicts = runs(waiting "Tenant*", { 0, 5, 6, 8, 13, 15 }, function(day)
      return policies.connections { { tenantName = day == 6 and "Other" or "Tenant" } }
    end)
    assert.equal("w w k w w d", verdicts)
  end)

  it("starts anew where the connection was gone in between", function()
    local verdicts = runs(waiting(), { 0, 5, 6, 8 }, function(day)
      return policies.connections(day == 5 and { { id = policies.id(9) } } or { {} })
    end)
    assert.equal("w w w w", verdicts)
  end)

  it("starts anew when the tenant connected again", function()
    local verdicts = runs(waiting(), { 0, 5, 8, 12 }, function(day)
      return policies.connections { { updatedDateUtc = policies.days_ago(day < 4 and 90 or -4) } }
    end)
    assert.equal("w w w d", verdicts)
  end)

  it("starts anew when its label or its conditions are edited", function()
    local function edited(glob)
      return function(day) return waiting(day < 8 and "Tenant*" or glob) end
    end
    assert.equal("w d", (runs(edited "Tenant*", { 0, 8 }, always {})))
    assert.equal("w w", (runs(edited "Tenant 1", { 0, 8 }, always {})))
  end)

  it("starts anew when another rule matched first", function()
    local both = [[return policy "p" {
      policy.disconnect "first" { name = "First*", after = "7d" },
      policy.disconnect "second" { type = "ORGANISATION", after = "7d" } }]]
    local verdicts = runs(policies.load(both), { 0, 6, 8 }, function(day)
      return policies.connections { { tenantName = day == 6 and "First" or "Other" } }
    end)
    assert.equal("w w w", verdicts)
  end)

  it("keeps its mark while its wait is edited: that counts from the first match", function()
    local function edited(day)
      return policies.load((WAITING:gsub("7d", day < 2 and "30d" or "2d"):format "Tenant*"))
    end
    assert.equal("w d", (runs(edited, { 0, 2 }, always {})))
  end)

  it("never ends where updatedDateUtc cannot tell whether the tenant connected again", function()
    assert.equal("ww ww", (runs(waiting(), { 0, 30 },
      always({ updatedDateUtc = false }, { updatedDateUtc = "soon" }))))
  end)

  it("starts anew when the clock went back behind its mark", function()
    assert.equal("w w w", (runs(waiting(), { 0, -30, -25 }, always {})))
  end)

  it("is not moved by a run whose record is not stored", function()
    local made, connections = waiting(), policies.many(1)
    local first = policies.state_after(policies.plan(made, connections))
    local before = marks.encode(first)
    policies.plan(made, policies.connections { { tenantName = "x" } }, { state = first })
    assert.equal(before, marks.encode(first))
  end)

  it("keeps the marks of one policy apart from another's", function()
    local _, state = runs(waiting(), { 0 }, always {})
    local other = policies.load [[return policy "q" { policy.keep "a" { name = "*" } }]]
    state = policies.state_after(policies.plan(other, policies.many(1),
      { state = state, now = NOW + DAY }))
    local plan = policies.plan(waiting(), policies.many(1), { state = state, now = NOW + 8 * DAY })
    assert.equal("d", policies.verdicts(plan))
  end)
end)

describe("xero.marks", function()
  -- The policy of that name, whose source "crm" has given that many rows.
  local function with_rows(name, rows, state)
    local crm, loaded = policies.source("crm", { 1 }, { rows = rows, at = NOW })
    local script = 'return policy "%s" { policy.keep "a" { listed = crm } }'
    local made = policies.load(script:format(name), { crm = crm })
    return policies.state_after(policies.plan(made, policies.many(2),
      { sources = { [crm] = loaded }, state = state }))
  end

  it("remembers what each source said of its last success", function()
    assert.same({ rows = 1, at = NOW }, marks.histories(with_rows("p", 1), "p").crm)
    assert.same({}, marks.histories(with_rows("p", 1), "q"))
  end)

  it("does not take another policy's source for one that has the same name", function()
    local state = with_rows("q", 5, with_rows("p", 700))
    assert.equal(700, marks.histories(state, "p").crm.rows)
    assert.equal(5, marks.histories(state, "q").crm.rows)
  end)

  it("refuses a text that is no state, from a later version, or damaged", function()
    local function message(text) return select(2, marks.decode(text)) end
    assert.matches("byte", message "{")
    assert.equal("it is no state of policies", message "[]")
    assert.matches("later version", message '{"version":2,"policies":{}}')
    local function record(marks_text, sources, connections)
      return ('{"p":{"at":1,"connections":%s,"marks":%s,"sources":%s}}'):format(
        connections or "7", marks_text or "{}", sources or "{}")
    end
    local function mark(text, id) return ('{"%s":%s}'):format(id or policies.id(1), text) end
    local function whole(record_text) return ('{"version":1,"policies":%s}'):format(record_text) end
    assert.is_nil(message(whole(record(mark '{"rule":"r","since":1}'))))
    for _, damaged in ipairs {
      "7", "[1]", '{"p":{}}', '{"p":{"connections":7,"marks":{},"sources":{}}}',
      record(nil, nil, '"7"'), record(nil, '{"crm":7}'), record(nil, "7"),
      record(mark('{"rule":"r","since":1}', "x")), record(mark '{"rule":"r","since":-1}'),
      record(mark '{"since":1}'),
    } do
      assert.equal("it is damaged", message(whole(damaged)), damaged)
    end
  end)

  it("is stored and found again", function()
    local kept = state_files.new(native, temp.directory())
    assert.same(marks.new(), marks.load(kept))
    local state = policies.state_after(policies.plan(waiting(), policies.many(3)))
    local _ <close> = assert(kept:lock("marks", 1))
    marks.save(kept, state)
    assert.same(state, marks.load(kept))
  end)

  it("does not go on without a state that it cannot read", function()
    local kept = state_files.new(native, temp.directory())
    local _ <close> = assert(kept:lock("marks", 1))
    assert(kept:replace_marks "{}")
    local ok, err = pcall(marks.load, kept)
    assert.is_false(ok)
    assert.is_true(errors.is(err, "store"))
    assert.equal(("the marks of %s cannot be used: it is no state of policies"):format(kept.place),
      tostring(err))
    assert.matches("starts anew", err.hint, 1, true)
  end)

  it("cannot show tokens as text", function()
    local store <close> = native.store { directory = temp.directory(), create = false }
    assert.has_error(function() store:read_text "token.json" end)
  end)

  it("says since when in seconds of the epoch", function()
    local _, state = runs(waiting(), { 0 }, always {})
    assert.equal("2026-11-23T12:00:00Z",
      time.format(state.policies.p.marks[policies.id(1)].since))
  end)
end)
