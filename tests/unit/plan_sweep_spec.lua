-- Thousands of made-up policies, connections, sources and runs, judged twice: by the program, and
-- by an oracle that follows the words of the contract (rules 1 to 6) with nothing of the program in
-- it. The oracle knows what the generator meant: numbers of tenants in place of ids, seconds in
-- place of dates, prefixes in place of globs; so it parses nothing, and looks at all history anew.

local connection = require "xero.connection"
local json = require "xero.json"
local policies = require "support.policies"
local policy = require "xero.policy"
local time = require "xero.time"

local CASES = 4000
local SEED = 20261123
local DAY = 86400
local START = policies.NOW

local random = math.random

local function chance(share) return random() < share end
local function one_of(list) return list[random(#list)] end

-- Connections: { n, tenant, name, kind, event, created, updated }, nil where Xero gave nothing ----

local NAMES = { "Acme", "ACME Two", "Beta", "beta b", "Gamma", "" }
local KINDS = { "ORGANISATION", "PRACTICE", "WORKFLOWMAX" }
local BAD_DATES = { false, "", "invalid", "2026-02-30T00:00:00" }

local next_number = 0

local function make_connection()
  next_number = next_number + 1
  return {
    n = not chance(0.02) and next_number or nil,
    tenant = not chance(0.05) and random(12) or nil,
    is_upper = chance(0.3),
    name = one_of(NAMES),
    kind = not chance(0.05) and one_of(KINDS) or nil,
    event = not chance(0.05) and random(4) or nil,
    created = not chance(0.08) and START - random(0, 200) * DAY or nil,
    updated = not chance(0.08) and START - random(0, 100) * DAY or nil,
    bad_date = one_of(BAD_DATES),
  }
end

local function written_id(make, n, is_upper)
  if not n then return nil end
  local id = make(n)
  return is_upper and id:upper() or id
end

local function written_date(at, bad)
  return at and time.format(at):sub(1, -2) or bad or nil
end

local function written(c)
  return {
    id = written_id(policies.id, c.n, c.is_upper),
    tenantId = written_id(policies.tenant, c.tenant, c.is_upper),
    authEventId = written_id(policies.id, c.event, false),
    tenantName = c.name ~= "" and c.name or nil,
    tenantType = c.kind,
    createdDateUtc = written_date(c.created, c.bad_date),
    updatedDateUtc = written_date(c.updated, c.bad_date),
  }
end

-- Conditions: what the policy says, and what it means to the oracle: true, false or nil, which is
-- that nobody can tell; "held" for a predicate that fails. `world` is { now, all } ---------------

local function map(list, f)
  local made = {}
  for i, value in ipairs(list) do made[i] = f(value) end
  return made
end

local function some(make, most)
  local list = {}
  for i = 1, random(most) do list[i] = make() end
  return list
end

local function is_among(list, value)
  if value == nil then return nil end
  for _, each in ipairs(list) do
    if each == value then return true end
  end
  return false
end

local function by_list(field, make, write)
  return function()
    local wanted = some(make, 3)
    return map(wanted, write), function(c) return is_among(wanted, c[field]) end
  end
end

local function by_age(field, is_older)
  return function()
    local days = random(120)
    return days .. "d", function(c, world)
      if not c[field] then return nil end
      return (world.now - c[field] > days * DAY) == is_older
    end
  end
end

local function by_date(is_before)
  return function()
    local at = START - random(0, 200) * DAY
    return time.format(at), function(c)
      if not c.created then return nil end
      return (c.created < at) == is_before
    end
  end
end

local sources

local function in_any(list, tenant)
  for _, each in ipairs(list) do
    if each.has[tenant] then return true end
  end
  return false
end

local function by_sources(is_listed)
  return function()
    local list = some(function() return one_of(sources) end, 2)
    local value = map(list, function(each) return each.source end)
    return #value == 1 and value[1] or value, function(c)
      if not c.tenant then return nil end
      return in_any(list, c.tenant) == is_listed
    end
  end
end

-- Is c spare: is there another of its tenant that is to stay, and no doubt which one it is?
local function is_spare(c, keep, all)
  if not c.tenant then return nil end
  local group = {}
  for _, other in ipairs(all) do
    if other.tenant == c.tenant then group[#group + 1] = other end
  end
  if #group == 1 then return false end
  local best
  for _, other in ipairs(group) do
    if not other.updated then return nil end
    if not best or keep == "newest" and other.updated > best or
      keep == "oldest" and other.updated < best then
      best = other.updated
    end
  end
  local holders = 0
  for _, other in ipairs(group) do
    if other.updated == best then holders = holders + 1 end
  end
  if holders > 1 then return nil end
  return c.updated ~= best
end

local ANSWERS = { "yes", "no", "no", "yes", "no", "raise", "nothing" }

-- What a predicate does is decided by the tenant's name; many never fail.
local function predicate()
  local is_sound, by_name = chance(0.85), {}
  for _, name in ipairs(NAMES) do
    by_name[name] = is_sound and one_of { "yes", "no" } or one_of(ANSWERS)
  end
  return function(c)
    local what = by_name[c.name]
    if what == "raise" then error "made to fail" end
    if what ~= "nothing" then return what == "yes" end
  end, function(c)
    local what = by_name[c.name]
    if what == "yes" then return true end
    if what == "no" then return false end
    return "held"
  end
end

local function begins(prefix, name)
  return name:sub(1, #prefix):lower() == prefix:lower()
end

local CONDITIONS = {
  id = by_list("n", function() return random(40) end, policies.id),
  tenant_id = by_list("tenant", function() return random(12) end, policies.tenant),
  auth_event_id = by_list("event", function() return random(4) end, policies.id),
  type = by_list("kind", function() return one_of(KINDS) end, string.lower),
  name = function()
    local prefixes = some(function() return one_of { "A", "ac", "BETA", "G", "Z" } end, 2)
    return map(prefixes, function(prefix) return prefix .. "*" end), function(c)
      for _, prefix in ipairs(prefixes) do
        if begins(prefix, c.name) then return true end
      end
      return false
    end
  end,
  name_matches = function()
    local word = one_of { "Acme", "eta", "mm" }
    return word, function(c) return c.name:find(word, 1, true) ~= nil end
  end,
  created_before = by_date(true),
  created_after = by_date(false),
  older_than = by_age("created", true),
  created_within = by_age("created", false),
  connected_within = by_age("updated", false),
  not_connected_within = by_age("updated", true),
  listed = by_sources(true),
  not_listed = by_sources(false),
  duplicate = function()
    local keep = one_of { "newest", "oldest" }
    return { keep = keep }, function(c, world) return is_spare(c, keep, world.all) end
  end,
  when = predicate,
}

local KEYS = {}
for key in pairs(CONDITIONS) do KEYS[#KEYS + 1] = key end
table.sort(KEYS)

-- Rules and policies ------------------------------------------------------------------------------

local RULE_KINDS = { "protect", "keep", "keep", "disconnect", "disconnect", "disconnect" }

local function make_rule(i)
  local rule = { kind = one_of(RULE_KINDS), label = "rule " .. i, says = {}, means = {} }
  for _ = 1, random(3) do
    local key = one_of(KEYS)
    rule.says[key], rule.means[key] = CONDITIONS[key]()
  end
  if rule.kind == "disconnect" and chance(0.4) then
    rule.days = random(0, 10)
    rule.says.after = rule.days .. "d"
  end
  return rule
end

local function make_limits(keys)
  local limits = {}
  for _, key in ipairs(keys) do
    if chance(0.5) then limits[key] = random(0, key == "max_percent" and 100 or 6) end
  end
  return limits
end

local function make_quota()
  local max = random(0, 10)
  local says, means = predicate()
  local quota = { max = max, headroom = random(0, max), evictable = says, means = means }
  if chance(0.5) then
    quota.order = function(a, b) return a.id:lower() > b.id:lower() end
  end
  return quota
end

local function make_case()
  next_number = 0
  local case = { rules = {}, all = {}, name = "p" }
  for i = 1, 2 do
    local tenants, has = some(function() return random(12) end, 8), {}
    for _, tenant in ipairs(tenants) do has[tenant] = true end
    local source, loaded = policies.source("source " .. i, tenants)
    sources[i] = { source = source, loaded = loaded, has = has }
  end
  for i = 1, random(6) do case.rules[i] = make_rule(i) end
  for i = 1, random(0, 14) do case.all[i] = make_connection() end
  case.limits = chance(0.6) and make_limits { "max_disconnects", "max_percent", "min_remaining" }
    or nil
  case.quota = chance(0.25) and make_quota() or nil
  case.allow_held = chance(0.3)
  case.option = chance(0.2) and random(0, 6) or nil
  if chance(0.5) then
    case.profile = { name = "acme", limits = make_limits { "max_disconnects", "max_percent" } }
    case.protected = some(function() return random(12) end, 2)
    case.profile.protect = {}
    for _, tenant in ipairs(case.protected) do
      case.profile.protect[policies.tenant(tenant)] = "ours"
    end
  end
  return case
end

local function policy_of(case)
  local says = { limits = case.limits, allow_held = case.allow_held }
  for i, rule in ipairs(case.rules) do says[i] = policy[rule.kind](rule.label)(rule.says) end
  if case.quota then
    says[#says + 1] = policy.quota {
      max = case.quota.max, headroom = case.quota.headroom, evictable = case.quota.evictable,
      order = case.quota.order,
    }
  end
  return policy.returned(policy(case.name)(says))
end

-- The oracle --------------------------------------------------------------------------------------

-- Conditions are ANDed; predicates are asked last. What nobody can tell does not disconnect, and
-- does keep.
local function matches(rule, c, world)
  local is_unclear = false
  for _, key in ipairs(KEYS) do
    if rule.means[key] and key ~= "when" then
      local answer = rule.means[key](c, world)
      if answer == false then return false end
      if answer == nil then is_unclear = true end
    end
  end
  if is_unclear and rule.kind == "disconnect" then return false end
  return not rule.means.when or rule.means.when(c, world)
end

local function first_match(case, c, world)
  for _, is_protection in ipairs { true, false } do
    for _, rule in ipairs(case.rules) do
      if (rule.kind == "protect") == is_protection then
        local answer = matches(rule, c, world)
        if answer == "held" then return "held" end
        if answer then return rule.kind, rule end
      end
    end
  end
  return "none"
end

-- Since when a rule matched in each successful run, with the tenant never connected anew.
local function matched_since(history, c, rule, now)
  local since = now
  for i = #history, 1, -1 do
    local then_ = history[i].matched[c.n]
    if not c.updated or not then_ or then_.rule ~= rule or then_.updated ~= c.updated then break end
    since = history[i].now
  end
  return since
end

local VERDICTS = { protect = "protected", keep = "kept", none = "kept", held = "held" }

local function verdict_of(case, c, world)
  if case.protected then
    if not c.tenant or is_among(case.protected, c.tenant) then return "protected" end
  end
  local found, rule = first_match(case, c, world)
  if found ~= "disconnect" then return VERDICTS[found], found == "none" end
  if not c.n then return "kept" end
  if rule.days then
    world.matched[c.n] = { rule = rule, updated = c.updated }
    local since = matched_since(case.history, c, rule, world.now)
    if world.now - since < rule.days * DAY then return "waiting" end
  end
  return "disconnect"
end

local function goes_before(case, a, b)
  if case.quota.order then return a.n > b.n end
  if a.updated ~= b.updated then return a.updated < b.updated end
  return a.place < b.place
end

local function evict(case, verdicts, is_unmatched)
  local remaining, candidates = #case.all, {}
  for _, verdict in ipairs(verdicts) do
    if verdict == "disconnect" then remaining = remaining - 1 end
  end
  local surplus = remaining - (case.quota.max - case.quota.headroom)
  if surplus <= 0 then return end
  for i, c in ipairs(case.all) do
    c.place = i
    local answer = is_unmatched[i] and c.n and case.quota.means(c)
    if answer == "held" then verdicts[i] = "held" end
    if answer == true and (case.quota.order or c.updated) then candidates[#candidates + 1] = c end
  end
  table.sort(candidates, function(a, b) return goes_before(case, a, b) end)
  for i = 1, math.min(surplus, #candidates) do verdicts[candidates[i].place] = "disconnect" end
end

local function count(verdicts, wanted)
  local n = 0
  for _, verdict in ipairs(verdicts) do
    if verdict == wanted then n = n + 1 end
  end
  return n
end

local function passes(limits, going, total)
  return going > (limits.max_disconnects or going)
    or going * 100 > (limits.max_percent or 100) * total
    or total - going < (limits.min_remaining or 0)
end

-- Whether so many disconnects pass a limit of anybody's.
local function passes_a_limit(case, going, total)
  if going == 0 then return false end
  local own = case.limits or {}
  local has_upper = own.max_disconnects or own.max_percent
  return passes(own, going, total)
    or not has_upper and going > 3 and going * 10 > total
    or case.profile ~= nil and passes(case.profile.limits, going, total)
    or going > (case.option or going)
end

local function oracle(case, now)
  local world = { now = now, all = case.all, matched = {} }
  local verdicts, is_unmatched = {}, {}
  for i, c in ipairs(case.all) do verdicts[i], is_unmatched[i] = verdict_of(case, c, world) end
  if case.quota then evict(case, verdicts, is_unmatched) end
  local total, going = #verdicts, count(verdicts, "disconnect")
  local is_refused = passes_a_limit(case, going, total)
    or count(verdicts, "held") > 0 and not case.allow_held
    or total == 0 and (case.remained or 0) > 0
  return { verdicts = verdicts, is_refused = is_refused, matched = world.matched, going = going }
end

-- Runs --------------------------------------------------------------------------------------------

local function plan_of(case, now, only)
  local loaded = {}
  for _, each in ipairs(sources) do loaded[each.source] = each.loaded end
  return policies.plan(policy_of(case), connection.adopt(json.array(map(case.all, written))), {
    now = now, state = case.state, profile = case.profile, sources = loaded,
    max_disconnects = case.option, only = only,
  })
end

-- After a success: what was disconnected is gone (now and then it failed), and both remember.
local function succeed(case, now, expected, plan)
  table.insert(case.history, { now = now, matched = expected.matched })
  case.state = policies.state_after(plan)
  case.remained = #case.all - expected.going
  local left = {}
  for i, c in ipairs(case.all) do
    if expected.verdicts[i] ~= "disconnect" or chance(0.3) then left[#left + 1] = c end
  end
  case.all = left
end

-- Between two runs: tenants connect, connect again, are renamed; rules are edited.
local function pass_time(case, now)
  if chance(0.3) then table.insert(case.all, make_connection()) end
  if chance(0.03) then case.all = {} end
  for _, c in ipairs(case.all) do
    if chance(0.1) then c.updated = now - random(0, 3) * DAY end
    if chance(0.1) then c.name = one_of(NAMES) end
  end
  if chance(0.15) then
    local i = random(#case.rules)
    case.rules[i] = make_rule(i)
    case.rules[i].label = ("rule %d of %d"):format(i, now)
  end
end

local function describe_case(number, run, case, expected, got)
  local rules = map(case.rules, function(rule)
    local keys = {}
    for key in pairs(rule.says) do keys[#keys + 1] = key end
    table.sort(keys)
    return ("%s{%s}"):format(rule.kind, table.concat(keys, ","))
  end)
  return ("case %d, run %d: %s\nexpected %s refused=%s\n     got %s"):format(number, run,
    table.concat(rules, " "), table.concat(expected.verdicts, " "),
    tostring(expected.is_refused), got)
end

local function verdicts_of(plan)
  return map(plan.entries, function(entry) return entry.verdict end)
end

describe("whatever the policy, the connections and the sources", function()
  local seen = { verdicts = {}, refused = 0, runs = 0, evicted = 0, narrowed = 0 }

  local function check(number, run, case, expected, plan)
    local got = verdicts_of(plan)
    local said = describe_case(number, run, case, expected,
      table.concat(got, " ") .. " " .. (plan.refusal and plan.refusal.message or "no refusal"))
    for i, verdict in ipairs(expected.verdicts) do
      if got[i] == "disconnect" then assert.equal("disconnect", verdict, said) end
      seen.verdicts[verdict] = (seen.verdicts[verdict] or 0) + 1
    end
    assert.same(expected.verdicts, got, said)
    assert.equal(expected.is_refused, plan.refusal ~= nil, said)
    if not plan.refusal then
      assert.is_false(passes_a_limit(case, plan.counts.disconnect, #case.all), said)
    end
    for _, entry in ipairs(plan.entries) do assert.is_truthy(entry.reason:find "%S", said) end
    seen.runs = seen.runs + 1
    seen.refused = seen.refused + (plan.refusal and 1 or 0)
    seen.evicted = seen.evicted + (plan.quota and plan.quota.evicted or 0)
  end

  -- Some of those that go, as a saved plan that somebody has made shorter would have them: by id,
  -- and their places.
  local function some_of(plan)
    local only, places = {}, {}
    for i, entry in ipairs(plan.entries) do
      if entry.verdict == "disconnect" and chance(0.5) then
        only[entry.connection.id:lower()] = entry.rule.label
        places[#places + 1] = i
      end
    end
    return only, places
  end

  -- A saved plan narrows what goes, and its limits are judged by what is left.
  local function check_saved(case, now, expected, plan)
    local only, places = some_of(plan)
    local saved, going = plan_of(case, now, only), {}
    for i, entry in ipairs(saved.entries) do
      if entry.verdict == "disconnect" then
        going[#going + 1] = i
      elseif expected.verdicts[i] ~= "disconnect" then
        assert.equal(expected.verdicts[i], entry.verdict)
      end
    end
    assert.same(places, going)
    if not saved.refusal then assert.is_false(passes_a_limit(case, #going, #case.all)) end
    seen.narrowed = seen.narrowed + expected.going - #going
  end

  local function run_case(number)
    local case, now = make_case(), START
    case.history = {}
    for run = 1, random(4) do
      local expected = oracle(case, now)
      local plan = plan_of(case, now)
      check(number, run, case, expected, plan)
      if number % 4 == 0 then check_saved(case, now, expected, plan) end
      if not plan.refusal then succeed(case, now, expected, plan) end
      now = now + random(0, 6) * DAY
      pass_time(case, now)
    end
  end

  it("a plan disconnects only whom the contract lets go, and passes no limit", function()
    math.randomseed(SEED)
    sources = {}
    for number = 1, CASES do run_case(number) end
  end)

  it("that was tried on every verdict, many refusals and evictions", function()
    for _, verdict in ipairs { "protected", "kept", "disconnect", "waiting", "held" } do
      assert.is_true((seen.verdicts[verdict] or 0) > 500, verdict)
    end
    assert.is_true(seen.refused > 500 and seen.runs - seen.refused > 2000, "refusals")
    assert.is_true(seen.evicted > 500, "evictions")
    assert.is_true(seen.narrowed > 500, "saved plans")
  end)
end)
