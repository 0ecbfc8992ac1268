-- What a mistyped word was most likely meant to be.

local suggest = require "xero.suggest"

local COMMANDS = { "list", "disconnect", "login", "logout", "status", "sandbox" }

describe("xero.suggest", function()
  it("finds the word with one letter missing, too many, wrong or swapped", function()
    assert.equal("list", suggest("lst", COMMANDS))
    assert.equal("list", suggest("lists", COMMANDS))
    assert.equal("list", suggest("lust", COMMANDS))
    assert.equal("list", suggest("lits", COMMANDS))
    assert.equal("disconnect", suggest("disconect", COMMANDS))
  end)

  it("ignores case", function()
    assert.equal("sandbox", suggest("SandBos", COMMANDS))
  end)

  it("takes the nearest, and of equally near ones the first", function()
    assert.equal("logout", suggest("logot", COMMANDS))
    assert.equal("abc", suggest("abx", { "abc", "abd" }))
  end)

  it("suggests nothing where more than a third of the letters differ", function()
    assert.is_nil(suggest("frobnicate", COMMANDS))
    assert.is_nil(suggest("ls", COMMANDS))
    assert.is_nil(suggest("", COMMANDS))
    assert.is_nil(suggest("list", {}))
  end)

  it("spends no time on words that nobody typed", function()
    assert.is_nil(suggest(("a"):rep(100000), { ("a"):rep(100000) }))
  end)
end)
