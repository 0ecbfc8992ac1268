-- What the policies of a profile remember, where it is kept: read by every plan, and replaced after
-- a run that counts. A plan makes nothing, no directory either.

local errors = require "xero.error"
local marks = require "xero.marks"

local policy_state = {}

local LOCK_TIMEOUT = 30

local function open(settings, native, create)
  return native.store { directory = settings.state_directory(), create = create }
end

---Reads what is remembered; nothing where there is no state yet. Raises kind "store".
---@param settings xero.Settings
---@param native table
---@return xero.State
function policy_state.load(settings, native)
  local store <close> = open(settings, native, false)
  return store and marks.load(store) or marks.new()
end

local function lock(store, native)
  local locked, why, message = store:lock(native.options.lock_timeout or LOCK_TIMEOUT, marks.LOCK)
  if locked then return end
  if why == "interrupted" then error(errors.interruption(native.interrupted()), 0) end
  errors.raise {
    kind = "busy",
    message = "the marks were not saved: " .. message,
    hint = "--lock-timeout sets how long to wait for it",
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
---@param record xero.StateRecord
---@return boolean saved
function policy_state.save(settings, native, plan, record)
  local name = plan.policy.name
  local store <close> = open(settings, native, true)
  lock(store, native)
  local state = marks.load(store)
  if last_run(state, name) ~= last_run(plan.before, name) then return false end
  marks.save(store, marks.advance(state, name, record))
  return true
end

return policy_state
