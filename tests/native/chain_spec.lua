-- The lines of a journal as C writes them, held against what the documents say of them.

local native = require "xero.native"

local HEAD, ZERO = '{"v":1,"seq":', ("0"):rep(64)

local function chain(...)
  return native.chain(HEAD, 7, 2, ZERO, { ... })
end

describe("native.chain", function()
  it("numbers each line, counts the unfinished, and ends it with the hashes of both", function()
    local lines, seq, open, prev = chain(1, ',"event":"intent"', ',"name":"A"',
      -1, ',"event":"outcome"', "")
    local first = '{"v":1,"seq":8,"event":"intent","name":"A","open":3,"prev":"' .. ZERO .. '"'
    local first_hash = native.sha256_hex(first)
    local second = '{"v":1,"seq":9,"event":"outcome","open":2,"prev":"' .. first_hash .. '"'
    local second_hash = native.sha256_hex(second)
    assert.equal(first .. ',"hash":"' .. first_hash .. '"}\n'
      .. second .. ',"hash":"' .. second_hash .. '"}\n', lines)
    assert.same({ 9, 2, second_hash }, { seq, open, prev })
  end)

  it("writes fields of any length, and any bytes", function()
    local long = (',"name":"\0%s"'):rep(20000)
    local lines = chain(1, long, long)
    assert.equal(HEAD .. "8" .. long .. long .. ',"open":3,', lines:sub(1, #HEAD + 11 + 2 * #long))
  end)

  it("takes the largest numbers", function()
    local lines, seq = native.chain(HEAD, math.maxinteger - 1, math.mininteger + 1, ZERO,
      { -1, "", "" })
    assert.equal(math.maxinteger, seq)
    assert.truthy(lines:find('"open":-9223372036854775808,', 1, true))
  end)

  it("gives no line where none is waiting", function()
    assert.same({ "", 7, 2, ZERO }, { chain() })
  end)

  it("refuses what is no line", function()
    assert.has_error(function() chain(1, "a") end, "bad argument #5 to 'chain' (half a line)")
    for _, line in ipairs {
      { "1", "a", "b" }, { 1.5, "a", "b" }, { 1, 2, "b" }, { 1, "a", false },
    } do
      assert.has_error(function() chain(table.unpack(line)) end,
        "bad argument #5 to 'chain' (not a line)")
    end
    assert.has_error(function() native.chain(HEAD, 1, 0, "short", {}) end,
      "bad argument #4 to 'chain' (not a hash)")
  end)
end)
