-- Lists the tenants that are connected more than once: several of their users gave consent.
--
--   xero-run duplicates.lua
--
-- Each of these connections counts for the app's tier, though one would do.

local xero = require "xero"

local by_tenant, tenants = {}, {}
for _, connection in ipairs(xero.get_connections()) do
  local id = connection.tenantId
  if not by_tenant[id] then
    by_tenant[id] = {}
    table.insert(tenants, id)
  end
  table.insert(by_tenant[id], connection)
end

for _, id in ipairs(tenants) do
  local connections = by_tenant[id]
  if #connections > 1 then
    print(("%s is connected %d times:"):format(id, #connections))
    for _, connection in ipairs(connections) do
      print("  " .. tostring(connection))
    end
  end
end
