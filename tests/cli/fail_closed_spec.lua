local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

-- A list that cannot be believed must not disconnect everybody who is missing from it.
describe("a policy whose source cannot be believed", function()
  local world

  local ID = "7e000000-0000-4000-8000-000000000001"

  local function plan(kind, options)
    local file = temp.file(([[
      local xero = require "xero"
      local list = xero.source.%s("crm", { %s })
      return xero.policy "test" {
        xero.policy.disconnect "gone" { not_listed = list },
      }
    ]]):format(kind, options), "policy.lua")
    return run { "plan", file, env = world.env }
  end

  local function plan_csv(text, more)
    return plan("csv", ('path = %q, column = "tenant", %s'):format(temp.file(text, "crm.csv"),
      more or ""))
  end

  setup(function() world = sandbox.start() end)
  teardown(function() world:stop() end)

  local CASES = {
    missing = function() return plan("csv", 'path = "/nowhere.csv", column = "tenant"') end,
    empty = function() return plan_csv "" end,
    ["only a header"] = function() return plan_csv "tenant\n" end,
    ["too short"] = function() return plan_csv("tenant\n" .. ID .. "\n", "min_rows = 2") end,
    ["too old"] = function()
      local path = temp.file("tenant\n" .. ID .. "\n", "crm.csv")
      assert(os.execute("touch -d '2 days ago' " .. path))
      return plan("csv", ('path = %q, column = "tenant", max_age = "36h"'):format(path))
    end,
    ["without the column"] = function() return plan_csv("customer\n" .. ID .. "\n") end,
    ["of ids that are none"] = function() return plan_csv "tenant\nAda\n" end,
    ["not UTF-8"] = function() return plan_csv("tenant,name\n" .. ID .. ",Caf\xE9\n") end,
    ["an HTML page in place of JSON"] = function()
      local path = temp.file("<!doctype html><html>", "crm.json")
      return plan("json", ("path = %q"):format(path))
    end,
    ["too slow"] = function()
      return plan("command", 'command = "sleep 20", column = "tenant", timeout = "200ms"')
    end,
  }

  for name, plan_case in pairs(CASES) do
    it("plans nothing and asks Xero nothing where it is " .. name, function()
      local result = plan_case()
      assert.same({ 6, "" }, { result.status, result.out }, result.err)
      assert.matches('source "crm" is refused', result.err)
      assert.same({}, world:log())
    end)
  end

  it("plans with it where it can be", function()
    local result = plan_csv("tenant\n" .. ID .. "\n")
    assert.equal(5, result.status, result.err)
    assert.matches("REFUSED", result.err)
  end)
end)
