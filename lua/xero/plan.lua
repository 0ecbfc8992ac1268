-- What a policy means for the connections that there are: a verdict for each, before anything
-- happens. Pure: the clock, the state and the loaded sources are passed in.
--
-- Protection by the profile comes first, then the policy's `protect`, then its rules; the first
-- that matches decides, and what none matches is kept. Whatever is not known counts against
-- disconnecting. The limits are judged on the whole plan; a plan with refusals must not be applied.

local clock = require "xero.clock"
local condition = require "xero.condition"
local errors = require "xero.error"
local limits = require "xero.limits"
local marks = require "xero.marks"
local quota = require "xero.quota"
local subject_of = require "xero.subject"
local time = require "xero.time"
local uuid = require "xero.uuid"

local plan = {}

---@class xero.PlanInput
---@field policy xero.Policy
---@field connections xero.Connection[] all that there are
---@field now number seconds since the epoch
---@field clock? xero.ClockReading how the clock compares with Xero's, where that is known
---@field state? xero.State of marks.lua; nothing remembered where it is nil
---@field marks_name? string where that is kept, for messages
---@field profile? { name: string, protect?: table<string, string>, limits?: table }
---@field sources? table<xero.Source, { ids: table, rows: integer, history?: table }> as loaded
---@field max_disconnects? integer the option
---@field allow_held? boolean the option; the policy may say so, too
---@field only? table<string, string> nothing else may go: ids, each with the label of its rule

---@class xero.PlanEntry
---@field connection xero.Connection
---@field verdict "protected"|"kept"|"disconnect"|"waiting"|"held"
---@field rule { kind: string, label: string, file?: string, line?: integer, profile?: string }
---  what decided: a rule, the quota, the profile's protection, or that no rule matches
---@field reason string what there was to see; worked out when asked for
---@field since? number with `after`: when the rule first matched
---@field due? number with `after`: when it disconnects

---@class xero.Plan
---@field policy xero.Policy
---@field now number
---@field profile? string
---@field entries xero.PlanEntry[] in the order of the connections
---@field counts table<string, integer> by verdict, and `total`
---@field refusals table[] fields for error.new: why it must not be applied
---@field refusal table|nil the first of them
---@field quota? xero.QuotaResult
---@field limits xero.Limit[] those that bind, the strictest first
---@field before xero.State what was remembered
---@field record xero.StateRecord what is to be remembered once it was carried out

local HELD = condition.HELD

local NO_RULE = { kind = "default", label = "no rule matches" }

-- Binding ---------------------------------------------------------------------------------

-- A bound rule is { rule, verdict, tests, matches, keeps, see }: one that keeps matches where
-- nobody can tell; `see(subject, said)` is its reason.

local VERDICTS = { protect = "protected", keep = "kept", disconnect = "disconnect" }

local function reason_of(rule, subject, context, said)
  local seen = {}
  for i, each in ipairs(rule.conditions) do
    seen[i] = each.key == "when" and said or condition.see(each, subject, context)
  end
  return table.concat(seen, "; ")
end

-- Whether all tests hold: true, false, nil where nobody can tell, or HELD; then what a predicate
-- said. A rule that disconnects goes no further than what nobody can tell.
local function all_of(tests, keeps)
  if #tests == 1 then return tests[1] end
  return function(subject)
    local result, said = true, nil
    for i = 1, #tests do
      local answer, why = tests[i](subject)
      if not answer then
        if answer == false or not keeps then return answer end
        result = nil
      elseif answer == HELD then
        return HELD, why
      end
      said = why or said
    end
    return result, said
  end
end

local function bind_rule(rule, context)
  local tests, keeps = {}, rule.kind ~= "disconnect"
  for i, each in ipairs(rule.conditions) do tests[i] = condition.bind(each, context) end
  return {
    rule = rule,
    verdict = VERDICTS[rule.kind],
    tests = tests,
    matches = all_of(tests, keeps),
    keeps = keeps,
    see = function(subject, said) return reason_of(rule, subject, context, said) end,
  }
end

-- The profile's protection as a rule; nil where it protects nobody.
local function bind_profile(profile)
  if not profile or not profile.protect or next(profile.protect) == nil then return nil end
  local reasons = {}
  for tenant, reason in pairs(profile.protect) do reasons[uuid.normal(tenant)] = reason end
  local function is_protected(subject)
    if not subject.tenant_id then return nil end
    return reasons[subject.tenant_id] ~= nil
  end
  return {
    rule = {
      kind = "protect",
      label = "protected by profile " .. profile.name,
      profile = profile.name,
    },
    verdict = "protected",
    keeps = true,
    tests = { is_protected },
    matches = is_protected,
    see = function(subject)
      return subject.tenant_id and reasons[subject.tenant_id]
        or "there is no valid tenantId, so it may be a protected one"
    end,
  }
end

local function check_sources(policy, sources)
  for _, source in ipairs(policy.sources) do
    if not sources[source] then
      errors.raise { kind = "source", message = ("source %s: not loaded"):format(source.name) }
    end
  end
end

local function make_context(input)
  local sources = input.sources or {}
  check_sources(input.policy, sources)
  local subjects, family = {}, subject_of.family(input.connections)
  for i, connection in ipairs(input.connections) do
    subjects[i] = subject_of.new(connection, family)
  end
  local context = { now = input.now, sources = sources, subjects = subjects, family = family }
  context.view = subject_of.context {
    now = input.now,
    profile = input.profile and input.profile.name,
    count = #subjects,
    sources = sources,
  }
  return context
end

---Binds the rules of a plan to one run: those of the profile first. For explain.lua.
---@param input xero.PlanInput
---@return table[] bound
---@return xero.RunContext context
function plan.bind(input)
  local context = make_context(input)
  local bound = { bind_profile(input.profile) }
  for _, rule in ipairs(input.policy.rules) do bound[#bound + 1] = bind_rule(rule, context) end
  return bound, context
end

-- Judging ---------------------------------------------------------------------------------

local function first_match(bound, subject)
  for i = 1, #bound do
    local rule = bound[i]
    local answer, said = rule.matches(subject)
    if answer == HELD then return rule, "held", said end
    if answer or answer == nil and rule.keeps then return rule, rule.verdict, said end
  end
  return nil, "kept"
end

-- A rule with `after` disconnects once it has matched long enough.
local function wait(run, entry, subject, rule)
  local updated = subject.updated_at and entry.connection.updatedDateUtc or nil
  local mark = marks.continue(run.old[subject.id], rule, updated, run.now)
  run.new[subject.id] = mark
  entry.since, entry.due = mark.since, mark.since + rule.after
  if run.now < entry.due then entry.verdict = "waiting" end
end

local function judge(run, connection, subject)
  local bound, verdict, said = first_match(run.bound, subject)
  local entry = setmetatable({
    connection = connection,
    verdict = verdict,
    rule = bound and bound.rule or NO_RULE,
    said = said,
    since = nil,
    due = nil,
  }, run.metatable)
  if verdict == "disconnect" then
    if not subject.id then
      entry.verdict, entry.said = "kept", "there is no valid id by which to disconnect it"
    elseif bound.rule.after then
      wait(run, entry, subject, bound.rule)
    end
  end
  return entry
end

-- Reasons are for people, who look at few of them; ten thousand would cost more than the plan.
local function entry_metatable(bound, now)
  local by_rule = {}
  for _, each in ipairs(bound) do by_rule[each.rule] = each end
  local function reason(entry)
    local each = by_rule[entry.rule]
    if not each or entry.verdict == "held" then return entry.said or "no rule matches" end
    if entry.verdict == "kept" and each.rule.kind == "disconnect" then return entry.said end
    local subject = subject_of.new(entry.connection)
    local text = each.see(subject, entry.said)
    if entry.verdict ~= "waiting" then return text end
    if not subject.updated_at then
      return text .. "; it waits for ever, since there is no valid updatedDateUtc"
    end
    local due = time.format(entry.due)
    if entry.since == now then return ("%s; seen for the first time, due %s"):format(text, due) end
    return ("%s; since %s, due %s"):format(text, time.format(entry.since), due)
  end
  return {
    __name = "xero.plan.entry",
    __index = function(entry, key)
      if key ~= "reason" then return nil end
      local text = reason(entry)
      rawset(entry, "reason", text)
      return text
    end,
  }
end

local function apply_quota(input, entries, context)
  if not input.policy.quota then return nil end
  local candidates, remaining = {}, #entries
  for i, entry in ipairs(entries) do
    if entry.verdict == "disconnect" then
      remaining = remaining - 1
    elseif entry.rule == NO_RULE and context.subjects[i].id then
      candidates[#candidates + 1] = { entry = entry, subject = context.subjects[i] }
    end
  end
  return quota.apply(input.policy.quota, candidates, remaining, context)
end

-- Of a plan that was saved, nothing goes that was not in it, nor by another rule.
local function restrict(only, entries, context)
  for i, entry in ipairs(entries) do
    if entry.verdict == "disconnect" then
      local label = only[context.subjects[i].id]
      if not label then
        entry.verdict, entry.said = "kept", "it is not in the saved plan"
      elseif label ~= entry.rule.label then
        entry.verdict, entry.said = "kept", ('the saved plan has it by "%s"'):format(label)
      end
    end
  end
end

local function count(entries)
  local counts = {
    total = #entries, protected = 0, kept = 0, disconnect = 0, waiting = 0, held = 0,
  }
  for _, entry in ipairs(entries) do counts[entry.verdict] = counts[entry.verdict] + 1 end
  return counts
end

-- Refusals --------------------------------------------------------------------------------

local function refuse_emptiness(input, state, counts)
  local before = marks.connections(state)
  local refusal = limits.judge_emptiness(counts.total, before, "after the last run")
  if refusal then
    refusal.hint = ("%s if all of them are really gone, remove %s"):format(refusal.hint,
      input.marks_name or "the marks")
  end
  return refusal
end

local function refuse_repetition(subjects)
  local seen = {}
  for _, subject in ipairs(subjects) do
    local id = subject.id
    if id and seen[id] then
      return {
        kind = "protocol",
        message = ("Xero's list has the connection %s twice"):format(id),
      }
    elseif id then
      seen[id] = true
    end
  end
end

local function refuse_held(input, counts)
  if counts.held == 0 or input.allow_held or input.policy.allow_held then return nil end
  return {
    kind = "limit",
    message = ("%d held: a predicate gave no answer"):format(counts.held),
    hint = "mend the predicate; with allow_held = true the others are disconnected all the same",
  }
end

local function refusals_of(input, state, counts, context, binding)
  local refusals = {}
  local function add(refusal) refusals[#refusals + 1] = refusal end
  -- Of any policy: waits, sources and predicates have their ages, too.
  add(clock.judge(input.clock))
  add(refuse_emptiness(input, state, counts))
  add(refuse_repetition(context.subjects))
  add(refuse_held(input, counts))
  add(limits.judge(counts.disconnect, binding))
  return refusals
end

local function histories_of(input)
  local histories = {}
  for source, loaded in pairs(input.sources or {}) do
    histories[source.name] = loaded.history
  end
  return histories
end

---Makes the plan. Raises kind "source" where a source of the policy was not loaded.
---@param input xero.PlanInput
---@return xero.Plan
function plan.make(input)
  local policy, state = input.policy, input.state or marks.new()
  local bound, context = plan.bind(input)
  local record = state.policies[policy.name]
  local run = {
    bound = bound,
    now = input.now,
    old = record and record.marks or {},
    new = {},
    metatable = entry_metatable(bound, input.now),
  }
  local entries = {}
  for i, connection in ipairs(input.connections) do
    entries[i] = judge(run, connection, context.subjects[i])
  end
  local quota_result = apply_quota(input, entries, context)
  if input.only then restrict(input.only, entries, context) end
  local counts = count(entries)
  local binding = limits.binding(counts.total, policy, input.profile, input.max_disconnects)
  local refusals = refusals_of(input, state, counts, context, binding)
  return {
    policy = policy,
    now = input.now,
    profile = input.profile and input.profile.name,
    entries = entries,
    counts = counts,
    quota = quota_result,
    limits = binding,
    refusals = refusals,
    refusal = refusals[1],
    before = state,
    record = {
      at = input.now,
      connections = counts.total - counts.disconnect,
      marks = run.new,
      sources = histories_of(input),
    },
  }
end

return plan
