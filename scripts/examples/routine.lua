-- The weekly cleanup that Xero asks of partners: by your last successful call for it, a tenant is
-- active (up to 30 days), at risk (up to 60) or inactive, and then disconnected.
--
--   xero-run routine.lua                 shows what would go, and why
--   xero-run plan --all routine.lua      those that are active and at risk, too
--   xero-run apply routine.lua           disconnects those that are inactive
--
-- A tenant that was never called counts from the day it was connected.

local xero = require "xero"
local policy = xero.policy

local usage = xero.source.csv("usage", {
  path = "usage.csv", column = "xero_tenant_id", min_rows = 10, max_shrink = "50%",
})

local function last_call(connection, context)
  local row = context.row(usage, connection)
  if not row or row.last_call == "" then return connection.updated_at end
  return xero.time.parse(row.last_call) or error("no date: " .. row.last_call)
end

-- A predicate: whether the last call was at most so many days ago.
local function called_within(days)
  return function(connection, context)
    local idle = (context.now - last_call(connection, context)) // 86400
    return idle <= days, ("the last call was %d days ago"):format(idle)
  end
end

return policy "weekly routine" {
  sources = usage, limits = { max_percent = 25 },
  policy.keep       "active"   { when = called_within(30) },
  policy.keep       "at risk"  { when = called_within(60) },
  policy.disconnect "inactive" { not_connected_within = "60d" },
}
