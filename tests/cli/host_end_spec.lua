-- What is registered for the end of a run happens, however it ends.

local run = require "support.run"

-- Output and status of a chunk that has `at_end`.
local function ended(chunk)
  local result = run { "-e", 'local at_end = require("xero.native").at_end ' .. chunk }
  return result.out, result.status, result.err
end

describe("what is registered for the end of a run", function()
  it("runs in its order, however the run ends", function()
    for finish, status in pairs { [""] = 0, ["os.exit(3)"] = 3, ["error 'x'"] = 1 } do
      local out, got = ended("at_end(function() print(1) end) at_end(function() print(2) end)"
        .. "print(0) " .. finish)
      assert.same({ "0\n1\n2\n", status }, { out, got })
    end
  end)

  it("is told as an error is when it fails, and keeps nothing else from running", function()
    local raise = "at_end(function() require('xero.error').raise { kind = 'store', message = 'm',"
      .. " hint = 'h' } end) at_end(function() print(2) end) "
    assert.same({ "2\n", 1, "xero-run: m\nhint: h\n" }, { ended(raise) })
    assert.same({ "2\n", 3, "xero-run: m\nhint: h\n" }, { ended(raise .. "os.exit(3)") })
  end)

  it("is taken back by closing it, and the others stay", function()
    local out = ended [[
      local first <close> = at_end(function() print(1) end)
      do
        local second <close> = at_end(function() print(2) end)
        at_end(function() print(3) end)
      end]]
    assert.equal("3\n", out)
  end)

  it("can be nothing but a function", function()
    assert.equal(1, (select(2, ended "at_end(7)")))
  end)
end)
