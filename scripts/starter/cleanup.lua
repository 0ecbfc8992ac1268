-- Who may stay: demo companies go after 30 days, everybody else is kept.
--
--   xero-run --sandbox cleanup.lua    what it would do to demo tenants
--   xero-run cleanup.lua              what it would do to yours; it changes nothing
--   xero-run apply cleanup.lua        does it
--   xero-run test                     tests it, without a network

local policy = require("xero").policy

return policy "cleanup" {
  limits = { max_disconnects = 25, max_percent = 20 },

  -- policy.protect "our own books" { tenant_id = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58" },

  policy.keep "connected again lately" { connected_within = "30d" },
  policy.disconnect "a demo company" { name = "Demo Company*", older_than = "30d" },
}
