-- How fast many requests go, by itself.

local pace = require "xero.pace"

local function at(most)
  local native = { time = 100, random = function() return 0.5 end }
  function native.monotonic() return native.time end
  return pace.new(most, native), native
end

local function succeed(p, times)
  for _ = 1, times do p:succeed() end
  return p.width
end

describe("the pace", function()
  it("goes on half as wide after a failure, and never narrower than one", function()
    local p = at(9)
    for _, width in ipairs { 4, 2, 1, 1 } do
      p:slow_down()
      assert.equal(width, p.width)
    end
  end)

  it("is one wider after as many successes as it is wide, up to where it began", function()
    local p = at(4)
    p:slow_down()
    assert.equal(2, succeed(p, 1))
    assert.equal(3, succeed(p, 1))
    assert.equal(3, succeed(p, 2))
    assert.equal(4, succeed(p, 1))
    assert.equal(4, succeed(p, 100))
  end)

  it("counts the successes anew after a failure", function()
    local p = at(8)
    p:slow_down()
    succeed(p, 3)
    p:slow_down()
    assert.equal(2, succeed(p, 1))
    assert.equal(3, succeed(p, 1))
  end)

  it("takes the failures of one round for one, until something succeeds", function()
    local p = at(4)
    local first = p.round
    assert.is_true(p:fail(first))
    assert.is_false(p:fail(first))
    assert.equal(1, p.failures)
    assert.is_true(p:fail(p.round))
    assert.equal(2, p.failures)
    p:succeed()
    assert.equal(0, p.failures)
  end)

  it("waits after several failures in a row, longer each time", function()
    local p = at(4)
    local longest = 0
    for _ = 1, 4 do
      p:fail(p.round)
      p:slow_down()
      local pause = p:pause()
      assert.is_true(p.failures == 1 and pause == 0 or pause > longest, pause)
      longest = pause
    end
  end)

  it("waits until the latest of the times that it was told", function()
    local p, native = at(4)
    assert.equal(0, p:pause())
    p:hold(10)
    p:hold(3)
    assert.equal(10, p:pause())
    native.time = native.time + 4
    assert.equal(6, p:pause())
    native.time = native.time + 60
    assert.equal(0, p:pause())
  end)
end)
