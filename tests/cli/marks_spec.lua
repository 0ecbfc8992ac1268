-- What policies remember from run to run: how long a rule has matched, and how many there were.

local cjson = require "cjson"
local policy_run = require "support.policy_run"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

-- Rule 4 and the shrinking of rule 7: what is remembered from run to run.
describe("what policies remember", function()
  local app

  before_each(function() app = policy_run.start { "--connections", "20" } end)
  after_each(function() app:stop() end)

  local WAIT = 0.4
  local LATER = 'policy.disconnect "later" { tenant_id = tenant(3), after = "400ms" },'
  local ONE = 'policy.disconnect "one" { tenant_id = tenant(9) },'

  local function apply(rules, ...) return app:run({ "apply", "--yes", ... }, rules) end

  local function pass_time() system.sleep(WAIT + 0.1) end

  local function ends(status, result) assert.equal(status, result.status, result.err) end

  it("ends a wait once the rule has matched in each run of apply over that time", function()
    local result = apply(LATER)
    ends(0, result)
    assert.matches("waiting [^\n]*seen for the first time, due %d", result.out)
    assert.same({}, app:deleted())
    pass_time()
    ends(0, apply(LATER))
    assert.same({ 3 }, app:deleted())
  end)

  it("shows in a plan how long a wait still takes, and that it is over", function()
    ends(0, apply(LATER))
    pass_time()
    local result = app:run({ "plan" }, LATER)
    assert.matches("1 of 20 connections would be disconnected; 0 wait", result.out)
    assert.same({}, app:deleted())
  end)

  it("forgets a wait after one run in which the rule did not match", function()
    ends(0, apply(LATER))
    ends(0, apply('policy.keep "for now" { tenant_id = tenant(3) },' .. LATER))
    pass_time()
    assert.matches("waiting", apply(LATER).out)
    assert.same({}, app:deleted())
  end)

  -- Each of these runs would have begun the wait, if it counted.
  local RUNS = {
    ["a plan"] = function() ends(0, app:run({ "plan" }, LATER)) end,
    ["a dry run"] = function() ends(0, apply(LATER, "--dry-run")) end,
    ["a run that was refused"] = function()
      ends(5, apply(LATER .. ONE, "--max-disconnects", "0"))
    end,
    ["a run that was not confirmed"] = function() ends(5, app:run({ "apply" }, LATER .. ONE)) end,
  }
  for name, run_it in pairs(RUNS) do
    it("begins no wait by " .. name, function()
      run_it()
      assert.is_nil(io.open(app.state .. "/default/marks.json"))
      pass_time()
      assert.matches("waiting", apply(LATER).out)
      assert.same({}, app:deleted())
    end)
  end

  it("counts a run in which some disconnects failed", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=403" }
    ends(4, apply(ONE .. LATER))
    pass_time()
    ends(0, apply(ONE .. LATER))
    assert.same({ 3, 9 }, app:deleted())
  end)

  it("tries again what failed after its wait, without another one", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=403" }
    ends(0, apply(LATER))
    pass_time()
    ends(4, apply(LATER))
    ends(0, apply(LATER))
    assert.is_false(require("support.record").listed(app.world)[policy_run.id(3)] == true)
  end)

  it("counts the run of a saved plan", function()
    local saved = temp.directory() .. "/plan.json"
    for _ = 1, 2 do
      ends(0, app:run({ "plan", "--save", saved }, LATER))
      ends(0, app:run { "apply", "--yes", saved })
      pass_time()
    end
    assert.same({ 3 }, app:deleted())
  end)

  -- A run of LATER during which another run, of a policy of that name, begins and ends.
  local function with_another(name)
    local other = temp.file(('local policy = require "xero".policy\nreturn policy "%s" '
      .. '{ policy.keep "all" { name = "*" } }'):format(name), "other.lua")
    local words = { "env" }
    for key, value in pairs(app.world:with { XERO_RUN_STATE = app.state }) do
      words[#words + 1] = key .. "=" .. value
    end
    table.move({ run.program(), "apply", other }, 1, 3, #words + 1, words)
    return app:run({ "apply", env = { OTHER = shell.join(words) .. " >/dev/null" } },
      LATER .. [[policy.keep "meanwhile" { tenant_id = tenant(9), when = function()
        assert(os.execute(os.getenv "OTHER"))
        return true
      end },]])
  end

  it("goes by another run of the policy that came in between", function()
    local result = with_another "test"
    ends(0, result)
    assert.matches('another run of policy "test" came in between', result.err)
    pass_time()
    assert.matches("waiting", apply(LATER).out)
  end)

  it("loses nothing of another policy's run that came in between", function()
    local result = with_another "other"
    assert.same({ 0, "" }, { result.status, result.err })
    local state = cjson.decode(temp.read(app.state .. "/default/marks.json"))
    assert.is_truthy(state.policies.other and state.policies.test.marks[policy_run.id(3)])
  end)

  it("says so where another run holds it all the time that this one waits", function()
    ends(0, apply(LATER))
    local lock = app.state .. "/default/marks.lock"
    local holder = process.spawn { "flock", "-o", lock, "sleep", "20" }
    process.await(function() return not os.execute(("flock -n %s true"):format(lock)) end, "it")
    local result = apply(LATER, "--lock-timeout", "100ms")
    holder:stop()
    ends(7, result)
    assert.matches("^xero%-run: the marks were not saved: [^\n]+\nhint: %-%-lock%-timeout",
      result.err)
  end)

  it("warns where a policy of that name was applied from another file", function()
    local first = app.file
    ends(0, apply(LATER))
    app.file = temp.directory() .. "/namesake.lua"
    local result = apply(LATER)
    ends(0, result)
    assert.matches('^xero%-run: policy "test" was applied from ' .. first:gsub("%-", "%%-")
      .. " before: is that another one%? [^\n]+\n$", result.err)
    assert.equal("", apply(LATER).err)
  end)

  it("warns of no namesake where a record says no file, as those of earlier releases", function()
    ends(0, apply(LATER))
    local name = app.state .. "/default/marks.json"
    local state = cjson.decode(temp.read(name))
    state.policies.test.file = nil
    temp.write(name, cjson.encode(state))
    local result = apply(LATER)
    assert.same({ 0, "" }, { result.status, result.err })
  end)

  it("refuses an empty list where there were connections after the last run", function()
    ends(0, apply 'policy.keep "all" { name = "*" },')
    local port = app.world.env.XERO_API_URL:match "%d+$"
    app:stop()
    app.world = require("support.sandbox").start { "--connections", "0", "--port", port }
    local result = apply(ONE)
    ends(5, result)
    assert.matches("there are no connections, where there were 20 after the last run", result.err)
    assert.matches("remove /%S+/default/marks%.json\n", result.err)
  end)

  describe("of a source", function()
    local csv

    local function list(count)
      local lines = { "id" }
      for n = 1, count do lines[n + 1] = policy_run.tenant(n) end
      temp.write(csv, table.concat(lines, "\n") .. "\n")
    end

    before_each(function() csv = temp.directory() .. "/crm.csv" end)

    local function source()
      return ([[local crm = xero.source.csv("crm", {
        path = %q, column = "id", max_shrink = "20%%",
      })]]):format(csv)
    end

    local RULES = 'policy.disconnect "gone" { not_listed = crm }, limits = { max_percent = 50 },'

    local function run_it(command) return app:run({ command, "--yes" }, RULES, source()) end

    it("is how long it was: what shrank too much is refused, by plan and apply", function()
      list(20)
      ends(0, run_it "apply")
      list(15)
      local result = run_it "apply"
      ends(6, result)
      assert.matches('source "crm" is refused: [^\n]*at most 20 %% fewer than the 20 ids',
        result.err)
      ends(6, app:run({ "plan" }, RULES, source()))
      assert.same({}, app:deleted())
      list(16)
      ends(0, run_it "apply")
      assert.same({ 17, 18, 19, 20 }, app:deleted())
    end)

    it("is only what a run of apply has seen", function()
      list(20)
      ends(0, app:run({ "plan" }, RULES, source()))
      list(10)
      ends(0, app:run({ "plan" }, RULES, source()))
    end)
  end)

  it("is nothing that can be guessed: a damaged file stops plan and apply", function()
    ends(0, apply(LATER))
    temp.write(app.state .. "/default/marks.json", "{}")
    for _, command in ipairs { "plan", "apply" } do
      local result = app:run({ command }, LATER)
      ends(1, result)
      assert.matches("cannot be used: it is no state of policies", result.err)
      assert.matches("hint: [^\n]*starts anew", result.err)
    end
  end)
end)
