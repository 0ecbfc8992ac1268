-- A saved plan: what it is bound to, and when it does not hold any more.

local drift = require "xero.drift"
local errors = require "xero.error"
local json = require "xero.json"
local policies = require "support.policies"
local saved_plan = require "xero.saved_plan"

local SCRIPT = [[return policy "p" {
  limits = { max_percent = 100 },
  policy.disconnect "demo" { name = "Demo*" } }]]
local FILE = { path = "/srv/offboard.lua", text = SCRIPT }
local PROFILE = { name = "acme" }
local NOW = policies.NOW

local function list()
  return { { tenantName = "Demo 1" }, {}, { tenantName = "Demo 3" } }
end

local function save(connections, input)
  local all = { profile = PROFILE }
  for key, value in pairs(input or {}) do all[key] = value end
  connections = connections or policies.connections(list())
  local plan = policies.plan(policies.load(SCRIPT), connections, all)
  return saved_plan.encode(plan, FILE)
end

local function saved() return saved_plan.decode(save(), "plan.json") end

local function refusal(changed)
  local facts = { now = NOW + 60, profile = "acme", text = SCRIPT }
  for key, value in pairs(changed or {}) do facts[key] = value end
  return saved_plan.check(saved(), facts)
end

describe("a saved plan", function()
  it("is JSON that a person can read", function()
    local value = json.decode(save())
    assert.equal("xero-run plan", value.format)
    assert.equal("2026-11-23T12:00:00Z", value.made_at)
    assert.equal("2026-11-24T12:00:00Z", value.expires_at)
    assert.equal("acme", value.profile)
    assert.equal("/srv/offboard.lua", value.policy.file)
    assert.same({ id = policies.id(1), tenantId = policies.tenant(1), tenantName = "Demo 1",
      updatedDateUtc = policies.days_ago(200), rule = "demo", reason = 'the name is "Demo 1"' },
      value.disconnect[1])
    assert.equal(2, #value.disconnect)
  end)

  it("is told from a policy's script", function()
    assert.is_true(saved_plan.is(save()))
    assert.is_false(saved_plan.is(SCRIPT))
    assert.is_false(saved_plan.is "{}")
  end)

  it("may hold nothing", function()
    local empty = saved_plan.decode(save(policies.many(2)), "plan.json")
    assert.same({}, empty.items)
  end)

  it("is not made of a plan that is refused", function()
    local ok, err = pcall(save, nil, { max_disconnects = 1 })
    assert.is_false(ok)
    assert.is_true(errors.is(err, "limit"))
  end)

  it("holds for the profile, the text of the policy and a day", function()
    assert.is_nil(refusal())
    assert.is_nil(refusal { now = NOW + 86399 })
  end)

  it("is refused when the policy was edited", function()
    local found = refusal { text = SCRIPT .. "\n" }
    assert.equal("limit", found.kind)
    assert.equal("/srv/offboard.lua was edited since the plan was saved", found.message)
    assert.equal("make the plan anew", found.hint)
  end)

  it("is refused for another profile", function()
    assert.equal("the plan was saved for profile acme, and this is beta",
      refusal { profile = "beta" }.message)
  end)

  it("is refused after 24 hours", function()
    assert.equal("the plan expired: it was saved 1 day ago, and holds for 1 day",
      refusal { now = NOW + 86400 }.message)
  end)

  it("is refused when it comes from the future", function()
    assert.matches("a clock is wrong", refusal { now = NOW - 3600 }.message, 1, true)
  end)

  it("holds no longer when its end is moved, but shorter", function()
    local function refused(end_, now)
      local text = save():gsub('"expires_at": "[^"]+"', ('"expires_at": "%s"'):format(end_))
      local again = saved_plan.decode(text, "plan.json")
      return saved_plan.check(again, { now = now, profile = "acme", text = SCRIPT })
    end
    assert.is_table(refused("2999-01-01T00:00:00Z", NOW + 86400))
    assert.is_nil(refused("2026-11-23T13:00:00Z", NOW + 3599))
    assert.equal("the plan expired: it was to hold until 2026-11-23T13:00:00Z",
      refused("2026-11-23T13:00:00Z", NOW + 3600).message)
  end)

  describe("and the connections as they are now:", function()
    local function changed(change)
      local now = list()
      change(now)
      local same, skipped = drift.find(saved().items, policies.connections(now))
      return #same, skipped[1] and skipped[1].why, same, skipped
    end

    it("what is as it was goes, with the rule and the reason that were shown", function()
      local count, why, same = changed(function() end)
      assert.equal(2, count)
      assert.is_nil(why)
      assert.equal("demo", same[1].item.rule)
      assert.equal('the name is "Demo 1"', same[1].item.reason)
      assert.equal(policies.id(1), same[1].connection.id)
    end)

    it("what connected again is skipped", function()
      local count, why, _, skipped = changed(function(now)
        now[1].updatedDateUtc = policies.days_ago(0)
      end)
      assert.equal(1, count)
      assert.equal("it connected again since the plan was made", why)
      assert.equal("Demo 1", skipped[1].item.tenantName)
    end)

    it("what is gone is skipped", function()
      local count, why = changed(function(now) now[1].id = policies.id(99) end)
      assert.same({ 1, "it is not connected any more" }, { count, why })
    end)

    it("what belongs to another tenant is skipped", function()
      local count, why = changed(function(now) now[1].tenantId = policies.tenant(99) end)
      assert.same({ 1, "it is another tenant's now" }, { count, why })
    end)

    it("what cannot be compared is skipped", function()
      local count, why = changed(function(now) now[1].updatedDateUtc = false end)
      assert.equal(1, count)
      assert.matches("no updatedDateUtc", why, 1, true)
    end)

    it("another name or case of an id is no drift", function()
      assert.equal(2, (changed(function(now)
        now[1].tenantName, now[1].id = "Renamed", policies.id(1):upper()
      end)))
    end)

    it("a new connection that would match now is not taken along", function()
      assert.equal(2, (changed(function(now) now[4] = { tenantName = "Demo 4" } end)))
    end)
  end)

  it("is refused where it is damaged", function()
    local function message(change)
      local value = json.decode(save())
      change(value)
      local ok, err = pcall(saved_plan.decode, json.encode(value), "plan.json")
      assert.is_false(ok)
      assert.is_true(errors.is(err, "usage"))
      return err.message
    end
    assert.equal("plan.json: no saved plan", message(function(v) v.format = "x" end))
    assert.matches("another version", message(function(v) v.version = 2 end))
    for _, key in ipairs { "made_at", "profile", "policy", "total" } do
      assert.equal("plan.json: the saved plan is damaged", message(function(v) v[key] = nil end))
    end
    assert.equal("plan.json: the saved plan is damaged", message(function(v) v.made_at = "x" end))
    assert.matches("damaged: disconnect", message(function(v) v.disconnect = nil end))
    assert.matches("connection 2", message(function(v) v.disconnect[2].id = "../x" end))
    assert.matches("connection 1", message(function(v) v.disconnect[1].rule = nil end))
    assert.matches("connection 2", message(function(v)
      v.disconnect[2].id = v.disconnect[1].id:upper()
    end))
    assert.is_false((pcall(saved_plan.decode, "{", "plan.json")))
    assert.is_false((pcall(saved_plan.decode, "7", "plan.json")))
  end)
end)
