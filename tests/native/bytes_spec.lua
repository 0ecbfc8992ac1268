-- What looks at every byte of a text, held against Lua's own library and lua-cjson.

local cjson = require "cjson"
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

describe("native.json_fields", function()
  it("writes texts, numbers and booleans under their keys, and leaves out what is nil", function()
    assert.equal(',"a":"x\\n","b":7,"c":true,"d":false,"e":1.5',
      native.json_fields("a", "x\n", "none", nil, "b", 7, "c", true, "d", false, "e", 1.5))
    assert.equal(',"a":"' .. ("x"):rep(5000) .. '"', native.json_fields("a", ("x"):rep(5000)))
    assert.equal("", native.json_fields("a", nil))
    assert.equal("", native.json_fields())
  end)

  it("gives nothing where a text is no UTF-8", function()
    assert.is_nil(native.json_fields("a", "x", "b", "\xff"))
  end)

  it("refuses what is none of these", function()
    assert.has_error(function() native.json_fields("a", {}) end)
  end)
end)

describe("native.json_string", function()
  it("writes what lua-cjson reads back, in ASCII and beyond", function()
    for code = 0, 0x2FFF do
      local text = "a" .. utf8.char(code) .. "b"
      local written = native.json_string(text)
      assert.equal(text, cjson.decode("[" .. written .. "]")[1])
      assert.is_nil(written:find "%c")
    end
    assert.equal('"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u007f"',
      native.json_string '"\\/\b\f\n\r\t\0\127')
    assert.equal('"日本🍣"', native.json_string "日本🍣")
  end)

  it("escapes just what native.printable shows as an escape, quotes and backslashes", function()
    for code = 0, 0x2FFF do
      local char = utf8.char(code)
      local escaped = native.json_string(char) ~= '"' .. char .. '"'
      local hidden = native.printable(char) ~= char
      assert.equal(hidden or char == '"' or char == "\\", escaped)
    end
  end)

  it("is nil for what is no UTF-8", function()
    for _, bad in ipairs { "\xff", "a\xC3", "\xED\xA0\x80", "\xC0\x80" } do
      assert.is_nil(native.json_string(bad))
    end
  end)
end)

describe("native.json_texts", function()
  it("writes texts under their keys, and leaves out what is nil", function()
    assert.equal(',"a":"x\\n","c":""', native.json_texts("a", "x\n", "none", nil, "c", ""))
  end)

  it("gives nothing where one is no text, or no UTF-8", function()
    for _, value in ipairs { 7, true, {}, "\xff" } do
      assert.is_nil((native.json_texts("a", "x", "b", value)))
    end
  end)
end)
