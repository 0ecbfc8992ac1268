-- From a policy to its plan: what is remembered is read and the sources are loaded, Xero is asked
-- for the connections, and a verdict is made for each. It changes nothing.
--
-- The sources come before Xero: while one cannot be believed, Xero is not even asked. Nothing is
-- disconnected from here on, until apply.lua carries the plan out.

local drift = require "xero.drift"
local errors = require "xero.error"
local limits = require "xero.limits"
local marks = require "xero.marks"
local native = require "xero.native"
local plan = require "xero.plan"
local policy = require "xero.policy"
local policy_file = require "xero.policy_file"
local policy_state = require "xero.policy_state"
local profile = require "xero.profile"
local saved_plan = require "xero.saved_plan"
local uuid = require "xero.uuid"

local run_policy = {}

---@class xero.PolicyRun
---@field client xero.Client of the profile that the policy is for
---@field input xero.PlanInput
---@field plan xero.Plan
---@field file? xero.PolicyFile
---@field skipped xero.Skipped[] of a saved plan: what does not go any more

local function load_sources(declared, state, now)
  local loaded, histories = {}, marks.histories(state, declared.name)
  for _, source in ipairs(declared.sources) do
    loaded[source] = source:load { now = now, history = histories[source.name] }
  end
  return loaded
end

local function new_client()
  return require "xero".client()
end

-- All that a plan is made of.
local function gather(declared, client)
  profile.check_known(client.settings)
  local chosen = client.settings.profile
  local state = policy_state.load(client.settings)
  local now = native.now()
  return {
    policy = declared,
    sources = load_sources(declared, state, now),
    connections = client:list_all(),
    clock = client.clock,
    now = now,
    state = state,
    marks_name = client.settings.state().marks_name,
    profile = { name = chosen.name, protect = chosen.keys.protect, limits = chosen.keys.limits },
    max_disconnects = native.options.max_disconnects,
  }
end

local function run_of(declared, file)
  local client = new_client()
  local input = gather(declared, client)
  return { client = client, input = input, plan = plan.make(input), file = file, skipped = {} }
end

---Plans the policy of a file. Raises kind "usage" where the file declares no policy, "source" where
---a source cannot be believed, "store" where what is remembered cannot be read, and what listing
---the connections raises.
---@param name string
---@return xero.PolicyRun
function run_policy.of_file(name)
  local file = policy_file.read(name)
  if saved_plan.is(file.text) then
    errors.raise {
      kind = "usage",
      message = name .. ": it is a saved plan, and no policy",
      hint = "xero-run apply takes it; with --dry-run nothing is sent",
    }
  end
  return run_of(policy_file.run(file, name), file)
end

local function of_saved(saved)
  local client, name = new_client(), saved.policy.file
  local file = policy_file.read(name)
  local refusal = saved_plan.check(saved, {
    now = native.now(), profile = client.settings.profile.name, text = file.text,
  })
  if refusal then errors.raise(refusal) end
  local input = gather(policy_file.run(file, name), client)
  local empty = limits.judge_emptiness(#input.connections, saved.total, "when the plan was saved")
  if empty then errors.raise(empty) end
  local same, skipped = drift.find(saved.items, input.connections)
  input.only = {}
  for _, each in ipairs(same) do input.only[uuid.normal(each.item.id)] = each.item.rule end
  local made = plan.make(input)
  table.move(saved_plan.left_out(same, made), 1, #same, #skipped + 1, skipped)
  return { client = client, input = input, plan = made, file = file, skipped = skipped }
end

---The same of a policy's file or of a saved plan, to be carried out. Raises kind "limit" where a
---saved plan does not hold any more, too.
---@param name string
---@return xero.PolicyRun
function run_policy.to_apply(name)
  local file = policy_file.read(name)
  -- No script begins with a brace: what does is a plan, or was meant to be one.
  if file.text:find "^%s*{" then return of_saved(saved_plan.decode(file.text, name)) end
  return run_of(policy_file.run(file, name), file)
end

---What a run of a script ends with: a policy that it returned is planned and shown, as the command
---`plan` does it. The host calls it for every script that has used policies.
---@param value any what the script returned
function run_policy.show_returned(value)
  local declared = policy.returned(value)
  if declared then require "xero.plan_view".show(run_of(declared).plan) end
end

return run_policy
