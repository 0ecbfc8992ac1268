-- What the policies of a profile remember, where it is kept: read by every plan, and replaced after
-- a run that counts. A plan makes nothing, no directory either.

local errors = require "xero.error"
local marks = require "xero.marks"

local policy_state = {}

---Reads what is remembered; nothing where there is no state yet. Raises kind "store".
---@param settings xero.Settings
---@return xero.State
function policy_state.load(settings)
  return marks.load(settings.state())
end

local function locked(kept, native)
  local lock, busy = kept:lock("marks", native.options.lock_timeout)
  if lock then return lock end
  if busy.kind ~= "busy" then error(busy, 0) end
  errors.raise {
    kind = "busy",
    message = "the marks were not saved: " .. busy.message,
    hint = busy.hint,
  }
end

local function last_run(state, name)
  local record = state.policies[name]
  return record and record.at
end

---Remembers a run that counts. Where another run of the same policy came in between, its judgement
---stands: this one knew nothing of it. Raises kind "store" or "busy".
---@param settings xero.Settings
---@param native table
---@param plan xero.Plan
---@return boolean saved
function policy_state.save(settings, native, plan)
  local name = plan.policy.name
  local kept = settings.state()
  local _ <close> = locked(kept, native)
  local state = marks.load(kept)
  if last_run(state, name) ~= last_run(plan.before, name) then return false end
  marks.save(kept, marks.advance(state, name, plan.record))
  return true
end

return policy_state
