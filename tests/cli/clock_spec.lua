-- A machine whose clock is wrong: to it the sandbox says another date than it is.

local cjson = require "cjson"
local policy_run = require "support.policy_run"
local temp = require "support.temp"

local HOUR, WEEK = 3600, 7 * 86400
local OLD = 'policy.disconnect "old" { tenant_id = { tenant(3) }, older_than = "1d" },'

-- A sandbox of which the lists are dated so many seconds after now.
local function dated(seconds, which)
  return policy_run.start { "--connections", "20", "--fault", ("list#%s:date=%s"):format(
    which or "*", os.date("!%a, %d %b %Y %H:%M:%S GMT", os.time() + seconds)) }
end

local WRONG = "the clock of this machine says %d+%-%d%d%-%d%dT[%d:]+Z, and Xero's"
  .. " %d+%-%d%d%-%d%dT[%d:]+Z: no age can be believed\n"

describe("with a clock that is a week ahead of Xero's, or behind", function()
  for _, seconds in ipairs { WEEK, -WEEK, HOUR } do
    it(("apply disconnects nobody and remembers nothing (%d s)"):format(seconds), function()
      local app <close> = dated(seconds)
      local result = app:run({ "apply", "--yes", "--quiet" }, OLD)
      assert.equal(5, result.status, result.out)
      assert.matches("^xero%-run: REFUSED: " .. WRONG .. "hint: set it: timedatectl set%-ntp"
        .. " true\n$", result.err)
      assert.matches("1 of 20 connections would be disconnected", result.out)
      assert.same({}, app:deleted())
      assert.is_nil(io.open(app.state .. "/default/marks.json"))
    end)
  end

  it("no wait begins that would end early once the clock is set", function()
    local app <close> = dated(WEEK)
    local rules = 'policy.disconnect "old" { tenant_id = { tenant(3) }, after = "7d" },'
    assert.equal(5, app:run({ "apply", "--yes" }, rules).status)
    assert.is_nil(io.open(app.state .. "/default/marks.json"))
  end)

  it("a plan is shown and refused, and gives no ids to disconnect", function()
    local app <close> = dated(WEEK)
    local result = app:run({ "plan" }, OLD)
    assert.equal(5, result.status)
    assert.matches("disconnect +c0", result.out)
    assert.matches("^xero%-run: REFUSED: " .. WRONG, result.err)
    result = app:run({ "plan", "-f", "ids" }, OLD)
    assert.same({ 5, "" }, { result.status, result.out })
    local refusals = cjson.decode(app:run({ "plan", "-f", "json" }, OLD).out).refusals
    assert.matches("the clock of this machine", refusals[1])
  end)

  it("a saved plan is not applied either", function()
    local app <close> = dated(WEEK, "2-*")
    local file = temp.directory() .. "/plan.json"
    assert.equal(0, app:run({ "plan", "--save", file }, OLD).status)
    local result = app:run { "apply", "--yes", file }
    assert.equal(5, result.status)
    assert.matches(WRONG, result.err)
    assert.same({}, app:deleted())
  end)

  it("explain, list and a script say so, once, and go on", function()
    local app <close> = dated(WEEK)
    local line = "^xero%-run: " .. WRONG .. "$"
    local explained = app:run({ "explain" }, OLD)
    assert.equal(0, explained.status)
    assert.matches(line, explained.err)
    local listed = app:run { "list", "--older-than", "1d", "-f", "ids" }
    assert.equal(0, listed.status)
    assert.matches(line, listed.err)
    local script = app:run { "-e", [[
      local xero = require "xero"
      for _ = 1, 2 do xero.get_connections() end
      xero.delete_connection(xero.get_connections()[1])
    ]] }
    assert.equal(0, script.status, script.err)
    assert.matches(line, script.err)
    assert.equal(1, #app:deleted())
  end)
end)

describe("with a clock that is right, or a server that says no date", function()
  it("apply goes on, a few minutes apart too", function()
    for _, seconds in ipairs { 0, 200, -200 } do
      local app <close> = dated(seconds)
      local result = app:run({ "apply", "--yes" }, OLD)
      assert.same({ 0, "" }, { result.status, result.err })
      assert.same({ 3 }, app:deleted())
    end
  end)

  it("what is no date is no matter", function()
    local app <close> = policy_run.start { "--connections", "20", "--fault", "list#*:date=today" }
    local result = app:run({ "apply", "--yes" }, OLD)
    assert.same({ 0, "" }, { result.status, result.err })
  end)
end)
