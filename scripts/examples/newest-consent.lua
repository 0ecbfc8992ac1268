-- Prints the tenants of the newest consent: what the customer who came last has connected.
--
--   xero-run newest-consent.lua
--
-- Tenants that were ticked together in Xero's dialog share one authEventId.

local xero = require "xero"

local newest
for _, connection in ipairs(xero.get_connections()) do
  local at = connection.created_at
  if connection.authEventId and at and (not newest or at > newest.created_at) then
    newest = connection
  end
end

if newest then
  for _, connection in ipairs(xero.get_connections { auth_event_id = newest.authEventId }) do
    print(connection)
  end
end
