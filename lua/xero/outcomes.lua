-- How a command that has disconnected many ends. Each that failed is said; where surely none went,
-- the first failure is that of the command.

local log = require "xero.log"

---@param list xero.Outcome[]
local function report(list)
  local gone, failed = false, {}
  for _, outcome in ipairs(list) do
    if outcome.status == "absent" then
      log.warn("%s was not connected any more", outcome.connection)
    end
    if outcome.status == "failed" or outcome.status == "unknown" then
      table.insert(failed, outcome)
    end
    gone = gone or outcome.status ~= "failed" and outcome.status ~= "skipped"
  end
  if failed[1] and not gone then error(failed[1].error, 0) end
  for _, outcome in ipairs(failed) do
    log.error("%s: %s", outcome.connection, outcome.error)
  end
end

return report
