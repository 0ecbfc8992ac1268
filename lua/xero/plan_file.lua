-- The file of a saved plan: nobody else's to read, whole or not there at all, and never in place of
-- anything but another plan.

local errors = require "xero.error"
local native = require "xero.native"
local saved_plan = require "xero.saved_plan"
local usage = require("xero.raise").usage

local plan_file = {}

---Makes sure that a plan may be written there. Raises kind "usage" where it may not.
---@param path string
function plan_file.check(path)
  local status, message, is_absent = native.file_status(path)
  if is_absent then return end
  if not status then usage(("cannot look at %s: %s"):format(path, message)) end
  local file <close> = status.kind == "file" and io.open(path, "rb") or nil
  local text = file and file:read "a"
  if text and (text == "" or saved_plan.is(text)) then return end
  usage(path .. " is no saved plan, and is not overwritten", "name another file")
end

---Writes the plan of a run. Raises kind "usage" or "store" where it cannot.
---@param path string
---@param run xero.PolicyRun
function plan_file.write(path, run)
  local text = saved_plan.encode(run.plan, run.file)
  plan_file.check(path)
  local done, message = native.write_private(path, text)
  if not done then
    errors.raise { kind = "store", message = "the plan was not saved: " .. message }
  end
end

return plan_file
