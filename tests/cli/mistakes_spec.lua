-- The mistakes of tests/mistakes, each with all that is said of it: what is wrong, where, and what
-- to do; and the status that it ends with. A mistake of a person never shows a traceback.

local mistake = require "support.mistake"

local function assert_fits(expected, text)
  if not mistake.fits(expected, text) then
    assert.equal(expected, text)
  end
end

local function assert_told(row, result)
  assert.equal(row.status, result.status, result.told)
  if not (row.or_says and mistake.fits(row.or_says, result.told)) then
    assert_fits(row.says, result.told)
  end
  assert_fits(row.out or "", result.out)
end

local rows = {}
for _, theme in ipairs { "applying", "command_line", "configuration", "credentials", "network",
  "policies", "scripts", "state", "tenants", "terminal" } do
  for _, row in ipairs(require("mistakes." .. theme)) do
    rows[#rows + 1] = row
  end
end

describe("what is said where", function()
  local begun = {}

  setup(function()
    for _, row in ipairs(rows) do
      begun[row] = row.slow and mistake.begin(row)
    end
  end)

  teardown(mistake.finish)

  for _, row in ipairs(rows) do
    it(row[1], function()
      local finish = begun[row] or mistake.begin(row)
      assert_told(row, finish())
    end)
  end
end)
