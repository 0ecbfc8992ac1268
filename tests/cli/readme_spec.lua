-- What README.md promises, tried as it stands there.

local run = require "support.run"
local temp = require "support.temp"

local readme = temp.read "README.md"

local function blocks(language)
  local found = {}
  for text in readme:gmatch("```" .. language .. "\n(.-)```") do
    found[#found + 1] = text
  end
  return found
end

describe("README.md", function()
  it("begins with a script that cleans up the sandbox", function()
    local script = temp.file(blocks "lua"[1], "cleanup.lua")
    local result = run { "--sandbox", script }
    assert.equal(0, result.status, result.err)
    assert.matches("^disconnected Demo Company", result.out)
    assert.equal("", result.err)
  end)

  it("shows scripts that run", function()
    for _, text in ipairs(blocks "lua") do
      local result = run { "--sandbox", "--dry-run", temp.file(text, "block.lua") }
      assert.equal(0, result.status, text .. result.err)
    end
  end)

  it("shows how an error looks that a script catches", function()
    local result = run { "--sandbox", temp.file(blocks "lua"[2], "block.lua") }
    assert.matches("^not_found\t", result.out)
  end)

  it("names the commands that there are, and their options", function()
    local help = run { "--help" }.out
    local rows = readme:match "\n## Commands\n(.-)\n## "
    local named = 0
    for command, text in rows:gmatch "| `xero%-run (%l+)[^|]*|([^\n]*)|\n" do
      assert.matches("\n  " .. command .. " ", help)
      local own = run { command, "--help" }
      assert.equal(0, own.status, own.err)
      for option in text:gmatch "%-%-[%l-]+" do
        assert.truthy(own.out:find(option, 1, true), command .. " " .. option)
      end
      named = named + 1
    end
    local _, commands = help:match "\nCommands.-:\n(.-)\n\n":gsub("%f[^\n%z]  %l", "")
    assert.equal(commands, named)
  end)

  it("names no option that xero-run does not have", function()
    local help = run { "--help" }.out
    for command in help:match("\nCommands.-:\n(.-)\n\n"):gmatch "%f[^\n%z]  (%l+) " do
      help = help .. run { command, "--help" }.out
    end
    for option in readme:gmatch "[`%s](%-%-[%l-]+)" do
      assert.truthy(help:find(option, 1, true), option)
    end
  end)
end)
