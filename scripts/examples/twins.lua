-- Leaves each tenant one connection, the one that was made last: several of its users gave consent,
-- and each counts for the app's tier.
--
--   xero-run twins.lua            shows what would go, and why
--   xero-run apply twins.lua      disconnects them
--
-- Where two have the same date, nobody can tell which to keep, and both stay.

local xero = require "xero"
local policy = xero.policy

return policy "one connection each" {
  policy.keep "practices have one for each adviser" { type = { "PRACTICE", "PRACTICEMANAGER" } },
  policy.disconnect "the tenant connected again" { duplicate = "newest", older_than = "14d" },
}
