-- Disconnects the tenants whose ids stand in a file, one on each line; "#" begins a comment.
--
--   xero-run --dry-run disconnect-file.lua churned.txt
--   xero-run disconnect-file.lua churned.txt
--
-- One that fails does not keep the others; a line on stderr says why, and the exit status is 3. An
-- id that no connected tenant has is named there, too.

local xero = require "xero"

local parser = xero.args("disconnect-file.lua", "Disconnects the tenants listed in a file.")
parser:argument("file", "a file of tenant ids"):convert(io.open)
local file = parser:parse().file

local ids, connected = {}, {}
for line in file:lines() do
  table.insert(ids, line:gsub("#.*", ""):match "%S+")
end

for _, connection in ipairs(xero.get_connections()) do
  local tenant = (connection.tenantId or ""):lower()
  connected[tenant] = connected[tenant] or {}
  table.insert(connected[tenant], connection)
end

local chosen = {}
for _, id in ipairs(ids) do
  local connections = connected[id:lower()]
  if not connections then xero.log.warn("no tenant with the id %s is connected", id) end
  table.move(connections or {}, 1, #(connections or {}), #chosen + 1, chosen)
end

for _, outcome in ipairs(xero.delete_connections(chosen, { reason = "listed in a file" })) do
  if outcome.error then xero.log.error("%s: %s", outcome.connection, outcome.error) end
end
