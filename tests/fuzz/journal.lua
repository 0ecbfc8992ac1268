-- The lines of a journal: read, shown and checked, whatever they hold.

local journal = require "xero.journal"
local native = require "xero.native"
local reader = require "xero.journal_reader"

return function(bytes)
  reader.verify(bytes:gmatch "[^\n]*\n?", native)
  for _, row in ipairs(reader.rows(bytes:gmatch "[^\n]+")) do assert(row.verdict ~= nil) end
  for line in bytes:gmatch "[^\n]+" do
    local entry = journal.parse(line)
    if entry then journal.is_whole(native, line) end
  end
end
