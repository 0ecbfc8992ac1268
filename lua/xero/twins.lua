-- Tenants that are connected more than once, and which of their connections are spare.
--
-- The one that was connected last (or first) stays. Where that cannot be told, because a date is
-- missing or two are the same, none is spare.

local text = require "xero.text"

local twins = {}

-- Worked out once a run: of ten thousand tenants, each may ask.
local function groups_of(context)
  local subjects, groups = context.subjects, context.groups
  if groups then return groups end
  groups = {}
  context.groups = groups
  for _, subject in ipairs(subjects) do
    local tenant = subject.tenant_id
    if tenant then
      local group = groups[tenant]
      if group then
        group[#group + 1] = subject
      else
        groups[tenant] = { subject }
      end
    end
  end
  return groups
end

-- The one of a group that stays, or nil where nobody can tell.
local function staying(group, keep)
  local best, is_tied
  for _, subject in ipairs(group) do
    local at = subject.updated_at
    if not at then return nil end
    if not best then
      best = subject
    elseif at == best.updated_at then
      is_tied = true
    elseif (at > best.updated_at) == (keep == "newest") then
      best, is_tied = subject, false
    end
  end
  return not is_tied and best or nil
end

---Which connections are spare.
---@param context xero.RunContext
---@param keep "newest"|"oldest" which of a tenant's connections stays, by updatedDateUtc
---@return table<xero.Connection, "spare"|"unclear"> spare without those that stay
function twins.spare(context, keep)
  local spare = {}
  for _, group in pairs(groups_of(context)) do
    if #group > 1 then
      local stays = staying(group, keep)
      for _, subject in ipairs(group) do
        if subject ~= stays then
          spare[subject.connection] = stays and "spare" or "unclear"
        end
      end
    end
  end
  return spare
end

---Says how often the tenant of a connection is connected, and when each was.
---@param context xero.RunContext
---@param of xero.Subject with a tenant id
---@param keep "newest"|"oldest"
---@return string
function twins.describe(context, of, keep)
  local dates = {}
  for i, subject in ipairs(groups_of(context)[of.tenant_id]) do
    dates[i] = text.printable(subject.connection.updatedDateUtc or "no date")
      .. (subject.connection == of.connection and " (this one)" or "")
  end
  if #dates == 1 then return "the tenant is connected once" end
  return ("the tenant is connected %d times, the %s stays: %s"):format(
    #dates, keep, table.concat(dates, ", "))
end

return twins
