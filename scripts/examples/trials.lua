-- Disconnects trials that never converted, two weeks after they ended.
--
--   xero-run trials.lua            shows what would go, and why
--   xero-run apply trials.lua      disconnects them
--
-- A predicate looks into the tenant's row of the CRM's export. Where it fails, as for a trial whose
-- end nobody wrote down, the tenant is held, and nothing goes until somebody has looked.

local xero = require "xero"
local policy = xero.policy

local crm = xero.source.csv("crm", {
  path = "customers.csv", column = "xero_tenant_id", min_rows = 10,
})

local function is_over(connection, context)
  local row = context.row(crm, connection)
  if not row or row.plan ~= "trial" then return false end
  local ended = xero.time.parse(row.trial_ends) or error "the trial has no end"
  return ended < context.now, "the trial ended on " .. row.trial_ends
end

return policy "trials" {
  sources = crm,
  policy.disconnect "a trial that never converted" { when = is_over, after = "14d" },
}
