-- native.is_plain and native.check_utf8, held against Lua's own library.

local native = require "xero.native"

describe("native.is_plain", function()
  it("is true for printable ASCII alone", function()
    for byte = 0, 255 do
      assert.equal(byte >= 0x20 and byte <= 0x7E, native.is_plain("ab" .. string.char(byte) .. "c"))
    end
    assert.is_true(native.is_plain "")
  end)
end)

describe("native.check_utf8", function()
  local function same(text)
    local length, bad = utf8.len(text)
    local valid, position = native.check_utf8(text)
    assert.equal(length ~= nil, valid == true)
    assert.equal(bad, position)
  end

  it("finds the first and last character of each length valid", function()
    for _, code in ipairs { 0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000,
      0x10FFFF } do
      assert.is_true(native.check_utf8("x" .. utf8.char(code) .. "y"))
    end
  end)

  it("says where overlong forms, surrogates and cut characters stand", function()
    for _, bad in ipairs { "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",
      "\xED\xA0\x80", "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\x80",
      "\xC3", "\xE2\x82", "\xF0\x9F\x8D", "\xE2\x28\xA1" } do
      assert.same({ nil, 10 }, { native.check_utf8("ninechars" .. bad) })
      same("ninechars" .. bad .. "and more")
    end
  end)

  it("agrees with utf8.len about any bytes", function()
    math.randomseed(1)
    local pieces = { "a", "long enough for eight", "\xC3", "\xA9", "\xE2", "\x82", "\xAC", "\xED",
      "\xA0", "\xF0", "\x9F", "\x8D", "\xA3", "\xF4", "\x90", "\0", "é", "🍣" }
    for _ = 1, 5000 do
      local text = {}
      for i = 1, math.random(0, 6) do
        text[i] = pieces[math.random(#pieces)]
      end
      same(table.concat(text))
    end
  end)
end)
