-- How a command that has disconnected many ends. Each that failed is said; where none went, the
-- first failure is that of the command.

local log = require "xero.log"

---@param list xero.Outcome[]
local function report(list)
  local done, failed = 0, {}
  for _, outcome in ipairs(list) do
    if outcome.status == "absent" then
      log.warn("%s was not connected any more", outcome.connection)
    end
    if outcome.status == "failed" or outcome.status == "unknown" then
      table.insert(failed, outcome)
    elseif outcome.status ~= "skipped" then
      done = done + 1
    end
  end
  if failed[1] and done == 0 then error(failed[1].error, 0) end
  for _, outcome in ipairs(failed) do
    log.error("%s: %s", outcome.connection, outcome.error)
  end
end

return report
