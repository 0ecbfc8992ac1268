-- Lists as tables, JSON, CSV and ids.

local connection = require "xero.connection"
local json = require "xero.json"
local output = require "xero.output"
local xero_error = require "xero.error"

local ID = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"
local CONNECTIONS = [=[[
  {"z":[],"tenantName":"日本 \u001b[2J, \"x\"","id":"7cb59f93-2964-421d-bb5e-a0f7a4572a44",
   "tenantType":"ORGANISATION","createdDateUtc":"2019-12-07T18:46:19.5165400"},
  {"id":"8cb59f93-2964-421d-bb5e-a0f7a4572a44","tenantName":null}
]]=]

local function connections()
  return connection.adopt(assert(json.decode(CONNECTIONS)))
end

local function written(rows, options)
  local parts = {}
  options.file = {
    write = function(self, ...)
      parts[#parts + 1] = table.concat { ... }
      return self
    end,
    flush = function(self) return self end,
  }
  output.write(rows, options)
  return table.concat(parts)
end

local PEOPLE = {
  { title = "NAME", key = "name" },
  { title = "AGE", value = function(row) return row.age end, align = "right" },
}

describe("xero.output", function()
  it("gives programs a field of Xero's called name, and people the tenant's name", function()
    local text = '{"id":"a","tenantName":"Ours","extra":1,"name":"Xero\'s"}'
    local rows = connection.adopt(assert(json.decode("[" .. text .. ',{"id":"b"}]')))
    assert.equal('{"id":"a","tenantName":"Ours","extra":1,"name":"Xero\'s"}\n{"id":"b"}\n',
      written(rows, { format = "jsonl" }))
    assert.matches("\na,,,,Ours,,,1,Xero's\r\n", written(rows, { format = "csv" }), 1, true)
    assert.matches("Ours\n", written(rows, { format = "table" }), 1, true)
  end)

  describe("table", function()
    it("has a header and columns as wide as what is in them", function()
      assert.equal("NAME  AGE\nAnn     7\nBob   107\n", written({
        { name = "Ann", age = 7 }, { name = "Bob", age = 107 },
      }, { columns = PEOPLE, format = "table" }))
    end)

    it("is its header alone where there are no rows", function()
      assert.equal("NAME  AGE\n", written({}, { columns = PEOPLE, format = "table" }))
      assert.equal("", written({}, { format = "table" }))
    end)

    it("aligns wide, emoji and combining characters", function()
      assert.equal("NAME  AGE\n日本    1\ne\u{301}       2\n😀      3\n", written({
        { name = "日本", age = 1 }, { name = "e\u{301}", age = 2 }, { name = "😀", age = 3 },
      }, { columns = PEOPLE, format = "table" }))
    end)

    it("shows control characters as escapes, terminal or not", function()
      for _, terminal in ipairs { true, false } do
        assert.equal("NAME         AGE\n\\x1b[2J\\n\\t\n", written({ { name = "\27[2J\n\t" } },
          { columns = PEOPLE, format = "table", terminal = terminal, colour = false }))
      end
    end)

    it("cuts the widest columns to fit the width, but no ids", function()
      local rows = { { id = ID, note = ("x"):rep(100), short = "abc" } }
      local columns = {
        { title = "ID", key = "id" }, { title = "NOTE", key = "note" }, { title = "S",
        key = "short" },
      }
      local text = written(rows, { columns = columns, format = "table", width = 60 })
      local line = text:match "\n(.*)\n"
      assert.equal(ID .. "  " .. ("x"):rep(16) .. "…  abc", line)
    end)

    it("takes several lines for a row where little would be left of the columns", function()
      local rows = { { id = ID, at = "2026-11-26 02:07", name = "Ann", note = ("why "):rep(10) } }
      local columns = {
        { title = "AT", key = "at" }, { title = "ID", key = "id" },
        { title = "NAME", key = "name" }, { title = "NOTE", key = "note" },
      }
      local function at(width)
        return written(rows, { columns = columns, format = "table", width = width })
      end
      assert.equal("AT                ID\n  NAME  NOTE\n2026-11-26 02:07  " .. ID
        .. "\n  Ann   why why why why why why why why why why\n", at(58))
      assert.equal("AT\n  ID\n  NAME\n  NOTE\n2026-11-26 02:07\n  " .. ID .. "\n  Ann\n"
        .. "  why why why why why why why why why\n  why\n", at(40))
      assert.matches("\n2026-11-26\n  02:07\n  " .. ID, at(14), 1, true)
    end)

    it("keeps a column to its own bound where there is a width", function()
      local columns = { { title = "N", key = "n", max = 4 } }
      local rows = { { n = "abcdefgh" } }
      assert.equal("N\nabc…\n", written(rows, { columns = columns, format = "table", width = 80 }))
      assert.equal("N\nabcdefgh\n", written(rows, { columns = columns, format = "table" }))
    end)

    it("has colour only where it is asked for or goes to a terminal", function()
      local rows = { { a = 1 } }
      assert.equal("a\n1\n", written(rows, { format = "table" }))
      assert.equal("\27[1ma\27[0m\n1\n", written(rows, { format = "table", colour = true }))
    end)

    it("makes columns of its own where it is given none", function()
      assert.equal("a  b\n1\n   x\n", written({ { a = 1 }, { b = "x" } }, { format = "table" }))
      local text = written(connections(), { format = "table" })
      assert.matches("^ID +CONNECTED +TYPE +NAME\n", text)
      assert.matches(ID .. '  2019-12-07  ORGANISATION  日本 \\x1b[2J, "x"\n', text, 1, true)
      assert.matches("(no name)", text, 1, true)
    end)
  end)

  it("has a connection and an error within a row as text, for people and in CSV", function()
    local outcome = {
      connection = connections()[2], error = xero_error.new { kind = "busy", message = "not now" },
    }
    local id = "8cb59f93-2964-421d-bb5e-a0f7a4572a44"
    for format, line in pairs { table = id .. "  not now\n", csv = id .. ",not now\r\n" } do
      assert.matches("\n" .. line, written({ outcome }, { format = format }), 1, true)
    end
    assert.matches('"kind":"busy"', written({ outcome }, { format = "jsonl" }), 1, true)
  end)

  describe("json", function()
    it("has Xero's fields and no others, the known ones first", function()
      local text = written(connections(), { format = "json" })
      assert.equal([=[
[
  {
    "id": "7cb59f93-2964-421d-bb5e-a0f7a4572a44",
    "tenantType": "ORGANISATION",
    "tenantName": "日本 \u001b[2J, \"x\"",
    "createdDateUtc": "2019-12-07T18:46:19.5165400",
    "z": []
  },
  {
    "id": "8cb59f93-2964-421d-bb5e-a0f7a4572a44"
  }
]
]=], text)
    end)

    it("is an empty list where there are no rows", function()
      assert.equal("[]\n", written({}, { format = "json" }))
    end)

    it("takes plain tables", function()
      assert.equal('[\n  {\n    "a": 1,\n    "b": []\n  }\n]\n',
        written({ { b = json.array {}, a = 1 } }, { format = "json" }))
    end)
  end)

  it("writes jsonl as an object a line", function()
    assert.equal('{"a":1}\n{"a":"x\\ny"}\n',
      written({ { a = 1 }, { a = "x\ny" } }, { format = "jsonl" }))
    assert.equal("", written({}, { format = "jsonl" }))
    assert.matches('^{"id":"7cb59f93', (written(connections(), { format = "jsonl" })))
  end)

  describe("csv", function()
    it("quotes as RFC 4180 says, with CRLF", function()
      assert.equal('a,b\r\n1,"x, ""y"""\r\n" z","1\n2"\r\n', written({
        { a = 1, b = 'x, "y"' }, { a = " z", b = "1\n2" },
      }, { format = "csv" }))
    end)

    it("gives Connections with all of Xero's fields, as they are", function()
      local text = written(connections(), { format = "csv" })
      local header =
        "id,authEventId,tenantId,tenantType,tenantName,createdDateUtc,updatedDateUtc,z"
      assert.equal(header .. "\r\n"
        .. ID .. ',,,ORGANISATION,"日本 \27[2J, ""x""",2019-12-07T18:46:19.5165400,,[]\r\n'
        .. "8cb59f93-2964-421d-bb5e-a0f7a4572a44,,,,,,,\r\n", text)
    end)

    it("takes the columns of a table, or the fields that are asked for", function()
      local rows = { { name = "Ann", age = 7 } }
      assert.equal("name,AGE\r\nAnn,7\r\n", written(rows, { format = "csv", columns = PEOPLE }))
      assert.equal("age\r\n7\r\n", written(rows, { format = "csv", fields = { "age" } }))
    end)

    it("is made printable on a terminal", function()
      assert.equal("a\r\n\\x1b[2J\\n\r\n",
        written({ { a = "\27[2J\n" } }, { format = "csv", terminal = true }))
    end)
  end)

  it("writes ids one a line", function()
    assert.equal(ID .. "\n8cb59f93-2964-421d-bb5e-a0f7a4572a44\n",
      written(connections(), { format = "ids" }))
  end)

  it("says a mistake of the caller at its line", function()
    for words, call in pairs {
      ["bad argument #1 to 'write' (list of rows expected, got nil)"] = { nil },
      ["bad argument #2 to 'write' (table expected, got string)"] = { {}, "csv" },
      ["unknown option 'colums' of 'write'"] = { {}, { colums = {} } },
      ["option 'width' of 'write' is a string, not a number"] = { {}, { width = "80" } },
      ["column 1 of 'write' is a string, not a table such as { title"] =
        { {}, { columns = { "id" } } },
      ["column 1 of 'write' needs a title, and a key or a value"] =
        { {}, { columns = { { key = "id" } } } },
      ["unknown option 'tilte' of column 1 of 'write'"] = { {}, { columns = { { tilte = "x" } } } },
    } do
      local ok, message = pcall(function() output.write(call[1], call[2]) end)
      assert.is_false(ok)
      assert.matches("^tests/unit/output_spec.lua:%d+: ", message)
      assert.matches(words, message, 1, true)
    end
  end)

  it("refuses a format that there is not", function()
    local ok, err = pcall(written, {}, { format = "xml" })
    assert.is_false(ok)
    assert.is_true(xero_error.is(err, "usage"))
  end)

  it("raises where the output cannot be written", function()
    for _, failing in ipairs { "write", "flush" } do
      local file = { write = function(self) return self end, flush = function() return true end }
      file[failing] = function() return nil, "No space left on device" end
      local ok, err = pcall(output.write, { { a = 1 } }, { format = "csv", file = file })
      assert.is_false(ok)
      assert.is_true(xero_error.is(err, "store"))
      assert.equal("cannot write the output: No space left on device", err.message)
    end
  end)
end)
