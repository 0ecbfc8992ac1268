-- Tests the policy of trials.lua, without a network.
--
--   xero-run test trials_spec.lua

local testing = require("xero").testing

local trials = testing.policy "trials.lua"

-- The plan for one customer of the CRM, on 1 March 2026.
local function plan(row, matched_for)
  local rows = { row }
  row.xero_tenant_id = testing.tenant_id "Acme"
  for i = 1, 10 do table.insert(rows, { xero_tenant_id = testing.tenant_id("Other " .. i) }) end
  return trials:plan {
    now = "2026-03-01", connections = { "Acme" }, sources = { crm = rows },
    matched_for = matched_for,
  }
end

describe("trials.lua", function()
  it("keeps customers who pay, and trials that go on", function()
    assert.keeps(plan { plan = "paid" }, "Acme")
    assert.keeps(plan { plan = "trial", trial_ends = "2026-03-02" }, "Acme")
  end)

  it("gives a trial that ended two weeks", function()
    local ended = { plan = "trial", trial_ends = "2026-02-10" }
    assert.waits(plan(ended), "Acme")
    assert.waits(plan(ended, "13d"), "Acme")
    assert.disconnects(plan(ended, "14d"), "Acme")
  end)

  it("holds a trial without an end, and then everything", function()
    local held = plan { plan = "trial" }
    assert.holds(held, "Acme")
    assert.refuses(held, "1 held")
  end)
end)
