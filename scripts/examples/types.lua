-- Counts the connections of each type of tenant, as CSV for a spreadsheet.
--
--   xero-run types.lua >types.csv

local xero = require "xero"

local rows, row_of = {}, {}
for _, connection in ipairs(xero.get_connections()) do
  local type = connection.tenantType or "(none)"
  if not row_of[type] then
    row_of[type] = { type = type, connections = 0 }
    table.insert(rows, row_of[type])
  end
  row_of[type].connections = row_of[type].connections + 1
end
table.sort(rows, function(a, b) return a.type < b.type end)

xero.table.write(rows, {
  columns = { { title = "type", key = "type" }, { title = "connections", key = "connections" } },
  format = "csv",
})
