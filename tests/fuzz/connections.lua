-- The list of connections: what is no list is refused in words, and what is one can be shown, found
-- and written, whatever its fields are.

local connection = require "xero.connection"
local errors = require "xero.error"
local json = require "xero.json"
local output = require "xero.output"
local time = require "xero.time"

local NOWHERE = { write = function() return true end, flush = function() return true end }

return function(bytes)
  local list, message = json.decode_list(bytes)
  if not list then
    assert(type(message) == "string")
    return
  end
  local adopted, why = pcall(connection.adopt, list)
  if not adopted then
    assert(errors.is(why), why)
    return
  end
  connection.index(list)
  for _, one in ipairs(list) do
    assert(type(one.name) == "string" and type(tostring(one)) == "string")
    assert(one.created_at == nil or type(one.created_at) == "number")
    time.date_of(one.createdDateUtc)
    assert(json.decode(json.encode(one)), "what was written cannot be read")
  end
  for _, format in ipairs { "table", "json", "jsonl", "csv", "ids" } do
    output.write(list, { format = format, file = NOWHERE })
  end
end
