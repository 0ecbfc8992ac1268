-- Types of tenants that are likely misspelt. Xero's set is open, so a type that is like none of the
-- known ones may well be a new one; ORGANIZATION is none, though half the world spells it so.

local suggest = require "xero.suggest"

local KNOWN = { "ORGANISATION", "PRACTICE", "PRACTICEMANAGER", "WORKFLOWMAX" }

local tenant_type = {}

---The type that was meant by one that is none.
---@param word string
---@return string|nil meant nil where nothing is wrong with it
function tenant_type.meant(word)
  local nearest = suggest(word, KNOWN)
  if nearest ~= word:upper() then return nearest end
end

return tenant_type
