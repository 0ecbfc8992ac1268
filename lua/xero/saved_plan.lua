-- A plan that was saved to be applied later, as it was seen: `plan FILE --save plan.json`.
--
-- It is bound to the profile, to the text of the policy's file and to each connection as it was. It
-- is refused when it is older than a day, when the policy was edited since or for another profile;
-- a connection that changed since is skipped, and said. So is one that the policy, asked again with
-- the sources of now, would not disconnect any more: what goes was seen by a person and is still
-- right. Pure: text and clock are passed in.

local errors = require "xero.error"
local json = require "xero.json"
local native = require "xero.native"
local text = require "xero.text"
local time = require "xero.time"
local uuid = require "xero.uuid"

local saved_plan = {}

local FORMAT = "xero-run plan"
local VERSION = 1

---How long a saved plan may be applied, in seconds.
saved_plan.LIFETIME = 86400

---@class xero.SavedItem
---@field id string of the connection
---@field tenantId? string
---@field tenantName? string
---@field updatedDateUtc? string
---@field rule string the label of the rule that disconnects it
---@field reason string

---@class xero.SavedPlan
---@field made_at integer seconds since the epoch
---@field expires_at integer likewise; it can only end sooner by that, not later
---@field profile string
---@field policy { name: string, file: string, sha256: string }
---@field total integer how many connections there were
---@field items xero.SavedItem[]

---The hash that binds a plan to the text of its policy.
---@param script string
---@return string
function saved_plan.hash(script)
  return native.sha256_hex(script)
end

local function item_of(entry)
  local connection = entry.connection
  return {
    id = connection.id,
    tenantId = connection.tenantId,
    tenantName = connection.tenantName,
    updatedDateUtc = connection.updatedDateUtc,
    rule = text.printable(entry.rule.label),
    reason = text.printable(entry.reason),
  }
end

---Writes a plan. Raises the refusal of a plan that must not be applied.
---@param made xero.Plan
---@param file xero.PolicyFile of the policy
---@return string written
function saved_plan.encode(made, file)
  if made.refusal then errors.raise(made.refusal) end
  local items = {}
  for _, entry in ipairs(made.entries) do
    if entry.verdict == "disconnect" then items[#items + 1] = item_of(entry) end
  end
  return json.encode({
    format = FORMAT,
    version = VERSION,
    made_at = time.format(made.now),
    expires_at = time.format(made.now + saved_plan.LIFETIME),
    profile = made.profile or "default",
    policy = {
      name = made.policy.name,
      file = file.path,
      sha256 = saved_plan.hash(file.text),
    },
    total = made.counts.total,
    disconnect = json.array(items),
  }, {
    indent = 2,
    order = {
      "format", "version", "made_at", "expires_at", "profile", "policy", "total", "disconnect",
      "id", "tenantName", "tenantId", "updatedDateUtc", "rule", "reason",
    },
  }) .. "\n"
end

local function refuse(name, message, hint)
  errors.raise { kind = "usage", message = ("%s: %s"):format(name, message), hint = hint }
end

local function is_text(value) return type(value) == "string" and value ~= "" end
local function is_optional(value) return value == nil or type(value) == "string" end

local function is_item(item)
  return type(item) == "table" and uuid.is(item.id) and is_text(item.rule)
    and is_optional(item.tenantId) and is_optional(item.tenantName)
    and is_optional(item.updatedDateUtc) and type(item.reason) == "string"
end

local function check_items(name, items)
  if not json.is_array(items) then refuse(name, "the saved plan is damaged: disconnect") end
  local seen = {}
  for i, item in ipairs(items) do
    local id = is_item(item) and uuid.normal(item.id)
    if not id or seen[id] then
      refuse(name, ("the saved plan is damaged: connection %d"):format(i))
    end
    seen[id] = true
  end
end

---Tells whether a text is meant to be a saved plan, so that `apply FILE` knows what it has.
---@param written string
---@return boolean
function saved_plan.is(written)
  return written:find "^%s*{" ~= nil and written:find(('"%s"'):format(FORMAT), 1, true) ~= nil
end

---Reads a saved plan. Raises kind "usage" where it is none.
---@param written string
---@param name string of the file, for messages
---@return xero.SavedPlan
function saved_plan.decode(written, name)
  local value, message = json.decode(written)
  if message then refuse(name, "no saved plan: " .. message) end
  if type(value) ~= "table" or value.format ~= FORMAT then
    refuse(name, "no saved plan", "xero-run plan FILE --save NAME makes one")
  end
  if value.version ~= VERSION then
    refuse(name, "the plan was saved by another version of xero-run", "make the plan anew")
  end
  local policy = value.policy
  local made_at, expires_at = time.parse(value.made_at), time.parse(value.expires_at)
  local is_whole = made_at and expires_at and is_text(value.profile)
    and math.type(value.total) == "integer" and type(policy) == "table"
    and is_text(policy.name) and is_text(policy.file) and is_text(policy.sha256)
  if not is_whole then refuse(name, "the saved plan is damaged") end
  check_items(name, value.disconnect)
  return {
    made_at = made_at,
    expires_at = expires_at,
    profile = value.profile,
    policy = policy,
    total = value.total,
    items = value.disconnect,
  }
end

---What forbids to apply a saved plan as a whole.
---@param self xero.SavedPlan
---@param facts { now: number, profile: string, text: string } the text of the policy as it is now
---@return table|nil refusal fields for error.new
function saved_plan.check(self, facts)
  local function refusal(message, ...)
    return { kind = "limit", message = message:format(...), hint = "make the plan anew" }
  end
  local age = facts.now - self.made_at
  if age >= saved_plan.LIFETIME then
    return refusal("the plan expired: it was saved %s ago, and holds for %s",
      time.describe(age), time.describe(saved_plan.LIFETIME))
  elseif facts.now >= self.expires_at then
    return refusal("the plan expired: it was to hold until %s", time.format(self.expires_at))
  elseif age < -300 then
    return refusal("the plan was saved %s from now: a clock is wrong", time.describe(-age))
  elseif facts.profile ~= self.profile then
    return refusal("the plan was saved for profile %s, and this is %s", self.profile, facts.profile)
  elseif saved_plan.hash(facts.text) ~= self.policy.sha256 then
    return refusal("%s was edited since the plan was saved", self.policy.file)
  end
  return nil
end

-- What became of one that a saved plan has and the plan of now does not let go.
local function why_not(entry)
  return ('it is %s now, by "%s": %s'):format(entry.verdict, entry.rule.label, entry.reason)
end

---Those of a saved plan that the policy would not disconnect any more.
---@param same { item: xero.SavedItem, connection: xero.Connection }[] as drift.lua gives them
---@param made xero.Plan
---@return xero.Skipped[]
function saved_plan.left_out(same, made)
  local entries, skipped = {}, {}
  for _, entry in ipairs(made.entries) do entries[entry.connection] = entry end
  for _, each in ipairs(same) do
    local entry = entries[each.connection]
    if entry.verdict ~= "disconnect" then
      skipped[#skipped + 1] = { item = each.item, why = why_not(entry) }
    end
  end
  return skipped
end

return saved_plan
