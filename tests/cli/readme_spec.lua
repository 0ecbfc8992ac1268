-- What README.md promises beyond what docs_spec.lua tries of every document.

local markdown = require "support.markdown"
local run = require "support.run"
local temp = require "support.temp"
local usage = require "support.usage"

local readme = temp.read "README.md"

local scripts = {}
for _, block in ipairs((markdown.split(readme))) do
  if block.language == "lua" then
    scripts[#scripts + 1] = block.text
  end
end

describe("README.md", function()
  it("begins with a script that cleans up the sandbox", function()
    local script = temp.file(scripts[1], "cleanup.lua")
    local result = run { "--sandbox", script }
    assert.equal(0, result.status, result.err)
    assert.matches("^disconnected Demo Company", result.out)
    assert.equal("", result.err)
  end)

  it("shows how an error looks that a script catches", function()
    local result = run { "--sandbox", temp.file(scripts[2], "block.lua") }
    assert.matches("^not_found\t", result.out)
  end)

  it("names every command that there is", function()
    local rows = readme:match "\n## Commands\n(.-)\n## "
    for _, command in ipairs(usage.commands()) do
      assert.matches("\n| `xero-run " .. command, rows, 1, true)
    end
  end)

  it("names for each command options of its own", function()
    for command, text in readme:gmatch "\n| `xero%-run (%l+)[^|]*|([^\n]*)|" do
      for option in text:gmatch "`(%-%-[%l-]+)" do
        usage.check(("xero-run %s %s"):format(command, option))
      end
    end
  end)
end)
