-- The quota of a policy: it keeps the app under the number of connections that its tier allows.
--
-- What is left after the rules is brought down to `max - headroom` by evicting, of the connections
-- that no rule matched, those that `evictable` says may go, in the order that `order` says. Who a
-- rule protects or keeps, who waits and who is held is never evicted; where that leaves too many,
-- the quota says so.

local definition = require "xero.definition"
local subject_of = require "xero.subject"

local quota = {}

---@class xero.QuotaFields
---@field max integer how many connections the tier allows
---@field headroom? integer how many of these to leave free; 0
---@field evictable fun(connection: xero.Connection, context: xero.Context): boolean, string?
---@field order? fun(a: xero.Connection, b: xero.Connection, context: xero.Context): boolean
---  whether `a` goes before `b`; without it, those that were connected longest ago go first

---@class xero.Quota
---@field kind "quota"
---@field label string
---@field max integer
---@field headroom integer
---@field evictable fun(connection: xero.Connection, context: xero.Context): boolean, string?
---@field order? fun(a: xero.Connection, b: xero.Connection, context: xero.Context): boolean
---@field file string
---@field line integer

local KEYS = { "evictable", "headroom", "max", "order" }
local known = { evictable = true, headroom = true, max = true, order = true }

local function check_function(place, key, value)
  if type(value) ~= "function" then definition.expected(place, key, "a function", value) end
end

---Checks a quota. Raises kind "usage" at its place.
---@param fields any
---@param place xero.Place
---@return xero.Quota
function quota.check(fields, place)
  if type(fields) ~= "table" then definition.expected(place, "quota", "a table", fields) end
  for key in pairs(fields) do
    if not known[key] then definition.unknown(place, "key of the quota", key, KEYS) end
  end
  local headroom = fields.headroom == nil and 0 or fields.headroom
  definition.whole(place, "quota.max", fields.max, 0)
  definition.whole(place, "quota.headroom", headroom, 0)
  if headroom > fields.max then
    definition.fail(place, ("quota.headroom: %d is more than max, %d"):format(headroom, fields.max))
  end
  check_function(place, "quota.evictable", fields.evictable)
  if fields.order ~= nil then check_function(place, "quota.order", fields.order) end
  return {
    kind = "quota",
    label = "quota",
    max = fields.max,
    headroom = headroom,
    evictable = fields.evictable,
    order = fields.order,
    file = place.file,
    line = place.line,
  }
end

-- Candidates are { entry, subject, why }. A predicate that fails makes its tenants held.

local function hold(self, candidate, why)
  local entry = candidate.entry
  entry.verdict, entry.rule, entry.said = "held", self, why
end

local function ask_each(self, candidates, context)
  local evictable = {}
  for _, candidate in ipairs(candidates) do
    local answer, why = subject_of.ask(self.evictable, candidate.subject.view, context.view)
    if answer == nil then
      hold(self, candidate, "evictable: " .. why)
    elseif answer then
      candidate.why = why
      evictable[#evictable + 1] = candidate
    end
  end
  return evictable
end

-- Merges two sorted runs. table.sort will not do: it raises where a person's order is no order.
local function merge(from, to, low, middle, high, goes_before)
  local a, b = low, middle
  for at = low, high - 1 do
    if a < middle and (b >= high or not goes_before(from[b], from[a])) then
      to[at], a = from[a], a + 1
    else
      to[at], b = from[b], b + 1
    end
  end
end

local function sorted(list, goes_before)
  local from, to, width = list, {}, 1
  while width < #list do
    for low = 1, #list, 2 * width do
      local middle = math.min(low + width, #list + 1)
      merge(from, to, low, middle, math.min(low + 2 * width, #list + 1), goes_before)
    end
    from, to, width = to, from == list and {} or from, 2 * width
  end
  return from
end

local function by_predicate(self, candidates, context)
  local list = sorted(candidates, function(a, b)
    local answer, why = subject_of.ask(self.order, a.subject.view, b.subject.view, context.view)
    if answer == nil then
      hold(self, a, "order: " .. why)
      hold(self, b, "order: " .. why)
    end
    return answer
  end)
  local unheld = {}
  for _, candidate in ipairs(list) do
    if candidate.entry.verdict ~= "held" then unheld[#unheld + 1] = candidate end
  end
  return unheld
end

-- Without a date nobody can tell whose turn it is, so those never go.
local function by_date(candidates)
  local dated = {}
  for _, candidate in ipairs(candidates) do
    if candidate.subject.updated_at then dated[#dated + 1] = candidate end
  end
  return sorted(dated, function(a, b) return a.subject.updated_at < b.subject.updated_at end)
end

local function evict(self, candidate, remaining, goal)
  local entry = candidate.entry
  entry.verdict, entry.rule = "disconnect", self
  entry.said = ("%d connections are over %d (max %d, headroom %d)%s"):format(remaining, goal,
    self.max, self.headroom, candidate.why and ": " .. candidate.why or "")
end

---@class xero.QuotaResult
---@field goal integer how many connections may remain
---@field remaining integer how many remain
---@field evicted integer
---@field message? string where the goal is out of reach

---Evicts what is over the quota, in place.
---@param self xero.Quota
---@param candidates { entry: xero.PlanEntry, subject: xero.Subject }[] those no rule matched
---@param remaining integer how many connections the rules leave
---@param context xero.RunContext
---@return xero.QuotaResult
function quota.apply(self, candidates, remaining, context)
  local goal = self.max - self.headroom
  local result = { goal = goal, remaining = remaining, evicted = 0 }
  local surplus = remaining - goal
  if surplus <= 0 then return result end
  local evictable = ask_each(self, candidates, context)
  evictable = self.order and by_predicate(self, evictable, context) or by_date(evictable)
  local count = math.min(surplus, #evictable)
  for i = 1, count do evict(self, evictable[i], remaining, goal) end
  result.evicted, result.remaining = count, remaining - count
  if count < surplus then
    result.message = ("the quota of %d is out of reach: %d would remain, and no more may go")
      :format(goal, result.remaining)
  end
  return result
end

return quota
