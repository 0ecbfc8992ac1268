-- Disconnects the demo companies that were connected more than 30 days ago.
--
--   xero-run --dry-run cleanup.lua     says what would go
--   xero-run cleanup.lua               disconnects them

local xero = require "xero"

local limit = os.time() - xero.time.duration "30d"

for _, connection in ipairs(xero.get_connections()) do
  local since = connection.created_at
  if connection.name:find "^Demo Company" and since and since < limit then
    xero.delete_connection(connection, { reason = "a demo company older than 30 days" })
    xero.log.info("disconnected %s", connection)
  end
end
