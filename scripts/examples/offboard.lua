-- Disconnects customers who have left: those that the CRM's export does not list as active.
--
--   xero-run offboard.lua            shows what would go, and why
--   xero-run apply offboard.lua      disconnects them
--
-- An export that is missing, older than 36 hours or much shorter than last time is not believed:
-- nothing goes then. Who has left is waited for a week, in which the export must say so each time.
-- The customers.csv beside this is a sample: `touch customers.csv` makes it an export of today.

local xero = require "xero"
local policy = xero.policy

local crm = xero.source.csv("crm", {
  path = "customers.csv", column = "xero_tenant_id", where = { status = "active" },
  min_rows = 10, max_age = "36h", max_shrink = "20%",
})

return policy "offboard" {
  limits = { max_percent = 20, min_remaining = 1 },
  policy.protect    "our own books"          { tenant_id = "7e000000-0000-4000-8000-000000000008" },
  policy.keep       "active in the CRM"      { listed = crm },
  policy.keep       "connected recently"     { connected_within = "30d" },
  policy.disconnect "not an active customer" { not_listed = crm, after = "7d" },
}
