-- How many connections a plan may disconnect: the limits of the policy, of the profile and of the
-- option bind together, so the smallest counts. Pure. Zero means zero.
--
-- A policy that sets no upper limit of its own has one all the same: a tenth of the connections,
-- though never fewer than three, so that a small app can be tidied at all.

local definition = require "xero.definition"

local limits = {}

local DEFAULT_PERCENT, DEFAULT_LEAST = 10, 3

local KEYS = { "max_disconnects", "max_percent", "min_remaining" }

local function check_percent(place, value)
  if type(value) ~= "number" or not (value >= 0 and value <= 100) then
    definition.expected(place, "limits.max_percent", "a number from 0 to 100", value)
  end
end

---Checks the limits of a policy. Raises kind "usage" at its place.
---@param value any
---@param place xero.Place
---@return { max_disconnects?: integer, max_percent?: number, min_remaining?: integer } limits
function limits.check(value, place)
  if type(value) ~= "table" then definition.expected(place, "limits", "a table", value) end
  local checked = {}
  for key, item in pairs(value) do
    if key == "max_percent" then
      check_percent(place, item)
    elseif key == "max_disconnects" or key == "min_remaining" then
      definition.whole(place, "limits." .. key, item, 0)
    else
      definition.unknown(place, "limit", key, KEYS)
    end
    checked[key] = item
  end
  return checked
end

-- The small part keeps 10 % of 30 from being 2.999….
local function percent_of(total, percent)
  return math.floor(total * percent / 100 + 1e-9)
end

-- Each limit of a table: how many it allows, and its own words.
local function add(list, given, whose, total)
  if given.max_disconnects then
    list[#list + 1] = {
      allowed = given.max_disconnects,
      says = ("max_disconnects = %d of %s"):format(given.max_disconnects, whose),
    }
  end
  if given.max_percent then
    list[#list + 1] = {
      allowed = percent_of(total, given.max_percent),
      says = ("max_percent = %g of %s, of %d connections"):format(given.max_percent, whose, total),
    }
  end
  if given.min_remaining then
    list[#list + 1] = {
      allowed = math.max(total - given.min_remaining, 0),
      says = ("min_remaining = %d of %s, of %d connections"):format(given.min_remaining, whose,
        total),
    }
  end
end

---@class xero.Limit
---@field allowed integer how many may be disconnected
---@field says string the limit, whose it is, and what it is a part of

---All the limits that bind, the strictest first.
---@param total integer how many connections there are
---@param policy xero.Policy
---@param profile? { name: string, limits?: table }
---@param option? integer --max-disconnects
---@return xero.Limit[]
function limits.binding(total, policy, profile, option)
  local list, own = {}, policy.limits or {}
  add(list, own, ('policy "%s"'):format(policy.name), total)
  if not own.max_disconnects and not own.max_percent then
    list[#list + 1] = {
      allowed = math.max(percent_of(total, DEFAULT_PERCENT), DEFAULT_LEAST),
      says = ("the default, %d %% of %d connections but never fewer than %d"):format(
        DEFAULT_PERCENT, total, DEFAULT_LEAST),
    }
  end
  if profile and profile.limits then
    add(list, profile.limits, "profile " .. profile.name, total)
  end
  if option then
    list[#list + 1] = { allowed = option, says = ("--max-disconnects %d"):format(option) }
  end
  for i, limit in ipairs(list) do limit.index = i end
  table.sort(list, function(a, b)
    if a.allowed ~= b.allowed then return a.allowed < b.allowed end
    return a.index < b.index
  end)
  return list
end

---Judges a number of disconnects.
---@param count integer
---@param binding xero.Limit[] as `binding` gives them
---@return table|nil refusal fields for error.new
function limits.judge(count, binding)
  local strictest = binding[1]
  if count == 0 or count <= strictest.allowed then return nil end
  local message = ("it would disconnect %d, more than %d: %s"):format(
    count, strictest.allowed, strictest.says)
  local others = {}
  for i = 2, #binding do
    if count > binding[i].allowed then others[#others + 1] = binding[i].says end
  end
  return {
    kind = "limit",
    message = message,
    hint = #others > 0 and "it is also more than " .. table.concat(others, "; ") or nil,
  }
end

---Judges a list of no connections where there were some.
---@param total integer how many there are
---@param before integer how many there were
---@param when string of those: "after the last run"
---@return table|nil refusal fields for error.new
function limits.judge_emptiness(total, before, when)
  if total > 0 or before == 0 then return nil end
  return {
    kind = "limit",
    message = ("there are no connections, where there were %d %s"):format(before, when),
    hint = "is it the right app and user?",
  }
end

return limits
