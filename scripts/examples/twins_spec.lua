-- Tests the policy of twins.lua, without a network.
--
--   xero-run test twins_spec.lua

local testing = require("xero").testing

local twins = testing.policy "twins.lua"

local function verdicts(...)
  local words, plan = {}, twins:plan { connections = { ... } }
  for i, entry in ipairs(plan.entries) do words[i] = entry.verdict end
  return words
end

describe("twins.lua", function()
  it("disconnects all but the newest connection of a tenant", function()
    assert.same({ "disconnect", "kept", "kept" }, verdicts(
      { name = "Kiwi Krafts", created = "150d" }, { name = "Kiwi Krafts", created = "20d" },
      { name = "Ripple", created = "400d" }))
  end)

  it("gives both two weeks", function()
    assert.same({ "kept", "kept" }, verdicts(
      { name = "Kiwi Krafts", created = "13d" }, { name = "Kiwi Krafts", created = "1d" }))
  end)

  it("keeps both where nobody can tell which is newer", function()
    assert.same({ "kept", "kept" }, verdicts("Kiwi Krafts", "Kiwi Krafts"))
  end)

  it("keeps those of practices", function()
    local practice = { name = "Northwind", tenantType = "PRACTICE", created = "90d" }
    assert.same({ "kept", "kept" }, verdicts(practice, practice))
  end)
end)
