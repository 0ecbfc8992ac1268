-- A plan that was saved: it does what it says later, or nothing where the world has changed.

local cjson = require "cjson"
local policy_run = require "support.policy_run"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local id = policy_run.id

local TWO = 'policy.disconnect "too many" { tenant_id = { tenant(3), tenant(7) } },'

describe("a plan that was saved", function()
  local app, saved

  before_each(function()
    app = policy_run.start { "--connections", "20" }
    saved = temp.directory() .. "/plan.json"
  end)
  after_each(function() app:stop() end)

  local function save(rules, before)
    local result = app:run({ "plan", "--save", saved }, rules or TWO, before)
    assert.equal(0, result.status, result.err)
  end

  local function apply(...)
    return app:run { "apply", "--yes", saved, ... }
  end

  -- The saved plan with something of it changed.
  local function edit(change)
    local plan = cjson.decode(temp.read(saved))
    change(plan)
    temp.write(saved, cjson.encode(plan))
  end

  local function refused(pattern, ...)
    local result = apply(...)
    assert.equal(5, result.status, result.err)
    assert.matches(pattern, result.err)
    assert.same({}, app:deleted())
  end

  it("is a private file that says whom it disconnects and why", function()
    save()
    assert.equal("600\n", shell.output { "stat", "-c", "%a", saved })
    local plan = cjson.decode(temp.read(saved))
    assert.same({ "xero-run plan", "test", "default", 20 },
      { plan.format, plan.policy.name, plan.profile, plan.total })
    assert.same({ id(3), "too many" }, { plan.disconnect[1].id, plan.disconnect[1].rule })
    assert.equal(2, #plan.disconnect)
  end)

  it("is carried out", function()
    save()
    local result = apply()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ 3, 7 }, app:deleted())
    assert.matches("^too many: tenantId is", app:journal()[1].reason)
    assert.equal("xero-run apply " .. saved, app:journal()[1].script)
  end)

  it("calls a tenant without a name just that where it leaves it alone", function()
    save()
    edit(function(plan)
      plan.disconnect[1].tenantName = nil
      plan.disconnect[1].updatedDateUtc = "2020-01-01T00:00:00"
    end)
    assert.matches("skipped (no name) (" .. id(3) .. "): it connected again", apply().err, 1, true)
  end)

  it("finds the policy and what stands beside it from wherever it is applied", function()
    local directory = temp.directory()
    temp.write(directory .. "/crm.csv", "id\n" .. policy_run.tenant(3) .. "\n")
    app:write(TWO, "local crm = xero.source.csv('crm', { path = 'crm.csv', column = 'id' })\n"
      .. "local keep = policy.keep 'active' { listed = crm }")
    temp.write(app.file, (temp.read(app.file):gsub("policy.disconnect", "keep, %0", 1)))
    assert(os.execute(("ln -s %s %s/offboard.lua"):format(app.file, directory)))
    local result = app:run { "plan", "offboard.lua", "--save", saved, cwd = directory }
    assert.equal(0, result.status, result.err)
    result = apply()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ 7 }, app:deleted())
  end)

  it("takes nobody along whom it has not got", function()
    save 'policy.disconnect "demo" { name = "Organisation 0000*", when = function(c)\
      return c.id:find "3$" ~= nil or os.getenv "LATER" ~= nil end },'
    local result = app:run { "apply", "--yes", saved, "--all", env = { LATER = "1" } }
    assert.equal(0, result.status, result.err)
    assert.same({ 3 }, app:deleted())
    assert.matches("kept +" .. id(4):gsub("%-", "%%-") .. " [^\n]*it is not in the saved plan",
      result.out)
  end)

  it("is refused where the policy was edited since", function()
    save()
    app:write(TWO .. "allow_held = true,")
    refused "policy.lua was edited since the plan was saved"
  end)

  it("is refused for another profile", function()
    save()
    refused("the plan was saved for profile default, and this is acme", "--profile", "acme")
  end)

  it("is refused after 24 hours", function()
    save()
    edit(function(plan) plan.made_at = os.date("!%Y-%m-%dT%H:%M:%SZ", os.time() - 86401) end)
    refused "the plan expired"
  end)

  it("is refused where its policy is gone, or it is damaged", function()
    save()
    os.remove(app.file)
    assert.equal(2, apply().status)
    edit(function(plan) plan.disconnect[1].id = "x" end)
    assert.equal(2, apply().status)
    assert.same({}, app:deleted())
  end)

  it("is refused where there are no connections any more", function()
    save()
    local all = app:run { "list", "-f", "ids" }
    assert.equal(0, run({ "disconnect", "-y", "-", stdin = all.out, env = app.world:with {
      XERO_RUN_STATE = temp.directory() } }).status)
    local result = apply()
    assert.equal(5, result.status, result.err)
    assert.matches("there are no connections, where there were 20 when the plan was saved",
      result.err)
  end)

  it("skips what is not as it was, and says so", function()
    save()
    edit(function(plan) plan.disconnect[2].updatedDateUtc = "2020-01-01T00:00:00.0000000" end)
    local result = apply()
    assert.equal(0, result.status, result.err)
    assert.matches("skipped Organisation 00007 [^\n]*: it connected again since the plan was made",
      result.err)
    assert.same({ 3 }, app:deleted())
  end)

  it("skips whom the policy would not disconnect any more, and says why", function()
    local csv = temp.file("id\n" .. policy_run.tenant(1) .. "\n", "crm.csv")
    save('policy.keep "active" { listed = crm },' .. TWO,
      ("local crm = xero.source.csv('crm', { path = %q, column = 'id' })"):format(csv))
    temp.write(csv, "id\n" .. policy_run.tenant(7) .. "\n")
    local result = apply()
    assert.equal(0, result.status, result.err)
    assert.matches('skipped Organisation 00007 [^\n]*: it is kept now, by "active"', result.err)
    assert.same({ 3 }, app:deleted())
  end)

  it("disconnects nobody while a source cannot be believed", function()
    local csv = temp.file("id\n" .. policy_run.tenant(1) .. "\n", "crm.csv")
    save('policy.keep "active" { listed = crm },' .. TWO,
      ("local crm = xero.source.csv('crm', { path = %q, column = 'id' })"):format(csv))
    temp.write(csv, "id\n")
    assert.equal(6, apply().status)
    assert.same({}, app:deleted())
  end)

  it("is not made of a plan that is refused", function()
    local result = app:run({ "plan", "--save", saved, "--max-disconnects", "1" }, TWO)
    assert.equal(5, result.status)
    assert.is_nil(io.open(saved))
  end)

  it("is written over another plan, and over nothing else", function()
    save()
    save 'policy.disconnect "one" { tenant_id = tenant(3) },'
    assert.equal(1, #cjson.decode(temp.read(saved)).disconnect)
    for _, other in ipairs { temp.file "precious", temp.directory(), "/dev/null",
      "/nowhere/plan.json" } do
      local result = app:run({ "plan", "--save", other }, TWO)
      assert.is_true(result.status == 2 or result.status == 1, result.err)
      assert.matches(other, result.err, 1, true)
    end
    app:write(TWO)
    assert.equal(2, app:run({ "plan", app.file, "--save", app.file }).status)
    assert.matches("policy.disconnect", temp.read(app.file), 1, true)
  end)

  it("is no policy for plan and explain, which say what takes it", function()
    save()
    for _, command in ipairs { "plan", "explain" } do
      local result = app:run { command, saved }
      assert.equal(2, result.status)
      assert.matches("plan%.json: it is a saved plan, and no policy\nhint: xero%-run apply takes",
        result.err)
    end
  end)

  it("goes together with --detailed-exitcode", function()
    local result = app:run({ "plan", "--save", saved, "--detailed-exitcode" }, TWO)
    assert.equal(9, result.status)
    assert.equal(2, #cjson.decode(temp.read(saved)).disconnect)
  end)
end)
