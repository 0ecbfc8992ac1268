-- Carries out a plan that was shown: asks for confirmation, lists again, leaves out what changed
-- since, disconnects the rest and remembers the run.
--
-- A run counts once its plan was carried out: then the marks go on, a plan with nothing to
-- disconnect included. That some disconnects failed does not matter to them, for what the policy
-- saw was true all the same; the wait of those goes on, so that the next run tries them again. A
-- run that was refused, not confirmed, dry or ended early leaves no trace in the marks.

local account = require "xero.account"
local confirm = require "xero.confirm"
local declaring = require "xero.declaring"
local drift = require "xero.drift"
local errors = require "xero.error"
local limits = require "xero.limits"
local log = require "xero.log"
local native = require "xero.native"
local policy_state = require "xero.policy_state"
local shown_name = require("xero.connection").shown_name
local text = require "xero.text"

local apply = {}

local function going_of(plan)
  local connections, entries = {}, {}
  for _, entry in ipairs(plan.entries) do
    if entry.verdict == "disconnect" then
      connections[#connections + 1] = entry.connection
      entries[entry.connection] = entry
    end
  end
  return connections, entries
end

-- The reason in the journal: the rule, and what there was to see.
local function reason_of(entry)
  return ("%s: %s"):format(entry.rule.label, entry.reason)
end

-- Where the plan itself went elsewhere than to the terminal, the question shows who will go.
local function check_confirmed(profile, connections)
  local lines = {}
  if not native.isatty(1) then
    for i, connection in ipairs(connections) do lines[i] = tostring(connection) end
  end
  local question = ("This disconnects %s for good."):format(text.count(#connections, "tenant"))
  if confirm(question, lines, ("%s %d"):format(profile, #connections)) then return end
  errors.raise { kind = "limit", message = "not confirmed: nothing was disconnected" }
end

---Says what a plan has and a run leaves alone.
---@param skipped xero.Skipped[]
function apply.say_skipped(skipped)
  for _, each in ipairs(skipped) do
    local item = each.item
    log.warn("skipped %s (%s): %s", shown_name(item.tenantName), item.id, each.why)
  end
end

local function refuse(refusal)
  refusal.message = "REFUSED: " .. refusal.message
  errors.raise(refusal)
end

-- The list may have become another one while a person thought about it.
local function check_again(run, now, count)
  local plan = run.plan
  local refusal = limits.judge_emptiness(#now, plan.counts.total, "when the plan was made")
    or limits.judge(count, limits.binding(#now, plan.policy, run.input.profile,
      run.input.max_disconnects))
  if refusal then refuse(refusal) end
end

-- Those that are still as they were, from Xero's list of this moment, and how long that list is.
local function list_again(run, connections)
  local now = run.client:list_all()
  local same, skipped = drift.find(connections, now)
  apply.say_skipped(skipped)
  check_again(run, now, #same)
  return same, #now
end

local function disconnect(run, same, entries)
  local targets, reasons = {}, {}
  for i, each in ipairs(same) do
    targets[i], reasons[each.connection] = each.connection, reason_of(entries[each.item])
  end
  return run.client:delete_connections(targets, {
    reason = function(connection) return reasons[connection] end,
  })
end

-- Each would take the other's marks for stale, and no wait of the two would ever end. On several
-- hosts one policy may well stand in different places.
local function warn_of_namesake(run)
  local name, file = run.plan.policy.name, run.file.path
  local last = run.plan.before.policies[name]
  if not last or not last.file or last.file == file then return end
  if run.client.settings.state().shared then return end
  log.warn('policy "%s" was applied from %s before: is that another one? Two of one name take each'
    .. " other's waits for stale", name, last.file)
end

local function remember(run, remaining)
  local plan = run.plan
  plan.record.connections, plan.record.file = remaining, run.file.path
  warn_of_namesake(run)
  if native.shield(policy_state.save, run.client.settings, native, plan) then return end
  log.warn('another run of policy "%s" came in between: the marks go by that one',
    plan.policy.name)
end

local function count_gone(outcomes)
  local gone = 0
  for _, outcome in ipairs(outcomes) do
    if outcome.status == "deleted" or outcome.status == "absent" then gone = gone + 1 end
  end
  return gone
end

---Carries out a plan that nothing refuses. Raises kind "limit" where it is not confirmed or the
---list has become one that forbids it, kind "busy" where another run holds the lock, and what ends
---a run of disconnects early; what fails for one is in its outcome.
---@param run xero.PolicyRun
---@param script string what the journal calls the script
---@return xero.Outcome[]
function apply.run(run, script)
  local connections, entries = going_of(run.plan)
  local client = run.client
  declaring.finish()
  if native.options.dry_run then
    return client:delete_connections(connections, {
      reason = function(connection) return reason_of(entries[connection]) end,
    })
  elseif #connections == 0 then
    remember(run, run.plan.counts.total)
    return {}
  end
  check_confirmed(run.input.profile.name, connections)
  account.of(client.settings, native, log):open(client:identity(),
    function() return client:list_all() end, script)
  local same, total = list_again(run, connections)
  local outcomes = disconnect(run, same, entries)
  remember(run, total - count_gone(outcomes))
  return outcomes
end

return apply
