-- Why a connection has its verdict: each rule, each of its conditions, and what there was to see.
--
-- Rules behind the one that decided are shown, too, since that is what people ask next. Predicates
-- are asked only where all the other conditions of their rule hold, as in the plan itself.

local condition = require "xero.condition"
local plan = require "xero.plan"
local subject_of = require "xero.subject"

---@class xero.ExplainedCondition
---@field text string how the policy wrote it: `older_than = "90d"`
---@field result "yes"|"no"|"unknown"|"held"|"not asked"
---@field saw? string the values that it saw, or what a predicate said

---@class xero.ExplainedRule
---@field rule xero.Rule|table
---@field result "yes"|"no"|"unknown"|"held" whether it matches; "unknown": nobody can tell
---@field decides boolean whether it is the one that decided
---@field conditions xero.ExplainedCondition[]

---@class xero.Explanation
---@field entry xero.PlanEntry
---@field rules xero.ExplainedRule[] in the order of judging, the quota last

local RESULTS = { [true] = "yes", [false] = "no", [condition.HELD] = "held" }

-- All together: one no is a no; then one failure, one unknown.
local function combine(before, result)
  for _, strongest in ipairs { "no", "held", "unknown" } do
    if before == strongest or result == strongest then return strongest end
  end
  return before
end

local function explain_condition(each, test, subject, context, so_far)
  if each.key == "when" and so_far ~= "yes" then
    return { text = each.text, result = "not asked" }
  end
  local answer, said = test(subject)
  return {
    text = each.text,
    result = answer == nil and "unknown" or RESULTS[answer],
    saw = said or condition.see(each, subject, context),
  }
end

-- The profile's protection has no conditions that anybody wrote.
local function explain_profile(bound, subject)
  local answer = bound.tests[1](subject)
  local result = answer == nil and "unknown" or RESULTS[answer]
  return {
    rule = bound.rule,
    result = result,
    conditions = result == "no" and {}
      or { { text = "protect", result = result, saw = bound.see(subject) } },
  }
end

local function explain_rule(bound, subject, context)
  local rule = bound.rule
  if not rule.conditions then return explain_profile(bound, subject) end
  local conditions, result = {}, "yes"
  for i, each in ipairs(rule.conditions) do
    local may_be = bound.keeps and result == "unknown" and "yes" or result
    local explained = explain_condition(each, bound.tests[i], subject, context, may_be)
    conditions[i] = explained
    result = combine(result, explained.result)
  end
  return { rule = rule, result = result, conditions = conditions }
end

-- The quota, which asks about those that no rule has decided.
local function explain_quota(quota, made, entry, subject, context)
  local before = made.quota.remaining + made.quota.evicted
  local is_over = before > made.quota.goal
  local conditions = {
    {
      text = ("max = %d, headroom = %d"):format(quota.max, quota.headroom),
      result = RESULTS[is_over],
      saw = ("the rules leave %d connections"):format(before),
    },
    { text = "evictable = function", result = "not asked" },
  }
  if is_over and (entry.rule == quota or entry.rule.kind == "default") then
    local answer, said = subject_of.ask(quota.evictable, subject.view, context.view)
    conditions[2].result, conditions[2].saw = RESULTS[answer == nil and condition.HELD or answer],
      said
  end
  local decides = entry.rule == quota
  local result = not decides and "no" or entry.verdict == "held" and "held" or "yes"
  return { rule = quota, result = result, decides = decides, conditions = conditions }
end

-- The profile's protection is no rule of the policy, and made anew for each plan.
local function is_same(rule, other)
  return rule == other or rule.profile ~= nil and rule.profile == other.profile
end

---What explains the verdict of one connection of a plan at a time.
---@param input xero.PlanInput
---@param made xero.Plan the plan of that input
---@return fun(connection: xero.Connection): xero.Explanation
local function explainer(input, made)
  local bound, context = plan.bind(input)
  local entries = {}
  for _, entry in ipairs(made.entries) do entries[entry.connection] = entry end
  return function(connection)
    local entry = entries[connection] or error("the connection is not in the plan", 2)
    local subject = subject_of.new(connection, context.family)
    local rules = {}
    for i, each in ipairs(bound) do
      rules[i] = explain_rule(each, subject, context)
      rules[i].decides = is_same(each.rule, entry.rule)
    end
    local quota = input.policy.quota
    if quota then
      rules[#rules + 1] = explain_quota(quota, made, entry, subject, context)
    end
    return { entry = entry, rules = rules }
  end
end

return explainer
