-- The language of policies: what a script returns to say who may stay.
--
--   local policy = require("xero").policy
--   return policy "offboard" {
--     policy.keep       "active in the CRM"      { listed = crm },
--     policy.disconnect "not an active customer" { not_listed = crm, after = "7d" },
--   }
--
-- A policy is data. It is checked wholly while it loads, each mistake with its file and line; what
-- it means for connections is decided in plan.lua. Everything that was begun and not finished is a
-- mistake too: a label without conditions, a rule in no policy, a policy that is not returned.

local condition = require "xero.condition"
local declaring = require "xero.declaring"
local definition = require "xero.definition"
local errors = require "xero.error"
local limits = require "xero.limits"
local native = require "xero.native"
local quota = require "xero.quota"
local strict = require "xero.strict"

---@class xero.Rule
---@field kind "protect"|"keep"|"disconnect"
---@field label string
---@field conditions xero.Condition[] all of them must hold
---@field after? number seconds for which it must have matched before it disconnects
---@field identity string changes where the label or a condition does
---@field file string
---@field line integer

---@class xero.Policy
---@field name string
---@field rules xero.Rule[] in the order of judging: those that protect first
---@field limits? xero.PolicyLimits
---@field quota? xero.Quota
---@field allow_held boolean
---@field sources xero.Source[] each that it needs, once
---@field file string
---@field line integer

---What stands between the braces of a policy: its rules, and
---@class xero.PolicyFields
---@field [integer] xero.Rule|xero.Quota
---@field limits? xero.PolicyLimits by default a tenth of the connections, though 3 at least
---@field allow_held? boolean go on although a predicate failed for some connections
---@field sources? xero.Source|xero.Source[] further ones, that predicates look into
---@field quota? xero.Quota
---@field default? "keep" what becomes of connections that no rule matches

---@class xero.PolicyLimits
---@field max_disconnects? integer
---@field max_percent? number of all connections
---@field min_remaining? integer

---@class xero.policy
---@overload fun(name: string): fun(fields: xero.PolicyFields): xero.Policy
local policy = {}

local rule_metatable = { __name = "xero.policy.rule" }
local quota_metatable = { __name = "xero.policy.quota" }
local policy_metatable = { __name = "xero.policy" }
local half_metatable = { __name = "xero.policy.unfinished" }

-- What was begun since the script began, in order, and is in no policy yet; and the policies. The
-- values are strong: a rule that nobody holds is just what is looked for.
local loose, made = {}, {}

local function settle(thing)
  for i, other in ipairs(loose) do
    if other == thing then return table.remove(loose, i) end
  end
end

-- Where the function that a policy has called was called. What stands between the braces is judged
-- after this.
local function place_of_caller(what)
  strict.watch_sources(3)
  local place = definition.here(3, what) -- no tail call: it would be a level less
  return place
end

-- A thing that has its label and waits for its table: `policy.keep "label"`. The table is made
-- after this, so a name in it that is not there is found.
local function begin(place, finish)
  strict.watch("@" .. place.file)
  local half = setmetatable({ place = place, finish = finish }, half_metatable)
  loose[#loose + 1] = half
  return half
end

half_metatable.__call = function(half, fields)
  local place = half.place
  if type(fields) ~= "table" then definition.expected(place, "what follows", "{ … }", fields) end
  settle(half)
  local thing = half.finish(fields, place)
  loose[#loose + 1] = thing
  return thing
end

-- Rules -----------------------------------------------------------------------------------

local known_conditions = {}
for _, key in ipairs(condition.NAMES) do known_conditions[key] = true end

local function check_keys(fields, place, kind)
  local known = table.move(condition.NAMES, 1, #condition.NAMES, 1, {})
  if kind == "disconnect" then known[#known + 1] = "after" end
  for key in pairs(fields) do
    if key == "after" and kind ~= "disconnect" then
      definition.fail(place, "only a rule that disconnects can wait: after")
    elseif not known_conditions[key] and key ~= "after" then
      definition.unknown(place, "condition", key, known)
    end
  end
end

local function identity_of(kind, label, conditions)
  local parts = { kind, label }
  for _, each in ipairs(conditions) do parts[#parts + 1] = each.identity end
  return native.sha256_hex(string.pack(("s4"):rep(#parts), table.unpack(parts))):sub(1, 24)
end

local function finish_rule(kind, label)
  return function(fields, place)
    check_keys(fields, place, kind)
    local conditions = condition.check(fields, place)
    if #conditions == 0 then
      definition.fail(place, "it has no conditions, and would match every connection",
        "a condition whose value is nil is none: is a name misspelt?")
    end
    return setmetatable({
      kind = kind,
      label = label,
      conditions = conditions,
      after = fields.after ~= nil and condition.duration(place, "after", fields.after) or nil,
      identity = identity_of(kind, label, conditions),
      file = place.file,
      line = place.line,
    }, rule_metatable)
  end
end

local function kind_of_rule(kind)
  return function(label)
    local place = place_of_caller(kind)
    definition.label(place, label)
    place.what = ('%s "%s"'):format(kind, label)
    return begin(place, finish_rule(kind, label))
  end
end

---Begins a rule whose connections no rule can disconnect: `policy.protect "label" { … }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy.protect = kind_of_rule "protect"

---Begins a rule whose connections stay: `policy.keep "label" { … }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy.keep = kind_of_rule "keep"

---Begins a rule whose connections go: `policy.disconnect "label" { …, after = "7d" }`.
---@type fun(label: string): fun(conditions: xero.Conditions): xero.Rule
policy.disconnect = kind_of_rule "disconnect"

local function make_quota(fields, place)
  return setmetatable(quota.check(fields, place), quota_metatable)
end

---What keeps the app under its tier: `policy.quota { max =, headroom =, evictable =, order = }`,
---with a label before the table or without.
---@param label_or_fields string|xero.QuotaFields
---@return any quota what the policy takes
function policy.quota(label_or_fields)
  local place = place_of_caller "quota"
  local half = begin(place, make_quota)
  if type(label_or_fields) ~= "string" then return half(label_or_fields) end
  definition.label(place, label_or_fields)
  place.what = ('quota "%s"'):format(label_or_fields)
  half.finish = function(fields)
    local made_quota = make_quota(fields, place)
    made_quota.label = label_or_fields
    return made_quota
  end
  return half
end

-- Policies --------------------------------------------------------------------------------

local FIELDS = { "allow_held", "default", "limits", "quota", "sources" }
local known_fields = {}
for _, key in ipairs(FIELDS) do known_fields[key] = true end

-- What stands in the policy at one place of its list.
local function check_element(self, element, index, place)
  local metatable = getmetatable(element)
  if metatable == half_metatable then
    definition.fail(element.place, "it is not finished: { … } is missing")
  elseif metatable == quota_metatable then
    if self.quota then definition.fail(place, "it has two quotas") end
    self.quota = element
  elseif metatable == rule_metatable then
    self.rules[#self.rules + 1] = element
  else
    definition.expected(place, "entry " .. index, "a rule", element)
  end
  settle(element)
end

-- A list with holes would mean rules that silently are not there.
local function check_list(self, fields, place)
  local last = 0
  for key in pairs(fields) do
    if math.type(key) == "integer" and key > last then last = key end
  end
  for index = 1, last do check_element(self, fields[index], index, place) end
end

local function check_default(place, value)
  if value ~= nil and value ~= "keep" then
    definition.expected(place, "default", '"keep", the only one there is', value)
  end
end

local function check_quota(self, value, place)
  if value == nil then return end
  if self.quota then definition.fail(place, "it has two quotas") end
  local is_quota = getmetatable(value) == quota_metatable
  self.quota = is_quota and value or make_quota(value, place)
  settle(value)
end

local function check_fields(self, fields, place)
  for key in pairs(fields) do
    if not known_fields[key] and (math.type(key) ~= "integer" or key < 1) then
      definition.unknown(place, "key", key, FIELDS)
    end
  end
  local allow_held = fields.allow_held
  if allow_held ~= nil and type(allow_held) ~= "boolean" then
    definition.expected(place, "allow_held", "true or false", allow_held)
  end
  self.allow_held = allow_held == true
  check_default(place, fields.default)
  self.limits = fields.limits ~= nil and limits.check(fields.limits, place) or nil
  check_quota(self, fields.quota, place)
end

-- Protection is judged before everything else, wherever it stands.
local function in_order_of_judging(rules)
  local ordered = {}
  for _, is_protection in ipairs { true, false } do
    for _, rule in ipairs(rules) do
      if (rule.kind == "protect") == is_protection then ordered[#ordered + 1] = rule end
    end
  end
  return ordered
end

local function add_source(self, source, place)
  for _, other in ipairs(self.sources) do
    if other == source then return end
    if other.name == source.name then
      definition.fail(place, ('two sources are called "%s"'):format(source.name))
    end
  end
  self.sources[#self.sources + 1] = source
end

local function collect_sources(self, extra, place)
  for _, rule in ipairs(self.rules) do
    for _, each in ipairs(rule.conditions) do
      for _, source in ipairs(each.sources) do add_source(self, source, place) end
    end
  end
  if extra == nil then return end
  for _, source in ipairs(condition.sources(place, "sources", extra)) do
    add_source(self, source, place)
  end
end

local function finish_policy(name)
  return function(fields, place)
    local self = { name = name, rules = {}, sources = {}, file = place.file, line = place.line }
    check_list(self, fields, place)
    check_fields(self, fields, place)
    if #self.rules == 0 and not self.quota then definition.fail(place, "it has no rules") end
    self.rules = in_order_of_judging(self.rules)
    collect_sources(self, fields.sources, place)
    made[#made + 1] = setmetatable(self, policy_metatable)
    return self
  end
end

local function begin_policy(_, name)
  local place = place_of_caller "policy"
  definition.label(place, name)
  place.what = ('policy "%s"'):format(name)
  return begin(place, finish_policy(name))
end

-- The host's side -------------------------------------------------------------------------

---@package
---Tells whether a value is a finished policy.
---@param value any
---@return boolean
function policy.is(value)
  return getmetatable(value) == policy_metatable
end

local function forget()
  local old_loose, old_made = loose, made
  loose, made = {}, {}
  return old_loose, old_made
end

local function complain_of(thing)
  local metatable = getmetatable(thing)
  if metatable == half_metatable then
    definition.fail(thing.place, "it is not finished: { … } is missing")
  elseif metatable ~= policy_metatable then
    local what = metatable == quota_metatable and "quota" or ('%s "%s"'):format(thing.kind,
      thing.label)
    definition.fail({ file = thing.file, line = thing.line, what = what }, "it is in no policy",
      'policies are written: return policy "name" { rules }')
  end
end

local function place_of(declared)
  return {
    file = declared.file, line = declared.line, what = ('policy "%s"'):format(declared.name),
  }
end

-- Only one would be planned, and the rules of the other would silently not be there.
local function complain_of_second(first, second)
  definition.fail(place_of(second), ('it is the second one: policy "%s" stands at %s:%d'):format(
    first.name, first.file, first.line),
    "a script declares one policy: join their rules, or write the second in a script of its own")
end

---@package
---Judges what a script returned: the policy, or nil where the script is an ordinary program.
---Raises kind "usage" for what was begun and not finished, for a second policy, and for a policy
---that was made and not returned. It forgets what was made, so that the next script begins anew.
---@param value any
---@return xero.Policy|nil
function policy.returned(value)
  local unfinished, policies = forget()
  for _, thing in ipairs(unfinished) do complain_of(thing) end
  local first, second = policies[1], policies[2]
  if second then complain_of_second(first, second) end
  if policy.is(value) then return value end
  if not first then return nil end
  definition.fail(place_of(first), "it is not returned by the script",
    'write: return policy "name" { … }')
end

---@package
---Runs a script that must return a policy.
---@param script function
---@param name string of the script, for messages
---@param ... any its arguments
---@return xero.Policy
function policy.load(script, name, ...)
  forget()
  definition.begin(name)
  local found = policy.returned((script(...)))
  if found then return found end
  errors.raise {
    kind = "usage",
    message = name .. ": it returns no policy",
    hint = 'a policy is written: return policy "name" { rules }',
  }
end

strict.watch_script()
declaring.begin() -- at its first use: whether a script returns a policy is known too late

local WORDS = { "protect", "keep", "disconnect", "quota" }

return setmetatable(policy, {
  __call = begin_policy,
  __index = definition.no_kind("policy", "rule", WORDS),
})
