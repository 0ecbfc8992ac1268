-- A policy whose source is missing, empty, stale or shrunk plans nothing and disconnects nobody.

local policy_run = require "support.policy_run"
local temp = require "support.temp"

-- A list that cannot be believed must not disconnect everybody who is missing from it.
describe("a policy whose source cannot be believed", function()
  local app

  setup(function() app = policy_run.start() end)
  teardown(function() app:stop() end)

  local LIST = "tenant\n" .. policy_run.tenant(1) .. "\n"
  local RULES = 'policy.disconnect "gone" { not_listed = crm },'

  local function source(kind, options)
    return ('local crm = xero.source.%s("crm", { %s })'):format(kind, options)
  end

  local function csv_at(path, more)
    return source("csv", ('path = %q, column = "tenant", %s'):format(path, more or ""))
  end

  local function csv(text, more) return csv_at(temp.file(text, "crm.csv"), more) end

  -- A run that counts saw a longer list.
  local function shrunk()
    local before = { "tenant" }
    for n = 1, 34 do before[n + 1] = policy_run.tenant(n) end
    local path = temp.file(table.concat(before, "\n"), "crm.csv")
    local declared = csv_at(path, 'max_shrink = "20%"')
    local result = app:run({ "apply", "--yes" }, RULES, declared)
    assert.equal(0, result.status, result.err)
    temp.write(path, LIST)
    return declared
  end

  local CASES = {
    missing = function() return csv_at "/nowhere.csv" end,
    empty = function() return csv "" end,
    ["only a header"] = function() return csv "tenant\n" end,
    ["too short"] = function() return csv(LIST, "min_rows = 2") end,
    ["too old"] = function()
      local path = temp.file(LIST, "crm.csv")
      assert(os.execute("touch -d '2 days ago' " .. path))
      return csv_at(path, 'max_age = "36h"')
    end,
    ["much shorter than before"] = shrunk,
    ["without the column"] = function() return csv((LIST:gsub("tenant", "customer"))) end,
    ["of ids that are none"] = function() return csv "tenant\nAda\n" end,
    ["not UTF-8"] = function() return csv "tenant,name\nx,Caf\xE9\n" end,
    ["an HTML page in place of JSON"] = function()
      return source("json", ("path = %q"):format(temp.file("<!doctype html><html>", "crm.json")))
    end,
    ["too slow"] = function()
      return source("command", 'command = "sleep 20", column = "tenant", timeout = "200ms"')
    end,
  }

  for _, command in ipairs { "plan", "apply", "explain" } do
    for name, declare in pairs(CASES) do
      it(("is refused by %s, asking Xero nothing, where it is %s"):format(command, name), function()
        local declared = declare()
        local before = #app.world:log()
        local result = app:run({ command, "--profile", "default" }, RULES, declared)
        assert.same({ 6, "" }, { result.status, result.out }, result.err)
        assert.matches('source "crm" is refused', result.err)
        assert.equal(before, #app.world:log())
        assert.same({}, app:deleted())
      end)
    end
  end

  it("is planned with where it can be", function()
    local result = app:run({ "apply", "--yes" }, RULES, csv(LIST))
    assert.equal(5, result.status, result.err)
    assert.matches("REFUSED", result.err)
  end)
end)
