-- JSON that round-trips, its bounds, and what is no JSON.

local json = require "xero.json"

local function round(text)
  local value, message = json.decode(text)
  assert.is_nil(message)
  return json.encode(value)
end

describe("xero.json", function()
  describe("decode", function()
    it("keeps whole numbers integers and the others floats", function()
      local v = assert(json.decode "[1, -7, 2.5, 1e2, 9007199254740992]")
      assert.same({ "integer", "integer", "float", "integer", "integer" }, {
        math.type(v[1]), math.type(v[2]), math.type(v[3]), math.type(v[4]), math.type(v[5]),
      })
      assert.equal(100, v[4])
    end)

    it("gives an integer beyond 2^53 as the nearest float", function()
      assert.equal("float", math.type(json.decode "12345678901234567890"))
    end)

    it("tells an empty list from an empty object, at any depth", function()
      local v = assert(json.decode '{"a":[],"b":{},"c":[[ \n],{"d":[\t]}]}')
      assert.is_true(json.is_array(v.a))
      assert.is_false(json.is_array(v.b))
      assert.is_true(json.is_array(v.c))
      assert.is_true(json.is_array(v.c[1]))
      assert.is_true(json.is_array(v.c[2].d))
      assert.is_nil(next(v.a))
      assert.is_nil(next(v.c[1]))
    end)

    it("leaves brackets and numbers within strings alone", function()
      assert.same({ a = "[] \\\"[]", ["[]"] = "1e999" },
        json.decode [[{"a":"[] \\\"[]","[]":"1e999"}]])
    end)

    it("gives null as json.null", function()
      local v = assert(json.decode '{"a":null,"b":[null]}')
      assert.equal(json.null, v.a)
      assert.equal(json.null, v.b[1])
      assert.equal(json.null, json.decode "null")
      assert.equal(false, json.decode "false")
    end)

    it("keeps an embedded U+0000 and joins surrogates", function()
      assert.equal("a\0b", json.decode [["a\u0000b"]])
      assert.equal("😀", json.decode [["\ud83d\ude00"]])
    end)

    it("refuses NaN, infinity and numbers beyond a double, with the position", function()
      for text, message in pairs {
        ["nan"] = "byte 1", ["[NaN]"] = "byte 2", ["[Infinity]"] = "byte 2",
        ["[-Infinity]"] = "malformed number at byte 2",
        ["[1e400]"] = "number out of range at byte 2",
        ["[1,-1e999]"] = "number out of range at byte 4",
      } do
        local v, err = json.decode(text)
        assert.is_nil(v)
        assert.matches(message, err, 1, true)
      end
    end)

    it("refuses numbers that are none of JSON's", function()
      for _, text in ipairs { "1.", "01", "-", "+1", ".5", "1e", "0x10", "1.e5", "- 1", "--1" } do
        local v, err = json.decode("[" .. text .. "]")
        assert.is_nil(v, text)
        assert.matches("at byte %d+", err)
      end
    end)

    it("refuses invalid UTF-8, with the position", function()
      assert.same({ nil, "invalid UTF-8 at byte 3" }, { json.decode '["\xff"]' })
      assert.is_nil(json.decode '"\xed\xa0\x80"')
      assert.is_nil((json.decode [["\ud83d"]]))
    end)

    it("refuses raw control characters and what follows the value", function()
      assert.same({ nil, "control character in a string at byte 3" }, { json.decode '"a\nb"' })
      assert.same({ nil, "control character at byte 4" }, { json.decode "[1]\0" })
      assert.is_nil((json.decode "[1] x"))
      assert.is_nil((json.decode "[1] []"))
      assert.equal("a\127b", json.decode '"a\127b"')
    end)

    it("refuses what ends too early", function()
      for _, text in ipairs { "", " ", "[", "[1,", '{"a"', '"a', '"a\\"', "{", '"\\' } do
        assert.is_nil((json.decode(text)), text)
      end
    end)

    it("says the position in the text as it was, behind empty lists too", function()
      local _, err = json.decode "[[],[],x]"
      assert.matches("at byte 8", err)
    end)

    it("bounds the depth", function()
      assert.is_table(json.decode(("["):rep(64) .. ("]"):rep(64)))
      assert.is_nil((json.decode(("["):rep(65) .. ("]"):rep(65))))
      assert.is_nil((json.decode("[[[]]]", { max_depth = 2 })))
      assert.is_table(json.decode("[[]]", { max_depth = 2 }))
    end)
  end)

  describe("encode", function()
    it("sorts keys, or takes the order given first", function()
      local v = { c = 1, a = 2, b = 3, d = 4 }
      assert.equal('{"a":2,"b":3,"c":1,"d":4}', json.encode(v))
      assert.equal('{"d":4,"b":3,"a":2,"c":1}', json.encode(v, { order = { "d", "x", "b" } }))
    end)

    it("writes {} as an object and a marked table as a list", function()
      assert.equal("{}", json.encode {})
      assert.equal("[]", json.encode(json.array {}))
      assert.equal("[1,2]", json.encode { 1, 2 })
      assert.equal('{"a":[]}', json.encode { a = json.array {} })
    end)

    it("indents, with nothing inside what is empty", function()
      assert.equal('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}',
        json.encode({ a = { 1, {} }, b = json.array {} }, { indent = 2 }))
    end)

    it("writes integers as they are and floats with as many digits as they need", function()
      assert.equal("[9223372036854775807,0.1,0.3333333333333333,4.94065645841247e-324,1e+100,3]",
        json.encode { math.maxinteger, 0.1, 1 / 3, 5e-324, 1e100, 3.0 })
      assert.equal(0.1 + 0.2, tonumber(json.encode(0.1 + 0.2)))
    end)

    it("escapes what is unsafe on a terminal and leaves the slash alone", function()
      assert.equal([["a/b\\/\"\n\u0000\u001b\u007f"]], json.encode "a/b\\/\"\n\0\27\127")
      assert.equal([["\u009b\u202e\u2028\u2069é😀"]],
        json.encode "\u{9b}\u{202e}\u{2028}\u{2069}é😀")
      assert.equal("a/b\\/\"\n\0\27\127", json.decode(json.encode "a/b\\/\"\n\0\27\127"))
    end)

    it("raises for what has no JSON form", function()
      for message, value in pairs {
        ["number"] = 0 / 0, ["that JSON"] = { math.huge }, ["function"] = print,
        ["UTF%-8"] = "\xff",
        ["a nil"] = nil, ["holes"] = { 1, nil, 3 }, ["other keys than 1"] = { 1, a = 2 },
        ["other keys than strings"] = { a = 1, [7] = 2 },
      } do
        local ok, err = pcall(json.encode, value)
        assert.is_false(ok)
        assert.matches(message, err)
      end
      local loop = {}
      loop.loop = loop
      assert.has_error(function() json.encode(loop) end)
    end)
  end)

  it("writes back what it read", function()
    for _, text in ipairs {
      "[]", "{}", "[[],{},[{}]]", '{"a":null,"b":[1,2.5,"x"],"c":true}', "[null]", '"\\u0000"', "0",
      '[{"a":[[[]]]}]', "false", "-0.5", '["[]","{}"]',
    } do
      assert.equal(text, round(text))
    end
  end)

  describe("decode_list", function()
    it("refuses a list of more values than any honest one has", function()
      local list, message = json.decode_list("[" .. ("{},"):rep(1 << 19) .. "{}]")
      assert.is_nil(list)
      assert.equal("more than 524288 values", message)
    end)

    it("gives a list of objects, as decode does", function()
      local text = '[{"id":"a","x":"é"},{"id":"b"}]'
      assert.same(json.decode(text), json.decode_list(text))
      assert.is_true(json.is_array(json.decode_list "[]"))
    end)

    it("keeps empty lists within", function()
      assert.equal('[{"a":[]}]', json.encode(json.decode_list '[{"a":[]}]'))
      assert.equal("[[]]", json.encode(json.decode_list "[[]]"))
      assert.equal('[{"a":[[],1]}]', json.encode(json.decode_list '[{"a":[ [ ],1]}]'))
    end)

    it("keeps names in brackets", function()
      for _, name in ipairs { "Acme [old]", "[]", "[", "a[ ]b" } do
        assert.equal(name, json.decode_list(json.encode { { name = name } })[1].name)
      end
    end)

    it("refuses what is no list and what is no JSON", function()
      assert.same({ nil, "not a list" }, { json.decode_list '{"a":1}' })
      assert.same({ nil, "not JSON but HTML" }, { json.decode_list "\n<html>" })
      for _, text in ipairs { "", "<html>", "[", '["\xff"]', "[1]\0", "[{]" } do
        local v, message = json.decode_list(text)
        assert.is_nil(v)
        assert.is_string(message)
      end
    end)
  end)
end)
