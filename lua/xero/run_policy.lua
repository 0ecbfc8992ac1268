-- From a policy's file to its plan: the policy is loaded and its sources, Xero is asked for the
-- connections, and a verdict is made for each. It changes nothing.
--
-- The sources come first: while one cannot be believed, Xero is not even asked.

local errors = require "xero.error"
local plan = require "xero.plan"
local policy = require "xero.policy"
local profile = require "xero.profile"

local run_policy = {}

local function load_script(file)
  local script, message = loadfile(file)
  if script then return script end
  errors.raise { kind = "usage", message = message }
end

local function load_sources(declared, now)
  local loaded = {}
  for _, source in ipairs(declared.sources) do loaded[source] = source:load { now = now } end
  return loaded
end

-- Under --sandbox nothing of the real environment counts, its profile neither.
local function profile_of(native)
  if native.options.sandbox then return { name = "default" } end
  local chosen = profile.choose { getenv = os.getenv, native = native }
  return { name = chosen.name, protect = chosen.keys.protect, limits = chosen.keys.limits }
end

---Makes the plan of a policy. Raises kind "source" where a source cannot be believed, and what
---listing the connections raises.
---@param declared xero.Policy
---@param env { native: table, list: fun(): xero.Connection[] }
---@return xero.Plan
local function plan_of(declared, env)
  local native = env.native
  local now = native.now()
  local sources = load_sources(declared, now)
  return plan.make {
    policy = declared,
    connections = env.list(),
    now = now,
    profile = profile_of(native),
    sources = sources,
    max_disconnects = native.options.max_disconnects,
  }
end

---The same of a policy's file. Raises kind "usage" where the file declares no policy.
---@param file string
---@param env { native: table, list: fun(): xero.Connection[] }
---@return xero.Plan
function run_policy.plan(file, env)
  return plan_of(policy.load(load_script(file), file), env)
end

---What a run of a script ends with: a policy that it returned is planned and shown, as the command
---`plan` does it. The host calls it for every script that has used policies.
---@param value any what the script returned
function run_policy.show_returned(value)
  local declared = policy.returned(value)
  if not declared then return end
  local env = { native = require "xero.native", list = require("xero").get_connections }
  require("xero.plan_view").show(plan_of(declared, env))
end

return run_policy
