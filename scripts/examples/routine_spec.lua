-- Tests the policy of routine.lua, without a network.
--
--   xero-run test routine_spec.lua

local testing = require("xero").testing

local routine = testing.policy "routine.lua"

-- The plan for one tenant, on 1 April 2026; `last_call` is a date or empty.
local function plan(last_call, connection)
  local rows = { { xero_tenant_id = testing.tenant_id "Acme", last_call = last_call } }
  for i = 1, 10 do
    rows[i + 1] = { xero_tenant_id = testing.tenant_id("Other " .. i), last_call = "2026-03-31" }
  end
  return routine:plan {
    now = "2026-04-01", connections = { connection or "Acme" }, sources = { usage = rows },
  }
end

describe("routine.lua", function()
  it("tells active, at risk and inactive by the last call", function()
    assert.keeps(plan "2026-03-02", "Acme", "active")
    assert.keeps(plan "2026-03-01", "Acme", "at risk")
    assert.keeps(plan "2026-01-31", "Acme", "at risk")
    assert.disconnects(plan "2026-01-30", "Acme", "inactive")
  end)

  it("counts from the day of connecting where there was no call", function()
    assert.keeps(plan("", { name = "Acme", created = "10d" }), "Acme", "active")
    assert.disconnects(plan("", { name = "Acme", created = "61d" }), "Acme", "inactive")
  end)

  it("holds a tenant whose last call is no date", function()
    assert.holds(plan "yesterday", "Acme")
  end)

  it("keeps who came back", function()
    assert.keeps(plan("", { name = "Acme", created = "400d", updated = "5d" }), "Acme")
  end)
end)
