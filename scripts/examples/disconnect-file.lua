-- Disconnects the tenants whose ids stand in a file, one on each line; "#" begins a comment.
--
--   xero-run --dry-run disconnect-file.lua churned.txt
--   xero-run disconnect-file.lua churned.txt
--
-- One that fails does not keep the others; a line on stderr says why, and the exit status is 3.

local xero = require "xero"

local parser = xero.args("disconnect-file.lua", "Disconnects the tenants listed in a file.")
parser:argument("file", "a file of tenant ids")
local wanted = {}
for line in io.lines(parser:parse().file) do
  local id = line:gsub("#.*", ""):match "%S+"
  if id then wanted[id:lower()] = true end
end

local chosen = {}
for _, connection in ipairs(xero.get_connections()) do
  if wanted[connection.tenantId:lower()] then table.insert(chosen, connection) end
end

for _, outcome in ipairs(xero.delete_connections(chosen, { reason = "listed in a file" })) do
  if outcome.error then xero.log.error("%s: %s", outcome.connection, outcome.error) end
end
