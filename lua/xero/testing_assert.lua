-- What tests of policies assert, in luassert's form, which busted gives to tests:
--
--   assert.keeps(plan, "Ripple")
--   assert.disconnects(plan, { "Old Co", "Gone Ltd" }, "not an active customer")
--   assert.refuses(plan, "max_percent")
--
-- The tenants are named as plan:find takes them; a third argument is the rule that must have
-- decided. A failure shows each tenant's verdict, rule and reason. Verdicts are what the rules say;
-- that a limit refuses the whole plan, as it easily does in a test's few connections, is told apart
-- by `refuses`. Loaded once by `xero-run test`.

local luassert = require "luassert"
local testing = require "xero.testing"

---@alias xero.testing.Who string|xero.Connection|(string|xero.Connection)[]

---@class luassert
---@field keeps fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field disconnects fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field waits fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field holds fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field protects fun(plan: xero.testing.Plan, who: xero.testing.Who, rule?: string)
---@field refuses fun(plan: xero.testing.Plan, words?: string)

local VERDICTS = {
  keeps = "kept", disconnects = "disconnect", waits = "waiting", holds = "held",
  protects = "protected",
}

local WORDS = {
  kept = "kept", disconnect = "disconnected", waiting = "waiting", held = "held",
  protected = "protected",
}

local function check_plan(name, plan, level)
  if testing.is_plan(plan) then return end
  error(("bad argument #1 to 'assert.%s' (a plan expected, got %s)"):format(name, type(plan)),
    level + 1)
end

local function says(refusals)
  local messages = {}
  for i, refusal in ipairs(refusals) do messages[i] = refusal.message end
  return table.concat(messages, "; ")
end

local function described(entry)
  local rule = entry.rule
  local place = rule.line and (" (%s:%d)"):format(rule.file, rule.line) or ""
  local by = rule.kind == "default" and rule.label
    or ('%s "%s"%s'):format(rule.kind, rule.label, place)
  local reason = rule.kind == "default" and entry.verdict == "kept" and "" or ": " .. entry.reason
  return ("%s is %s by %s%s"):format(tostring(entry.connection), WORDS[entry.verdict], by, reason)
    :gsub(" by no rule", ", since no rule")
end

local function is_list(who)
  return type(who) == "table" and who.id == nil and who.name == nil
end

-- The entries of all who are meant; who is not there is the test's mistake.
local function entries_of(plan, who, level)
  local entries = {}
  for _, each in ipairs(is_list(who) and who or { who }) do
    local found = plan:find(each)
    if #found == 0 then
      error(("no connection of the plan is %s%s"):format(type(each) == "string"
        and ('called "%s", and none has that id'):format(each) or tostring(each),
        #plan.entries == 0 and plan.refusals[1] and ": it is refused: " .. says(plan.refusals)
        or ""), level + 1)
    end
    table.move(found, 1, #found, #entries + 1, entries)
  end
  if #entries == 0 then error("bad argument #2 (whom is it about?)", level + 1) end
  return entries
end

local function holds_for(entry, verdict, label)
  return entry.verdict == verdict and (label == nil or entry.rule.label == label)
end

local function failure(plan, name, entries, label, negated)
  local lines = {}
  for i, entry in ipairs(entries) do lines[i] = "  " .. described(entry) end
  if plan.refusals[1] then lines[#lines + 1] = "  the plan is refused: " .. says(plan.refusals) end
  return ("Expected that the policy %s%s%s:\n%s"):format(negated and "does not: it " or "", name,
    label and (' by "%s"'):format(label) or "", table.concat(lines, "\n"))
end

-- An assertion of one verdict. It holds for all who are named; with `not`, for none.
local function of_verdict(name, verdict)
  return function(state, arguments, level)
    local plan, who, label = arguments[1], arguments[2], arguments[3]
    check_plan(name, plan, level)
    local all, any = true, false
    local entries = entries_of(plan, who, level)
    for _, entry in ipairs(entries) do
      local holds = holds_for(entry, verdict, label)
      all, any = all and holds, any or holds
    end
    state.failure_message = failure(plan, name, entries, label, not state.mod)
    if state.mod then return all end
    return any
  end
end

-- The plan would not be applied, for a reason that has these words in it.
local function refuses(state, arguments, level)
  local plan, words = arguments[1], arguments[2]
  check_plan("refuses", plan, level)
  local found = false
  for _, refusal in ipairs(plan.refusals) do
    found = found or words == nil or refusal.message:find(words, 1, true) ~= nil
  end
  state.failure_message = ("Expected that the policy %s%s:\n  %s"):format(
    state.mod and "refuses" or "does not refuse",
    words and (", saying %q"):format(words) or "",
    plan.refusals[1] and "it refuses: " .. says(plan.refusals)
      or ("it does not: %d of %d would be disconnected"):format(plan.counts.disconnect,
        plan.counts.total))
  return found
end

for name, verdict in pairs(VERDICTS) do
  luassert:register("assertion", name, of_verdict(name, verdict))
end
luassert:register("assertion", "refuses", refuses)
