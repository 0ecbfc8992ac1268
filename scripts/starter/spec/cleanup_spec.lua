-- Tests of cleanup.lua: `xero-run test` runs them, without a network.

local testing = require("xero").testing
local cleanup = testing.policy "../cleanup.lua"

describe("cleanup", function()
  it("disconnects a demo company that has been there for long", function()
    local plan = cleanup:plan {
      connections = {
        "Ripple Ltd", { name = "Demo Company (NZ)", created = "90d", updated = "90d" },
      },
    }
    assert.disconnects(plan, "Demo Company (NZ)", "a demo company")
    assert.keeps(plan, "Ripple Ltd")
  end)

  it("keeps a demo company that was connected again lately", function()
    local plan = cleanup:plan {
      connections = { { name = "Demo Company (NZ)", created = "90d", updated = "1d" } },
    }
    assert.keeps(plan, "Demo Company (NZ)", "connected again lately")
  end)
end)
