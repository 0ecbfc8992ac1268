-- A list of flat objects, and one of them, read in one pass: it takes nothing that is no JSON, and
-- gives what the other parser gives.

local json = require "xero.json"
local native = require "xero.native"

local function same(one, other)
  for key, value in pairs(one) do
    if other[key] ~= value then return false end
  end
  return true
end

local function try_flat(bytes)
  local object = native.json_flat(bytes)
  if not object then return end
  local other = assert(json.decode(bytes), "it is no JSON")
  assert(same(object, other) and same(other, object), "another object")
end

local function try_rows(bytes)
  local rows = native.json_rows(bytes)
  if not rows then return end
  local list = assert(json.decode(bytes), "it is no JSON")
  assert(#rows == #list, "another number of rows")
  for i, row in ipairs(rows) do
    assert(same(row, list[i]) and same(list[i], row), "another row")
  end
end

return function(bytes)
  if not native.check_utf8(bytes) then return end
  try_flat(bytes)
  try_rows(bytes)
end
