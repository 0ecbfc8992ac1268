-- What commands look like on terminals of several widths, with and without colour.

local new_person = require "support.person".new
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local text = require "xero.text"

describe("on a terminal", function()
  local person

  setup(function()
    person = new_person()
    person:log_in()
    person:run { "disconnect", "--yes", "Maple Street Bakery", "Harbour Lights Ltd" }
    person:control { tenants = 3 }
    person:log_in()
  end)

  teardown(function() person.sandbox:stop() end)

  local function shown(columns, words, env)
    local command = ("stty cols %d; exec %s %s"):format(columns, shell.quote(run.program()),
      shell.join(words))
    local result = process.run { "sh", "-c", command, tty = true, env = env or person.env }
    assert.equal(0, result.status, result.out)
    return (result.out:gsub("\r\n", "\n"))
  end

  for _, columns in ipairs { 80, 40 } do
    for _, words in ipairs { { "list" }, { "status" }, { "journal" }, { "doctor" } } do
      it(("%s has no line wider than %d columns"):format(words[1], columns), function()
        local out = shown(columns, words)
        for line in out:gsub("\27%[%d*m", ""):gmatch "[^\n]+" do
          -- A word that is wider stays whole: half a path is worth nothing.
          local wide = text.width(line) > columns and line:find "%S %S"
          assert.is_falsy(wide, line)
        end
      end)
    end
  end

  it("a row of a table takes several lines where it does not fit on one", function()
    assert.matches("\nc0000000%-0000%-4000%-8000%-%d+\n  %d%d%d%d%-%d%d%-%d%d  ORGANISATION\n  %w",
      shown(40, { "list" }))
    assert.matches("\n%d%d%d%d%-%d%d%-%d%d %d%d:%d%d  deleted  [^\n]*\n  c0000000%-[^\n]*  Maple",
      shown(80, { "journal" }))
  end)

  it("the titles of a table are bold, unless NO_COLOR is set", function()
    assert.matches("^\27%[1mID", shown(80, { "list" }))
    local env = { NO_COLOR = "1" }
    for name, value in pairs(person.env) do env[name] = value end
    assert.is_nil(shown(80, { "list" }, env):find "\27")
  end)
end)
