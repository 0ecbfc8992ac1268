-- What may be disconnected at all: the protected tenants of the profile, and how many may go in one
-- run. Pure. It binds every call of the run alike, single and bulk, of every client of the profile.
--
-- The limits are those of the profile and of --max-disconnects; the smallest holds, so that an
-- option can only make it stricter. Zero means zero. A connection counts once, however often it is
-- tried, and no more once it is sure that it was not disconnected.

local uuid = require "xero.uuid"

---@class xero.Guard
local Guard = {}
Guard.__index = Guard

local guard = {}

---@param profile xero.Profile
---@return xero.Guard
function guard.new(profile)
  local keys = profile.keys
  local protected
  for tenant, reason in pairs(keys.protect or {}) do
    protected = protected or {}
    protected[uuid.normal(tenant)] = reason
  end
  return setmetatable({
    profile = profile.name,
    protected = protected,
    limits = keys.limits or {},
    taken = {},
    count = 0,
  }, Guard)
end

---Whether it can judge only with Xero's own list at hand: a script may be wrong about a tenant.
---@return boolean
function Guard:needs_list()
  return self.protected ~= nil or self.limits.max_percent ~= nil
end

local function judge_protection(self, works)
  if not self.protected then return end
  for _, work in ipairs(works) do
    local tenant = work.listed and work.listed.tenantId
    local reason = tenant and self.protected[uuid.normal(tenant)]
    if reason then
      return {
        kind = "protected",
        message = ("%s is protected: %s"):format(work.name, reason),
        hint = ("profile %s protects it; nothing was disconnected"):format(self.profile),
      }
    end
  end
end

-- The strictest of the limits: how many, and what says so.
local function strictest(self, option, total)
  local most, says = option, option and ("--max-disconnects %d"):format(option)
  local function add(limit, text)
    if not most or limit < most then most, says = limit, text end
  end
  local limits = self.limits
  if limits.max_disconnects then
    add(limits.max_disconnects,
      ("limits.max_disconnects = %d of profile %s"):format(limits.max_disconnects, self.profile))
  end
  if limits.max_percent then
    add(math.floor(total * limits.max_percent / 100 + 1e-9),
      ("limits.max_percent = %g of profile %s, of %d connections"):format(limits.max_percent,
        self.profile, total))
  end
  return most, says
end

local function judge_limits(self, works, option, total)
  local most, says = strictest(self, option, total)
  if not most then return end
  local more = 0
  for _, work in ipairs(works) do
    if not self.taken[work.id] then more = more + 1 end
  end
  if self.count + more <= most then return end
  local before = self.count > 0 and (", after %d in this run,"):format(self.count) or ""
  return {
    kind = "limit",
    message = ("disconnecting %d%s is more than %d: %s"):format(more, before, most, says),
    hint = before == "" and "nothing was disconnected" or "nothing more was disconnected",
  }
end

---Judges what is asked for as a whole, and counts it where it may be done.
---@param works table[] deletions, each once; `listed` is what Xero's list says of it
---@param option? integer --max-disconnects
---@param total? integer how many connections there were when the run began
---@return table|nil refusal fields for error.new
function Guard:admit(works, option, total)
  local refusal = judge_protection(self, works) or judge_limits(self, works, option, total)
  if refusal then return refusal end
  for _, work in ipairs(works) do
    if not self.taken[work.id] then
      self.taken[work.id] = true
      self.count = self.count + 1
    end
  end
end

---Takes one back of which it is sure that it was not disconnected.
---@param id string
function Guard:release(id)
  if self.taken[id] then
    self.taken[id] = nil
    self.count = self.count - 1
  end
end

return guard
