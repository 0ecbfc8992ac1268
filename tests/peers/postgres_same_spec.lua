-- What holds for a state in files holds for one in PostgreSQL: the same specs, run again with their
-- places in a database. Some of them each time; all with XERO_RUN_SAME=all (make check-postgres).

local postgres = require "support.postgres"
local process = require "support.process"
local run = require "support.run"

local SPECS = {
  "tests/cli/logout_spec.lua", "tests/cli/status_spec.lua", "tests/cli/doctor_spec.lua",
  "tests/cli/bulk_spec.lua", "tests/cli/login_server_spec.lua",
}

local MORE = {
  "tests/native/login_store_spec.lua", "tests/cli/login_spec.lua", "tests/cli/profile_spec.lua",
  "tests/cli/interruption_spec.lua", "tests/cli/verdicts_spec.lua",
}

if os.getenv "XERO_RUN_SAME" == "all" then table.move(MORE, 1, #MORE, #SPECS + 1, SPECS) end

describe("with the state in PostgreSQL", function()
  local server

  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)

  for _, spec in ipairs(SPECS) do
    it(spec .. " passes", function()
      local result = process.run { run.program(), "tests/run.lua", spec, timeout = 600, env = {
        XERO_RUN_TEST_STATE = server:url "postgres", XERO_RUN_BIN = run.program(),
      } }
      assert.equal(0, result.status, result.out .. result.err)
    end)
  end
end)
