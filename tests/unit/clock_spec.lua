-- When the clock of this machine is taken for wrong.

local clock = require "xero.clock"

local NOW = 1764133200 -- 2025-11-26T05:00:00Z

describe("the clock", function()
  it("is compared with the Date of an answer, where that has one", function()
    local answer = { headers = { date = "Wed, 26 Nov 2025 04:50:00 GMT" } }
    assert.same({ here = NOW, there = NOW - 600 }, clock.read(answer, NOW))
    for _, headers in ipairs { {}, { date = "" }, { date = "yesterday" } } do
      assert.is_nil(clock.read({ headers = headers }, NOW))
    end
    assert.is_nil(clock.read({}, NOW))
  end)

  it("is wrong from 5 minutes on, ahead or behind", function()
    for _, apart in ipairs { 0, 299, -299 } do
      assert.is_nil(clock.judge { here = NOW, there = NOW + apart })
    end
    for _, apart in ipairs { 300, -300, 86400 * 365 } do
      assert.equal("limit", clock.judge({ here = NOW, there = NOW + apart }).kind)
    end
    assert.is_nil(clock.judge(nil))
  end)

  it("is told with what both say, and what to do", function()
    local refusal = clock.judge { here = NOW + 0.5, there = NOW - 7 * 86400 }
    assert.equal("the clock of this machine says 2025-11-26T05:00:00Z, and Xero's"
      .. " 2025-11-19T05:00:00Z: no age can be believed", refusal.message)
    assert.equal("set it: timedatectl set-ntp true", refusal.hint)
  end)
end)
