-- From a policy to its plan: what is remembered is read and the sources are loaded, Xero is asked
-- for the connections, and a verdict is made for each. It changes nothing.
--
-- The sources come before Xero: while one cannot be believed, Xero is not even asked.

local marks = require "xero.marks"
local native = require "xero.native"
local plan = require "xero.plan"
local policy = require "xero.policy"
local policy_file = require "xero.policy_file"
local policy_state = require "xero.policy_state"

local run_policy = {}

---@class xero.PolicyRun
---@field client xero.Client of the profile that the policy is for
---@field input xero.PlanInput

local function load_sources(declared, state, now)
  local loaded, histories = {}, marks.histories(state, declared.name)
  for _, source in ipairs(declared.sources) do
    loaded[source] = source:load { now = now, history = histories[source.name] }
  end
  return loaded
end

---Gets all that a plan is made of. Raises kind "source" where a source cannot be believed, "store"
---where what is remembered cannot be read, and what listing the connections raises.
---@param declared xero.Policy
---@return xero.PolicyRun
function run_policy.prepare(declared)
  local client = require "xero".client()
  local chosen = client.settings.profile
  local state = policy_state.load(client.settings)
  local now = native.now()
  return {
    client = client,
    input = {
      policy = declared,
      sources = load_sources(declared, state, now),
      connections = client:get_connections(),
      now = now,
      state = state,
      profile = {
        name = chosen.name, protect = chosen.keys.protect, limits = chosen.keys.limits,
      },
      max_disconnects = native.options.max_disconnects,
    },
  }
end

---The same of a policy's file. Raises kind "usage" where the file declares no policy.
---@param name string
---@return xero.PolicyRun
function run_policy.of_file(name)
  return run_policy.prepare(policy_file.run(policy_file.read(name), name))
end

---What a run of a script ends with: a policy that it returned is planned and shown, as the command
---`plan` does it. The host calls it for every script that has used policies.
---@param value any what the script returned
function run_policy.show_returned(value)
  local declared = policy.returned(value)
  if not declared then return end
  require "xero.plan_view".show(plan.make(run_policy.prepare(declared).input))
end

return run_policy
