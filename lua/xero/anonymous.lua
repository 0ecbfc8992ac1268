-- Connections without the people behind them: lists that may be kept beside a script as the
-- fixtures of its tests.
--
-- Ids and names are replaced by numbered ones that owe nothing to the real ones; equal ones stay
-- equal, so that twins and consents can still be told. Types and dates stay, for rules are about
-- them. Fields that this program does not know are left out: nobody can tell what is in them.

local connection = require "xero.connection"

local anonymous = {}

-- The ids of each field are told apart by how they begin.
local IDS = {
  id = "cccccccc-0000-4000-8000-%012x",
  authEventId = "aaaaaaaa-0000-4000-8000-%012x",
  tenantId = "77777777-0000-4000-8000-%012x",
}

local function same(value) return value end

-- Gives each different value the next number.
local function numbering(form, fold)
  local names, count = {}, 0
  return function(value)
    local key = fold(value)
    if not names[key] then
      count = count + 1
      names[key] = form:format(count)
    end
    return names[key]
  end
end

local function replacements()
  local replace = {
    tenantName = numbering("Tenant %d", same),
    tenantType = same,
    createdDateUtc = same,
    updatedDateUtc = same,
  }
  for field, form in pairs(IDS) do replace[field] = numbering(form, string.lower) end
  return replace
end

---Replaces what would tell who the tenants are.
---@param connections xero.Connection[] they stay as they are
---@return xero.Connection[] anonymised in the same order
function anonymous.connections(connections)
  local replace, list = replacements(), {}
  for i, each in ipairs(connections) do
    local copy = {}
    for _, field in ipairs(connection.FIELDS) do
      local value = each[field]
      if value ~= nil then copy[field] = replace[field](value) end
    end
    list[i] = copy
  end
  return connection.adopt(list)
end

return anonymous
