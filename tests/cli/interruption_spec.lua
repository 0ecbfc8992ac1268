-- Runs that disconnect many, ended at moments of chance. `make torture-bulk` takes 100 of them.

local interruption = require "support.interruption"

describe("a run that disconnects many", function()
  for _, signal in ipairs { "INT", "TERM" } do
    it("tells what the server has done when SIG" .. signal .. " ends it at any moment", function()
      for moment = 1, 5 do
        local seconds = (moment - 1 + math.random()) * 0.035
        local ok, message = pcall(interruption.at, signal, seconds)
        assert.is_true(ok, ("after %.4f s: %s"):format(seconds, message))
      end
    end)
  end

  it("is settled by the next one when it is killed at any moment", function()
    local unfinished = 0
    for moment = 1, 4 do
      local seconds = (moment - 1 + math.random()) * 0.035
      local ok, left = pcall(interruption.kill, seconds)
      assert.is_true(ok, ("after %.4f s: %s"):format(seconds, left))
      unfinished = unfinished + left
    end
    assert.is_true(unfinished > 0, "no kill came in between")
  end)
end)
