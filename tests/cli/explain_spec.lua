-- `xero-run explain`: why a policy decides about a tenant as it does.

local cjson = require "cjson"
local policy_run = require "support.policy_run"
local run = require "support.run"

local id = policy_run.id

describe("xero-run explain", function()
  local app

  setup(function() app = policy_run.start() end)
  teardown(function()
    for _, request in ipairs(app.world:log()) do assert.not_equal("DELETE", request.method) end
    app:stop()
  end)

  local RULES = [[
    policy.keep "practices" { type = "PRACTICE" },
    policy.disconnect "old demo" { name = "Demo*", older_than = "100d" },]]

  local function explain(...) return app:run({ "explain", ... }, RULES) end

  it("shows each rule and condition of a tenant, its answer and what it saw", function()
    local result = explain("--tenant", id(2))
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("Demo Company %(AU%) %([^\n]*%): disconnect\n", result.out)
    assert.matches('no +keep "practices" %([^\n]*policy.lua:%d+%)\n'
      .. ' +no +type = "PRACTICE": tenantType is ORGANISATION\n', result.out)
    assert.matches('yes +disconnect "old demo" %([^\n]*policy.lua:%d+%)  <%- decides\n', result.out)
    assert.matches(' +yes +older_than = "100d": createdDateUtc is [^\n]*, 121 days ago\n',
      result.out)
    assert.matches(' +yes +name = "Demo%*": the name is "Demo Company %(AU%)"\n', result.out)
  end)

  it("takes the id of a tenant and an exact name, too", function()
    local expected = explain("--tenant", id(15)).out
    assert.equal(expected, explain("--tenant", policy_run.tenant(15):upper()).out)
    assert.equal(expected, explain("--tenant", "Weka Workflow").out)
  end)

  it("guesses nobody", function()
    local result = explain("--tenant", "Kiwi Krafts Ltd")
    assert.equal(2, result.status)
    assert.matches("may mean any of 2", result.err)
    result = explain("--tenant", "Weka Workflows")
    assert.equal(2, result.status)
    assert.matches('hint: did you mean "Weka Workflow"', result.err)
  end)

  it("shows a line for each without --tenant, the rules side by side", function()
    local result = explain()
    assert.equal(0, result.status, result.err)
    assert.matches("1 +keep +practices +%S+policy.lua:%d+\n2 +disconnect +old demo", result.out)
    local function line(n) return result.out:match("\n(%l+ +c0[^\n]*" .. n .. " [^\n]*)\n") end
    assert.matches("^disconnect +%S+ +%- +yes %* +Demo Company %(AU%)", line "02")
    assert.matches("^kept +%S+ +yes %* +%- +Northwind", line "13")
    assert.matches("^kept +%S+ +%- +%- +Demo Company %(US%)", line "04")
    assert.matches("^kept +%S+ +%- +%- +%(no name%)", line "10")
  end)

  it("gives all of it as JSON, JSON lines and CSV", function()
    local value = cjson.decode(explain("-f", "json", "--tenant", id(2)).out)
    assert.equal(1, #value)
    local one = value[1]
    assert.same({ id(2), "disconnect", "old demo" }, { one.id, one.verdict, one.rule })
    local rule = one.rules[2]
    assert.same({ "disconnect", "old demo", "yes", true, 2 },
      { rule.kind, rule.label, rule.result, rule.decides, #rule.conditions })
    assert.same({ condition = 'name = "Demo*"', result = "yes",
      saw = 'the name is "Demo Company (AU)"' }, rule.conditions[2])
    local lines = 0
    for line in explain("-f", "jsonl").out:gmatch "[^\n]+" do
      lines = lines + 1
      assert.equal(2, #cjson.decode(line).rules)
    end
    assert.equal(34, lines)
    local csv = explain("-f", "csv", "--tenant", id(2)).out
    assert.matches("^id,tenantName,verdict,rule,result,decides,condition,answer,saw", csv)
    assert.equal(4, select(2, csv:gsub("\n", "")))
    assert.equal(2, explain("-f", "ids").status)
  end)

  it("shows the profile's protection, waits and failures", function()
    local result = app:run({ "explain", "--tenant", id(2) }, [[
      policy.disconnect "broken" { when = function() error "no" end },
      policy.disconnect "later" { name = "Demo*", after = "7d" },]])
    assert.matches("held +disconnect \"broken\" [^\n]*decides\n +held +when = function: [^\n]*no\n",
      result.out)
    result = app:run({ "explain", "--tenant", id(2) },
      'policy.disconnect "later" { name = "Demo*", after = "7d" },')
    assert.matches(": waiting\nlater: [^\n]*due %d", result.out)
  end)

  it("shows what a quota asks of those that no rule decides", function()
    local function quota(n, max)
      return app:run({ "explain", "--tenant", id(n) }, ([[
        policy.keep "practices" { type = "PRACTICE" },
        quota = { max = %d, evictable = function(c) return c.name:find "^Demo" ~= nil, "why" end },
        limits = { max_percent = 100 },]]):format(max)).out
    end
    assert.matches(': disconnect\n.*yes +quota "quota" [^\n]*decides\n'
      .. " +yes +max = 33, headroom = 0: the rules leave 34 connections\n"
      .. " +yes +evictable = function: why\n", quota(1, 33))
    assert.matches(": kept\n.*no +quota [^\n]*\n.* +no +evictable = function: why\n", quota(8, 33))
    assert.matches("yes +evictable", quota(6, 33)) -- its turn has not come
    assert.matches("not asked evictable", quota(13, 33))
    assert.matches("no +max = 40, [^\n]*\n +not asked evictable", quota(1, 40))
  end)

  it("shows an accent that is a character of its own, for it looks like the other", function()
    local result = app:run({ "explain", "--tenant", "Bäckerei 🥐 & Söhne" },
      [[policy.disconnect "bakers" { name = "Ba\u{308}ckerei*" },]])
    assert.matches([[name = "Ba\u{308}ckerei*": the name is "Bäckerei]], result.out, 1, true)
  end)

  it("lets no stranger's name steer the terminal", function()
    for _, words in ipairs { { "--tenant", id(28) }, {} } do
      local result = explain(table.unpack(words))
      assert.is_nil(result.out:find "[\27\7]")
      assert.matches("\\x1b", result.out, 1, true)
    end
  end)

  it("is what the binary has a help for", function()
    assert.matches("%-%-tenant", run({ "explain", "--help" }).out)
  end)
end)
