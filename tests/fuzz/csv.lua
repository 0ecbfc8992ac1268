-- A CSV file: rows as long as the header, or where it is wrong. What our own writer makes of them
-- is read again as the same.

local csv = require "xero.source_csv"
local native = require "xero.native"

local function line_of(row, count)
  local keys = {}
  for i = 1, count do keys[i] = i end
  return (native.csv_line(row, keys):gsub("\r\n$", "\n"))
end

return function(bytes)
  local read, fault = csv.parse(bytes)
  if not read then
    assert(type(fault.expected) == "string" and type(fault.found) == "string")
    return
  end
  local count = #read.columns
  local lines = { line_of(read.columns, count) }
  for i, row in ipairs(read.rows) do
    assert(#row == count and math.type(read.lines[i]) == "integer")
    lines[i + 1] = line_of(row, count)
  end
  local again = csv.parse(table.concat(lines))
  if not again then
    -- An empty row at the end is taken for no row.
    assert(count == 1, "what was written cannot be read")
    return
  end
  for i, row in ipairs(again.rows) do
    for at = 1, count do assert(row[at] == read.rows[i][at], "another field came back") end
  end
end
