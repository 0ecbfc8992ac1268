-- What policies remember, in PostgreSQL.

local policy_run = require "support.policy_run"
local postgres = require "support.postgres"
local system = require "system"
local temp = require "support.temp"

local LATER = 'policy.disconnect "later" { tenant_id = tenant(3), after = "400ms" },'

describe("a policy, with the state in PostgreSQL,", function()
  local server, database, app

  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)
  before_each(function()
    app = policy_run.start { "--connections", "20" }
    database = server:database()
    app.state = database.url
  end)
  after_each(function() app:stop() end)

  local function apply()
    local result = app:run({ "apply", "--yes" }, LATER)
    assert.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  it("waits from run to run, on whatever host and from whatever directory", function()
    assert.matches("waiting [^\n]*seen for the first time", apply())
    app.file = temp.directory() .. "/elsewhere.lua"
    system.sleep(0.5)
    assert.matches("1 of 20 connections would be disconnected; 0 wait", apply())
    assert.same({ 3 }, app:deleted())
  end)

  it("goes by nothing that is damaged", function()
    apply()
    database:script [[UPDATE xero_run.policy SET body = '{}']]
    for _, command in ipairs { "plan", "apply" } do
      local result = app:run({ command }, LATER)
      assert.equal(1, result.status, result.out)
      assert.matches("the marks of [^\n]* cannot be used: it is damaged\nhint: ", result.err)
    end
    assert.same({}, app:deleted())
  end)
end)
