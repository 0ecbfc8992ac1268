-- Connections as Xero gives them, made up in any number.

local tenants = {}

-- Most names are plain; some have letters beyond ASCII, a few what JSON escapes.
local function name(i)
  if i % 100 == 0 then
    return ("\"Example\" \\ %d"):format(i)
  end
  return ((i % 10 == 0 and "Žluťoučký Kůň %d" or "Example Company %d Pty Ltd"):format(i))
end

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
      tenantName = name(i),
      createdDateUtc = ("2024-%02d-%02dT08:%02d:19.5165400"):format(i % 12 + 1, i % 28 + 1, i % 60),
      updatedDateUtc = ("2025-%02d-%02dT09:%02d:20.0000000"):format(i % 12 + 1, i % 28 + 1, i % 60),
    }
  end
  return list
end

return tenants
