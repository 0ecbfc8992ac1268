-- A list of flat objects, read in one pass: it takes nothing that is no JSON, and gives what the
-- other parser gives.

local json = require "xero.json"
local native = require "xero.native"

local function same(one, other)
  for key, value in pairs(one) do
    if other[key] ~= value then return false end
  end
  return true
end

return function(bytes)
  if not native.check_utf8(bytes) then return end
  local rows = native.json_rows(bytes)
  if not rows then return end
  local list = assert(json.decode(bytes), "it is no JSON")
  assert(#rows == #list, "another number of rows")
  for i, row in ipairs(rows) do
    assert(same(row, list[i]) and same(list[i], row), "another row")
  end
end
