-- Connections as Xero gives them, made up in any number.

local tenants = {}

local TYPES = { "ORGANISATION", "PRACTICE", "PRACTICEMANAGER", "ORGANISATION" }

--- The same number always gives the same list.
---@param count integer
---@return table[]
function tenants.make(count)
  local list = {}
  for i = 1, count do
    list[i] = {
      id = ("%08x-0000-4000-8000-%012x"):format(i, i),
      authEventId = ("%08x-1111-4000-8000-%012x"):format(i // 10, 1),
      tenantId = ("%08x-2222-4000-8000-%012x"):format(i, i),
      tenantType = TYPES[i % #TYPES + 1],
      tenantName = ("Example Company %d, Žluťoučký \"Kůň\" Pty"):format(i),
      createdDateUtc = ("2024-%02d-%02dT08:%02d:19.5165400"):format(i % 12 + 1, i % 28 + 1, i % 60),
      updatedDateUtc = ("2025-%02d-%02dT09:%02d:20.0000000"):format(i % 12 + 1, i % 28 + 1, i % 60),
    }
  end
  return list
end

return tenants
