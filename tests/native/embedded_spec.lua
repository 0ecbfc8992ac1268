-- The Lua sources in the binary: compiled or not, messages name the true file and line.

local run = require "support.run"

describe("an embedded module", function()
  it("is named by its source file, with true line numbers", function()
    local info = debug.getinfo(require "xero.time".duration, "Sl")
    assert.equal("@lua/xero/time.lua", info.source)
    local file = assert(io.open "lua/xero/time.lua")
    local number = 0
    for line in file:lines() do
      number = number + 1
      if line:find("function M.duration(", 1, true) then break end
    end
    file:close()
    assert.equal(number, info.linedefined)
  end)

  it("is found in tracebacks", function()
    local result = run { "-e", "require 'xero.suggest' ('abcdef', 7)" }
    assert.equal(1, result.status)
    assert.matches("\n\tlua/xero/suggest.lua:%d+: in function 'xero.suggest'\n", result.err)
  end)

  it("gets its name, as from any other place", function()
    local loaded = run { "-e", "print(select(2, require 'xero.uuid'))" }
    assert.equal(":preload:\n", loaded.out)
  end)
end)
