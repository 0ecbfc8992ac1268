-- An empty word is what a variable of the shell that is not set leaves of an argument.

local run = require "support.run"

describe("an empty word", function()
  local FAULT = "the word is empty; is it a variable that is not set?"

  local function refused(words, name, hint)
    local result = run(words)
    local expected = ("xero-run: %s: %s\n%s"):format(name, FAULT, hint or "")
    assert.same({ 2, "", expected }, { result.status, result.out, result.err },
      table.concat(words, " "))
  end

  it("is no value of an option, before a command", function()
    for _, name in ipairs { "--profile", "--config", "--lib" } do
      refused({ name, "", "list" }, name)
      refused({ name .. "=", "list" }, name)
    end
  end)

  it("is none behind it", function()
    for _, words in ipairs {
      { "list", "--profile", "" }, { "list", "--config", "" }, { "list", "--type", "" },
      { "disconnect", "x", "--reason", "" }, { "plan", "x.lua", "--save", "" },
      { "explain", "x.lua", "--tenant", "" }, { "schedule", "list", "--write", "" },
      { "login", "--scope", "" },
    } do
      refused(words, words[#words - 1], ("hint: see xero-run %s --help\n"):format(words[1]))
    end
  end)

  it("is no file and no directory", function()
    for _, command in ipairs { "plan", "apply", "explain" } do
      refused({ command, "" }, "file", ("hint: see xero-run %s --help\n"):format(command))
    end
    refused({ "init", "" }, "directory", "hint: see xero-run init --help\n")
  end)

  it("is no duration and no date", function()
    for words, said in pairs {
      [{ "list", "--older-than", "" }] = "--older-than: not a duration: an empty word ",
      [{ "journal", "--since", "" }] = "--since: neither a duration nor a date: an empty word ",
    } do
      local result = run(words)
      assert.equal(2, result.status)
      assert.matches("xero-run: " .. said, result.err, 1, true)
    end
  end)
end)
