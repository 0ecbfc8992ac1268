-- One row by one call, or nothing where Lua must see to it.

local json = require "xero.json"
local native = require "xero.native"

describe("native.json_object", function()
  local KEYS, NAMES = { "b", "a" }, { ',\n "b": ', ',\n "a": ' }

  local function written(object)
    return native.json_object(object, KEYS, NAMES, "\n")
  end

  it("writes the fields in the order of the keys, and leaves out the absent", function()
    assert.equal('{\n "b": "x",\n "a": "y"\n}', written { a = "y", b = "x" })
    assert.equal('{\n "a": "\\"é\\u001b"\n}', written { a = '"é\27' })
  end)

  it("leaves to Lua what holds anything but texts under those keys", function()
    for _, object in ipairs {
      {}, { "x" }, { a = 1 }, { a = true }, { a = {} }, { a = "x", c = "y" },
      { a = "x", [1] = "y" }, { a = "\xff" }, { a = "x", b = "\xc3" },
    } do
      assert.is_nil(written(object))
    end
  end)

  it("does not ask metatables", function()
    assert.is_nil(written(setmetatable({}, { __index = { a = "x" } })))
  end)
end)

describe("native.csv_line", function()
  it("quotes what RFC 4180 says, and spaces at either end", function()
    for text, cell in pairs {
      ["a b"] = "a b", ["a,b"] = '"a,b"', ['"'] = '""""', ['x"y"'] = '"x""y"""',
      ["1\n2"] = '"1\n2"', ["\r"] = '"\r"', [" a"] = '" a"', ["a "] = '"a "', [""] = "",
      ["\0\xff"] = "\0\xff",
    } do
      assert.equal(cell .. ",z\r\n", native.csv_line({ text, "z" }, { 1, 2 }))
    end
  end)

  it("takes nil for empty, and values that are worked out", function()
    local row = setmetatable({ a = "x" }, { __index = { b = "y" } })
    assert.equal("y,,x\r\n", native.csv_line(row, { "b", "c", "a" }))
  end)

  it("leaves other values to Lua", function()
    assert.is_nil(native.csv_line({ a = 1 }, { "a" }))
    assert.is_nil(native.csv_line({ a = "x", b = {} }, { "a", "b" }))
  end)
end)

describe("native.widen", function()
  it("makes the widths no less than those of plain cells", function()
    local widths = { 2, 2, 0 }
    assert.is_true(native.widen({ "abc", "a", "" }, widths))
    assert.same({ 3, 2, 0 }, widths)
  end)

  it("leaves to Lua what is no plain text", function()
    for _, cell in ipairs { "é", "\27", "a\n", 1 } do
      assert.is_false(native.widen({ cell }, { 0 }))
    end
  end)
end)

describe("native.plain_line", function()
  it("fills cells up on the side that the sign says, and ends with the last one", function()
    assert.equal("a  |  b|c", native.plain_line({ "a", "b", "c" }, { -3, 3, -5 }, "|"))
    assert.equal("  b", native.plain_line({ "b", "" }, { 3, -5 }, "  "))
  end)

  it("leaves to Lua what is no plain text, or wider than its column", function()
    assert.is_nil(native.plain_line({ "a", "é" }, { -3, -3 }, " "))
    assert.is_nil(native.plain_line({ "abcd" }, { -3 }, " "))
    assert.is_nil(native.plain_line({ "abcd" }, { 3 }, " "))
  end)
end)

describe("native.json_rows", function()
  -- As lua-cjson reads it, which is what it stands in for.
  local function same(text)
    assert.same(require("cjson").decode(text), (native.json_rows(text)), text)
  end

  it("reads objects of strings as lua-cjson does", function()
    same '[{"id":"1","name":"é"},{"id":"2","name":""}]'
    same ' [ { "id" : "1" } ,\r\n\t{ } , {"id":"2"} ] \n'
    same '[{"a":"1","b":"2"},{"b":"3","a":"4"},{"a":"5"},{"c":"6","a":"7","ab":"8"},{"":"9"}]'
    same '[{"a":"1","a":"2"},{"a":"3","a":"4"}]'
    same [=[[{"a":"\"\\\/\b\f\n\r\t","b":"x\u0026y\u00e9\u20AC\u0000","c":"[]"}]]=]
  end)

  it("tells the keys where each row has those of the first one", function()
    local function keys_of(text) return (select(2, native.json_rows(text))) end
    assert.same({ "a", "b" }, keys_of '[{"a":"1","b":"2"},{"a":"3","b":"4"},{"a":"5"},{}]')
    for _, text in ipairs {
      '[{"a":"1"},{"a":"2","b":"3"}]', '[{"a":"1","b":"2"},{"b":"3","a":"4"}]', '[{},{"a":"1"}]',
      '[{"a":"1"},{"ab":"2"}]', '[{"ab":"1"},{"a":"2"}]',
    } do
      assert.is_nil(keys_of(text), text)
    end
  end)

  it("reads rows of many keys", function()
    local keys = {}
    for i = 1, 40 do keys[i] = ('"k%d":"%d"'):format(i, i) end
    local row = "{" .. table.concat(keys, ",") .. "}"
    same("[" .. row .. "," .. row .. "]")
  end)

  it("leaves every other text to lua-cjson", function()
    for _, text in ipairs {
      "", "[]", "{}", "[", "[{", '[{"a"', '[{"a":', '[{"a":"', '[{"a":"\\', '[{"a":"\\u00',
      '[{"a":"x"', '[{"a":"x",', '[{"a":"x"}', '[{"a":"x"},', '[{"a":"x"},]', '[{"a":"x",}]',
      '[{"a":"x"}]]', '[{"a":"x"}] x', '[{"a":"x"} {"a":"x"}]', '[{"a" "x"}]', '["a"]', "[[]]",
      '[{"a":1}]', '[{"a":null}]', '[{"a":true}]', '[{"a":[]}]', '[{"a":{}}]', '[{a:"x"}]',
      '[{"a\\n":"x"}]', '[{"a":"\n"}]', '[{"a":"\0"}]', '[{"a":"x"}]\0', '[{"a":"\\x"}]',
      '[{"a":"\\ud83d\\ude00"}]', '[{"a":"\\ud83d"}]', '[{"a":"\\u00g0"}]',
    } do
      assert.is_nil(native.json_rows(text), text)
    end
  end)
end)

describe("native.json_flat", function()
  local function same(text)
    assert.same(json.decode(text), native.json_flat(text), text)
  end

  it("reads an object of strings, whole numbers and booleans as json.decode does", function()
    same '{"v":1,"name":"é","open":0,"again":true,"not":false}'
    same ' { "v" : 10 ,\r\n\t"a":"\\u0026\\"" } \n'
    same "{}"
    same '{"a":1,"a":"2"}'
    same '{"most":999999999999999}'
    local fields = {}
    for i = 1, 100 do fields[i] = ('"k%d":%d'):format(i, i) end
    same("{" .. table.concat(fields, ",") .. "}")
    assert.equal("integer", math.type(native.json_flat('{"v":7}').v))
  end)

  it("leaves every other text to lua-cjson", function()
    for _, text in ipairs {
      "", "{", "[]", '{"a":1', '{"a":1}}', '{"a":1} x', '{"a":1,}', '{"a":01}', '{"a":1.5}',
      '{"a":1e3}', '{"a":-1}', '{"a":1000000000000000}', '{"a":null}', '{"a":[]}', '{"a":{}}',
      '{"a":truth}', '{"a":tru', '{"a":t}', '{"a":falsey}', '{"a":}', '{"a":"\n"}', '{"a":1}\0',
      '{"a":"\\ud83d\\ude00"}', '{"a" 1}', "{a:1}", '{"a":+1}', '{"a":0x1}', '{"a":1 2}',
    } do
      assert.is_nil(native.json_flat(text), text)
    end
  end)
end)
