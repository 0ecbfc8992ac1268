-- The manual pages: that they tell of everything there is.

local path = require "pl.path"
local run = require "support.run"
local temp = require "support.temp"

local BUILD = path.dirname(run.program())

describe("xero-run(1)", function()
  local page

  -- Without what makes hyphens be minus signs, and options bold.
  before_each(function()
    page = temp.read(BUILD .. "/man/xero-run.1"):gsub("\\%-", "-"):gsub("Fl ", "-")
  end)

  it("names every option", function()
    for _, name in ipairs(run.lines [[
      for _, row in ipairs(require "xero.native".option_table()) do
        print(row.long and "--" .. row.long or "-" .. row.short)
      end]]) do
      assert.truthy(page:find(name, 1, true), name)
    end
  end)

  it("names every command, with the options of each", function()
    for _, name in ipairs(run.lines [[
      for _, name in ipairs(require "xero.native".command_names()) do print(name) end]]) do
      assert.truthy(page:find("\n.Ss xero-run " .. name .. "\n", 1, true), name)
    end
    assert.truthy(page:find("\n.It --older-than Ar DURATION\n", 1, true))
  end)

  it("names the variables that README.md names", function()
    local rows = temp.read "README.md":match "\n## Environment\n(.-)\n## "
    for name in rows:gmatch "`(%u[%u_]+)`" do
      assert.truthy(page:find("Ev " .. name, 1, true), name)
    end
  end)

  it("has the exit statuses of --help", function()
    for _, meaning in ipairs(run.lines [[
      for _, row in ipairs(require "xero.native".status_table()) do
        print(row.status, row.meaning)
      end]]) do
      local status, word = meaning:match "^(%d+)[^\t]*\t(%w+)"
      assert.matches("\n%.It Li " .. status .. "[^\n]*\n" .. word:sub(1, 1):upper() .. word:sub(2),
        page)
    end
  end)
end)

describe("xero-run(3lua)", function()
  it("tells of every function and module that require \"xero\" gives", function()
    local page = temp.read(BUILD .. "/man/xero-run.3lua")
    for _, name in ipairs(run.lines [[
      for name in pairs(require "xero") do print(name) end]]) do
      assert.truthy(page:find("xero." .. name, 1, true) or page:find("Fa " .. name, 1, true), name)
    end
    assert.truthy(page:find("\n.Ss xero.time.duration(value)\n", 1, true))
    assert.truthy(page:find("\n.It Li rate_limit\n", 1, true))
  end)
end)
