-- Tests the policy of tier.lua, without a network.
--
--   xero-run test tier_spec.lua

local testing = require("xero").testing

local tier = testing.policy "tier.lua"

-- So many customers, and the demo companies that are given.
local function with_customers(count, connections)
  for i = 1, count do table.insert(connections, "Customer " .. i) end
  return tier:plan { connections = connections }
end

local OLD = { name = "Demo Company (NZ)", created = "300d" }
local NEWER = { name = "Demo Company (AU)", created = "20d" }
local NEW = { name = "Demo Company (UK)", created = "2d" }

describe("tier.lua", function()
  it("disconnects nothing while there is room", function()
    assert.keeps(with_customers(25, { OLD, NEWER, NEW }), { "Demo Company (NZ)", "Customer 1" })
  end)

  it("makes room by the demo company that was connected first", function()
    local plan = with_customers(26, { NEWER, OLD, NEW })
    assert.disconnects(plan, "Demo Company (NZ)", "quota")
    assert.keeps(plan, "Demo Company (AU)")
  end)

  it("never disconnects a customer, nor a demo company of this week", function()
    local plan = with_customers(40, { NEWER, OLD, NEW })
    assert.same({ "Demo Company (AU)", "Demo Company (NZ)" }, plan:names "disconnect")
  end)
end)
