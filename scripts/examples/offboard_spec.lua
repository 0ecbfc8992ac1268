-- Tests the policy of offboard.lua, without a network.
--
--   xero-run test offboard_spec.lua

local testing = require("xero").testing

local OURS = "7e000000-0000-4000-8000-000000000008"
local offboard = testing.policy "offboard.lua"
local EXPORT = {
  { xero_tenant_id = testing.tenant_id "Ripple", status = "active" },
  { xero_tenant_id = testing.tenant_id "Old Co", status = "left" },
}
for i = 3, 12 do
  EXPORT[i] = { xero_tenant_id = testing.tenant_id("Other " .. i), status = "active" }
end

local function plan(crm, matched_for)
  return offboard:plan {
    connections = { "Ripple", "Old Co", { name = "New", created = "3d" },
      { name = "Us", tenantId = OURS } },
    sources = { crm = crm }, matched_for = matched_for,
  }
end

describe("offboard.lua", function()
  it("disconnects who has left, once a week has passed, and no other", function()
    assert.waits(plan(EXPORT), "Old Co")
    local later = plan(EXPORT, "7d")
    assert.same({ "Old Co" }, later:names "disconnect")
    assert.keeps(later, "New", "connected recently")
    assert.protects(later, "Us")
  end)

  it("refuses an export that is old, cut off or empty", function()
    assert.refuses(plan { rows = EXPORT, age = "2d" }, "data 2 days old")
    assert.refuses(plan { rows = EXPORT, before = 14 }, "11, which is 3 fewer")
    assert.refuses(plan "xero_tenant_id,status\n", "0 in 0 rows")
  end)
end)
