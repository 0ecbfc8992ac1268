-- What may be disconnected at all: the protected tenants of the profile, and how many may go in one
-- run. Pure. It binds every call of the run alike, single and bulk, of every client of the profile.
--
-- The limits are those of the profile and of --max-disconnects; the smallest holds, so that an
-- option can only make it stricter. The option is for the run: what clients of other profiles
-- disconnect counts, too. Zero means zero. A connection counts once, however often it is tried, and
-- no more once it is sure that it was not disconnected.

local deletion = require "xero.deletion"
local uuid = require "xero.uuid"

---@class xero.Guard
local Guard = {}
Guard.__index = Guard

local guard = {}

---@param profile xero.Profile
---@param run { count: integer } how many go in the run, of all profiles
---@return xero.Guard
function guard.new(profile, run)
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
    run = run,
  }, Guard)
end

---Whether it can judge only with Xero's own list at hand: a script may be wrong about a tenant.
---@return boolean
function Guard:needs_list()
  return self.protected ~= nil or self.limits.max_percent ~= nil
end

---Whether a deletion may not be sent, since Xero's list does not have it: it may be a protected
---tenant's.
---@param work table a deletion; `tenant` as for admit
---@return boolean
function Guard:withholds(work)
  return self.protected ~= nil and work.tenant == nil
end

local function judge_protection(self, works)
  if not self.protected then return end
  for _, work in ipairs(works) do
    local tenant = work.tenant
    local reason = tenant and self.protected[uuid.normal(tenant)]
      or tenant == false and "there is no valid tenantId, so it may be a protected one"
    if reason then
      return {
        kind = "protected",
        message = ("%s is protected: %s"):format(deletion.name(work), reason),
        hint = ("profile %s protects it; nothing was disconnected"):format(self.profile),
      }
    end
  end
end

-- The strictest of the limits: how many more it allows, how many that is, and what says so.
local function strictest(self, option, total)
  local least, most, says
  local function add(limit, text, count)
    if not least or limit - count < least then
      least, most, says = limit - count, limit, text
    end
  end
  if option then add(option, ("--max-disconnects %d"):format(option), self.run.count) end
  local limits, whose = self.limits, "profile " .. self.profile
  if limits.max_disconnects then
    add(limits.max_disconnects,
      ("limits.max_disconnects = %d of %s"):format(limits.max_disconnects, whose), self.count)
  end
  if limits.max_percent then
    add(math.floor(total * limits.max_percent / 100 + 1e-9),
      ("limits.max_percent = %g of %s, of %d connections"):format(limits.max_percent, whose, total),
      self.count)
  end
  return least, most, says
end

local function judge_limits(self, works, option, total)
  local least, most, says = strictest(self, option, total)
  if not least then return end
  local more = 0
  for _, work in ipairs(works) do
    if not self.taken[work.id] then more = more + 1 end
  end
  if more <= least then return end
  local count = most - least
  local before = count > 0 and (", after %d in this run,"):format(count) or ""
  return {
    kind = "limit",
    message = ("disconnecting %d%s is more than %d: %s"):format(more, before, most, says),
    hint = before == "" and "nothing was disconnected" or "nothing more was disconnected",
  }
end

---Judges what is asked for as a whole, and counts it where it may be done.
---@param works table[] deletions, each once; `tenant` is whose each is by Xero's list: false where
---  that does not say, nil where it does not have it
---@param option? integer --max-disconnects
---@param total? integer how many connections there were when the run began
---@return table|nil refusal fields for error.new
function Guard:admit(works, option, total)
  local refusal = judge_protection(self, works) or judge_limits(self, works, option, total)
  if refusal then return refusal end
  local taken, more = self.taken, 0
  for _, work in ipairs(works) do
    if not taken[work.id] then
      taken[work.id], more = true, more + 1
    end
  end
  self.count, self.run.count = self.count + more, self.run.count + more
end

---Takes one back of which it is sure that it was not disconnected.
---@param id string
function Guard:release(id)
  if self.taken[id] then
    self.taken[id] = nil
    self.count, self.run.count = self.count - 1, self.run.count - 1
  end
end

return guard
