-- Keeps the app two connections under the 30 of its tier: demo companies make room, those that were
-- connected longest ago first.
--
--   xero-run tier.lua            shows what would go, and why
--   xero-run apply tier.lua      disconnects them
--
-- Only what `evictable` allows may go; where that is not enough, the plan says so.

local xero = require "xero"
local policy = xero.policy

local function is_demo(connection)
  return connection.name:find "^Demo Company" ~= nil, "a demo company"
end

local function came_first(a, b)
  return (a.updated_at or math.huge) < (b.updated_at or math.huge)
end

return policy "stay under the tier" {
  limits = { max_disconnects = 10 },
  policy.keep "connected this week" { connected_within = "7d" },
  policy.quota { max = 30, headroom = 2, evictable = is_demo, order = came_first },
}
