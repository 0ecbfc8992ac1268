-- CSV by RFC 4180, and what is none.

local csv = require "xero.source_csv"

local function rows_of(text, separator)
  local parsed, fault = csv.parse(text, separator)
  assert.is_nil(fault and fault.expected .. "; " .. fault.found)
  return parsed.rows, parsed
end

describe("a CSV", function()
  for name, case in pairs {
    ["plain rows"] = { "a,b\n1,2\n3,4\n", { { "1", "2" }, { "3", "4" } } },
    ["no line break at the end"] = { "a,b\n1,2", { { "1", "2" } } },
    ["several at the end"] = { "a,b\r\n1,2\r\n\r\n\n", { { "1", "2" } } },
    ["CRLF and LF"] = { "a,b\r\n1,2\n3,4\r\n", { { "1", "2" }, { "3", "4" } } },
    ["empty fields"] = { "a,b,c\n,,\n1,,3\n", { { "", "", "" }, { "1", "", "3" } } },
    ["blanks, which are kept"] = { "a,b\n 1 ,2 \n", { { " 1 ", "2 " } } },
    ["one column"] = { "a\n1\n2\n", { { "1" }, { "2" } } },
    ["quoted commas"] = { 'a,b\n"1,5",2\n', { { "1,5", "2" } } },
    ["quoted quotes"] = { 'a,b\n"say ""hi""",""""\n', { { 'say "hi"', '"' } } },
    ["quoted line breaks"] = { 'a,b\n"1\n2","3\r\n4"\r\n5,6\n', { { "1\n2", "3\r\n4" },
      { "5", "6" } } },
    ["quoted empty fields"] = { 'a,b\n"",""\n', { { "", "" } } },
    ["a quoted header"] = { '"a","b, c"\n1,2\n', { { "1", "2" } } },
    ["a header alone"] = { "a,b\n", {} },
    ["UTF-8"] = { "n\nZoë\n", { { "Zoë" } } },
  } do
    it("reads " .. name, function()
      assert.same(case[2], (rows_of(case[1])))
    end)
  end

  it("knows its columns, and where each row begins", function()
    local _, parsed = rows_of 'a,"b, c"\n"1\n\n",2\n3,4\n"5","6"\n'
    assert.same({ "a", "b, c" }, parsed.columns)
    assert.same({ 2, 5, 6 }, parsed.lines)
  end)

  it("may be separated by another character", function()
    assert.same({ { "1,5", "2" } }, (rows_of("a;b\n1,5;2\n", ";")))
    assert.same({ { "1", "2" } }, (rows_of('a\tb\n1\t"2"\n', "\t")))
    for _, char in ipairs { "^", "%", "-", "|", "." } do
      assert.same({ { "1", "x]" } }, (rows_of("a" .. char .. "b\n1" .. char .. "x]\n", char)))
    end
  end)

  it("may have more columns than a pattern of Lua has captures", function()
    for _, count in ipairs { 31, 32, 33, 100 } do
      local names, values = {}, {}
      for i = 1, count do names[i], values[i] = "c" .. i, tostring(i) end
      local text = table.concat(names, ",") .. "\n" .. table.concat(values, ",") .. "\n"
      assert.same({ values }, (rows_of(text)))
    end
  end)

  for name, case in pairs {
    ["an empty text"] = { "", "a header and rows", "nothing" },
    ["blank lines"] = { "\r\n\n", "a header and rows", "nothing" },
    ["a short row"] = { "a,b\n1,2\n3\n", "2 fields on line 3, as in the header", "1" },
    ["a long row"] = { "a,b\n1,2,3\n", "2 fields on line 2, as in the header", "3" },
    ["a short row after quoted line breaks"] = { 'a,b\n"1\n2",2\n3\n',
      "2 fields on line 4, as in the header", "1" },
    ["a blank line within"] = { "a,b\n\n1,2\n", "2 fields on line 2, as in the header", "1" },
    ["two columns of one name"] = { "a,b,a\n1,2,3\n", "columns with names of their own",
      'two named "a"' },
    ["a quote that is not closed"] = { 'a,b\n1,"2\n3,4\n', "a quote at the end",
      "none for the one that begins on line 2" },
    ["a quote within a field"] = { 'a,b\n1,2"3\n', "as RFC 4180", "on line 2" },
    ["text behind a quoted field"] = { 'a,b\n"1"x,2\n', "as RFC 4180", "text behind" },
    ["a carriage return alone"] = { "a,b\n1,2\r3,4\n", "as RFC 4180", "a carriage return alone" },
    ["a carriage return alone in the header"] = { "a,b\r1,2\r", "as RFC 4180", "on line 1" },
  } do
    it("is none with " .. name, function()
      local parsed, fault = csv.parse(case[1])
      assert.is_nil(parsed)
      assert.matches(case[2], fault.expected, 1, true)
      assert.matches(case[3], fault.found, 1, true)
    end)
  end
end)
