-- What has changed about connections since it was decided that they go. Pure.
--
-- A decision is about a connection as it was: one that is gone, belongs to another tenant or was
-- connected again is not meant any more, and what cannot be compared is not either.

local connection_of = require "xero.connection"
local uuid = require "xero.uuid"

local drift = {}

---What is known of a connection: a Connection, or what a saved plan has of one.
---@class xero.Decided
---@field id string
---@field tenantId? string
---@field updatedDateUtc? string

---@class xero.Skipped
---@field item xero.Decided
---@field why string

local function same_id(a, b)
  return a == b or a ~= nil and b ~= nil and uuid.equal(a, b)
end

local function changed(item, connection)
  if not connection then return "it is not connected any more" end
  if not same_id(item.tenantId, connection.tenantId) then return "it is another tenant's now" end
  if not item.updatedDateUtc or not connection.updatedDateUtc then
    return "there is no updatedDateUtc to tell whether it connected again"
  elseif item.updatedDateUtc ~= connection.updatedDateUtc then
    return "it connected again since the plan was made"
  end
  return nil
end

---Compares what was decided with the connections as they are now.
---@param items xero.Decided[]
---@param connections xero.Connection[]
---@return { item: xero.Decided, connection: xero.Connection }[] same those that are as they were
---@return xero.Skipped[] skipped
function drift.find(items, connections)
  local by_id, same, skipped = connection_of.index(connections), {}, {}
  for _, item in ipairs(items) do
    local connection = by_id[uuid.normal(item.id)]
    local why = changed(item, connection)
    if why then
      skipped[#skipped + 1] = { item = item, why = why }
    else
      same[#same + 1] = { item = item, connection = connection }
    end
  end
  return same, skipped
end

return drift
