-- The bar of many disconnects: what it says, when, and to whom.

local progress = require "xero.progress"

local function line(width, state)
  local full = { done = 50, total = 200, bad = 0, seconds = 10 }
  for key, value in pairs(state or {}) do full[key] = value end
  return progress.line(full, width)
end

describe("the line of a progress bar", function()
  it("has a bar, the counts, the time left and the rate", function()
    assert.equal("[==========                              ] 50/200  0:30 left  5/s", line(100))
  end)

  it("says how many have failed", function()
    assert.matches("50/200  3 failed  0:30 left", line(100, { bad = 3 }), 1, true)
  end)

  it("leaves out in a narrow terminal what matters less", function()
    assert.equal("[==       ] 50/200  0:30 left  5/s", line(34))
    assert.equal("50/200  0:30 left  5/s", line(24))
    assert.equal("50/200  0:30 left", line(20))
    assert.equal("[=     ] 50/200", line(15))
    assert.equal("50/200", line(8))
    assert.equal("", line(5))
  end)

  it("never is wider than the terminal", function()
    for width = 0, 120 do
      for done = 0, 200, 25 do
        for _, bad in ipairs { 0, 12 } do
          local text = line(width, { done = done, bad = bad, seconds = done * 100 })
          assert.is_true(#text <= width, text)
        end
      end
    end
  end)

  it("has no rate before anything is done", function()
    assert.equal("0/200", line(12, { done = 0, seconds = 0 }))
  end)

  it("shows hours where it takes them", function()
    assert.matches("5:00:00 left", line(100, { seconds = 6000 }), 1, true)
  end)
end)

describe("a progress bar", function()
  local native, written, bar

  before_each(function()
    native = { options = {}, time = 0, tty = true, width = 60 }
    native.isatty = function() return native.tty end
    native.monotonic = function() return native.time end
    native.columns = function() return native.width end
    written = {}
    local file = {
      write = function(_, ...) table.insert(written, table.concat { ... }) end,
      flush = function() end,
    }
    function bar() return progress.new(native, 100, file) end
  end)

  after_each(progress.clear)

  it("is only there on a terminal, and not with --quiet", function()
    native.tty = false
    assert.is_nil(bar())
    native.tty, native.options.quiet = true, true
    assert.is_nil(bar())
  end)

  it("is not drawn more often than people see", function()
    local one = bar()
    for _ = 1, 100 do
      native.time = native.time + 0.01
      one:advance "deleted"
    end
    assert.is_true(#written >= 5 and #written <= 12, tostring(#written))
  end)

  it("looks at the width each time", function()
    local one = bar()
    native.time = 1
    one:advance "deleted"
    native.time, native.width = 2, 20
    one:advance "deleted"
    for i, text in ipairs(written) do
      assert.is_true(#text:gsub("^\r\27%[K", "") < (i == 1 and 60 or 20), text)
    end
  end)

  it("is taken away for what others write, and drawn again after", function()
    local one = bar()
    native.time = 1
    one:advance "deleted"
    progress.clear()
    progress.clear()
    assert.equal("\r\27[K", written[2])
    assert.equal(2, #written)
    one:advance "deleted"
    assert.equal(3, #written)
    one:close()
    assert.equal("\r\27[K", written[4])
  end)
end)
