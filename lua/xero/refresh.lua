-- A valid access token out of a login whose refresh token rotates. Each refresh retires the token
-- it used, so a new one that is lost is a login lost: what is written, sent and saved, and in which
-- order, is decided here and nowhere else, so that a kill at any moment, a full disk or a lost
-- answer cost nothing.
--
-- The steps are numbered as they run. Everything that touches the world is passed in:
--
--   keeper    the stored grant: load, lock, note, prepare, save (see xero.keeper)
--   request   function(grant, which, seconds): asks the token endpoint, once, on a fresh
--             connection, with the grant's "refresh" or "previous" token; gives the pump's answer
--   shield    function(f, ...): calls f, with signals held back
--   at_end    function(f): has f called at the end of the run
--   now, monotonic, sleep, random, interrupted, log
--
-- A grant is what is stored at once: access and refresh token, the refresh token before, and what
-- is known about them. It never changes; `grant:change` and `grant:rotate` give a new one.

local errors = require "xero.error"
local keeper = require "xero.keeper"
local login_home = require "xero.login_home"
local retry = require "xero.retry"
local time = require "xero.time"

local M = {}

local MARGIN = 60 -- an access token is renewed so many seconds before it expires
local CLOCK_SLACK = 300 -- a token from further in the future than this: the clock jumped
local GRACE = 30 * 60 -- so long Xero takes a retired refresh token again
local DEAD_PAUSE = 60 * 60 -- so often a login that ended is tried again
local MAKE_DO = 30 -- so long an old access token is used before a renewal is tried again
local REQUEST = 30 -- seconds for one request, at most
local ATTEMPTS = 5 -- while no request can have been answered

---@class xero.RefreshEnvironment
---@field keeper xero.Keeper
---@field request fun(grant: table, which: "refresh"|"previous", seconds: number): table
---@field shield fun(f: function, ...): any
---@field now fun(): number seconds since the epoch
---@field monotonic fun(): number
---@field sleep fun(seconds: number): boolean|nil
---@field random fun(): number from 0 up to 1
---@field interrupted fun(): string|nil
---@field at_end fun(f: fun())
---@field log table warn and info
---@field home xero.LoginHome where a login has to be at home
---@field otherwise? string what else can be done where nobody has logged in
---@field lock_timeout number seconds to wait for another process
---@field deadline? number seconds for one refresh with its repeats; 60

---@class xero.Renewer a source of tokens, for one session
local Renewer = {}
Renewer.__index = Renewer

-- What can be said of a grant --------------------------------------------------------------------

-- Whether the access token can still be sent: it has not expired and got no 401.
function Renewer:is_usable(grant, failed)
  local about, now = grant:about(), self.now()
  return now >= about.obtained_at - CLOCK_SLACK and now < about.expires_at
    and not (failed and grant:same_access(failed))
end

-- Whether there is nothing to do. A refresh that was begun and not finished must be finished now:
-- the next run may come when Xero no longer takes the old token.
function Renewer:is_good(grant, failed)
  local about = grant:about()
  return not about.refresh_started_at and not about.dead_since
    and about.expires_at - self.now() >= MARGIN and self:is_usable(grant, failed)
end

local function clock(epoch)
  return time.format(math.floor(epoch)):sub(12, 16) .. " UTC"
end

local function store_error(message, hint)
  return errors.new { kind = "store", message = message, hint = hint }
end

-- The stored grant.
function Renewer:load()
  local grant = self.keeper:load()
  if not grant then
    errors.raise {
      kind = "auth",
      message = "no login is stored for this profile",
      hint = "log in: " .. self.home.login .. (self.otherwise or ""),
    }
  end
  login_home.check(grant, self.home)
  return grant
end

-- The ways it ends -------------------------------------------------------------------------------

function Renewer:use(grant)
  if self.grant ~= grant then
    self.grant, self.access = grant, grant:token()
  end
  return self.access
end

-- There can be no renewal now: the old access token serves while it lives, else it is a failure.
function Renewer:make_do(grant, failed, reason)
  if errors.is_interruption(reason) or not self:is_usable(grant, failed) then error(reason, 0) end
  self.log.warn("%s; the old access token serves until %s", reason.message,
    clock(grant:about().expires_at))
  self.make_do_until = self.monotonic() + MAKE_DO
  return self:use(grant)
end

function Renewer:dead_error(about, now)
  local again = about.dead_checked_at + DEAD_PAUSE
  return errors.new {
    kind = "auth",
    message = ("the login ended: Xero no longer takes its refresh token since %s%s"):format(
      time.format(math.floor(about.dead_since)),
      again > now and "; it is tried again from " .. clock(again) or ""),
    hint = "log in again: " .. self.home.login,
    oauth_error = "invalid_grant",
  }
end

function Renewer:no_refresh_error()
  return errors.new {
    kind = "auth",
    message = "the access token expired, and there is no refresh token to renew it with",
    hint = "log in with the scope offline_access: " .. self.home.login,
  }
end

-- 9, in later runs: fails at once, but for one retry an hour. A retry that was begun is finished.
function Renewer:refuse_dead(grant)
  local about, now = grant:about(), self.now()
  local checked = about.dead_checked_at
  if about.dead_since and not about.refresh_started_at
    and checked <= now + CLOCK_SLACK and now - checked < DEAD_PAUSE then
    error(self:dead_error(about, now), 0)
  end
end

-- Asking -----------------------------------------------------------------------------------------

-- How long to wait before the same request again, or nil; and the error to fail with. A token that
-- may have been rotated is asked for until the deadline.
function Renewer:judge(answer, attempt, lost)
  local function verdict(attempts)
    return retry.verdict({ method = "POST" }, answer, attempt, {
      now = self.now(), random = self.random, max_attempts = attempts, max_wait = self.deadline,
    })
  end
  local wish = verdict(lost and math.huge or ATTEMPTS)
  local failure = wish.error or verdict(attempt).error
  -- A broken answer is a lost answer, too.
  local broken = answer.error == "protocol" or (answer.status or 0) >= 500
  if wish.action == "fail" and lost and broken and not failure.retry_after then
    return self.random() * math.min(0.5 * 2 ^ attempt, 10), failure
  end
  return wish.action == "wait" and wish.wait or nil, failure
end

-- Whether the server may have acted on a request that brought no token.
local function may_have_rotated(answer)
  return answer.error and (answer.sends or 1) > 0 or not answer.error and answer.status >= 500
end

-- 5 and 7. The token that the endpoint gave; or nil, the error, and whether an answer may be lost.
-- Xero takes the same refresh token again for a while, so repeating loses nothing.
function Renewer:ask(grant, which)
  local deadline, attempt, lost = self.monotonic() + self.deadline, 0, false
  while true do
    attempt = attempt + 1
    local answer = self.request(grant, which, math.min(REQUEST, deadline - self.monotonic()))
    if answer.token then return answer.token end
    if not answer.error and answer.status // 100 == 2 then
      answer.error, answer.message = "protocol", "there is no token in it"
    end
    lost = lost or may_have_rotated(answer)
    local wait, failure = self:judge(answer, attempt, lost)
    if not wait or self.monotonic() + wait >= deadline or self.interrupted()
      or not self.sleep(wait) then
      return nil, errors.new(failure), lost
    end
  end
end

-- Saving -----------------------------------------------------------------------------------------

-- 8, when all failed: the run goes on with what is in memory, says so, and tries again at its end.
function Renewer:keep_unsaved(grant, base, message, hint)
  local about = grant:about()
  if not self.unsaved then self.at_end(function() self:settle() end) end
  self.unsaved = { grant = grant, base = base }
  self.unsaved.error = store_error(("the token was rotated but not saved, valid until %s: %s")
    :format(clock(about.expires_at), message), hint)
  self.log.error("%s", self.unsaved.error.message)
  self.log.error("the login survives if the store is mended and xero-run runs again before %s%s",
    clock(about.obtained_at + GRACE), hint and ": " .. hint or "")
end

-- 2, after a save that failed in this run: what is in memory is newer than what is stored, unless
-- another process has finished the refresh that the store shows as begun.
function Renewer:catch_up(stored)
  local unsaved = self.unsaved
  if not unsaved then return stored end
  self.unsaved = nil
  if not stored:same_tokens(unsaved.base) then return stored end
  if not keeper.save(self.keeper, unsaved.grant) then self.unsaved = unsaved end
  return unsaved.grant
end

-- 5 to 8: nothing may stop the program between asking and having saved.
function Renewer:exchange(grant, which)
  local token, failure, lost = self:ask(grant, which)
  if not token then return nil, failure, lost end
  local renewed = grant:rotate(token, { used = which })
  local saved, message, hint = keeper.save(self.keeper, renewed)
  if not saved then self:keep_unsaved(renewed, grant, message, hint) end
  return renewed
end

-- The steps --------------------------------------------------------------------------------------

-- Takes back the announcement of a refresh that surely did not happen. Should that fail, the next
-- run refreshes sooner than it need.
function Renewer:retract(announced, unfinished)
  if not unfinished then self.keeper:note(announced:change { refresh_started_at = false }) end
end

-- 9. The server says that the login ended. That is believed, and written down, only when the store
-- has nothing newer and the previous token does not help; nothing is ever erased.
function Renewer:ended(grant, failed, failure, again)
  local stored = self:load()
  if not stored:same(grant) then
    if self:is_good(stored, failed) then return self:use(stored) end
    if not again then return self:refresh(stored, failed, true) end
  end
  local about, now = grant:about(), self.now()
  if about.has_previous and math.abs(now - about.previous_at) < GRACE then
    local renewed, why = self.shield(self.exchange, self, grant, "previous")
    if renewed then return self:use(renewed) end
    if why.oauth_error ~= "invalid_grant" then return self:make_do(grant, failed, why) end
  end
  local dead = grant:change {
    refresh_started_at = false, dead_since = about.dead_since or now, dead_checked_at = now,
  }
  local noted, message = self.keeper:note(dead)
  if not noted then self.log.warn("the end of the login could not be noted: %s", message) end
  local err = self:dead_error(dead:about(), now)
  err.status, err.detail = failure.status, failure.detail
  error(err, 0)
end

-- 3 to 9, under the lock.
function Renewer:refresh(grant, failed, again)
  local unfinished = grant:about().refresh_started_at
  if not grant:about().has_refresh then error(self:no_refresh_error(), 0) end
  if unfinished then
    self.log.info("finishing the renewal that was begun at %s", clock(unfinished))
  end
  -- 3. The journal of what begins, and a rehearsal of what must not fail later.
  -- What was stored before a login named its servers does so from here on.
  local announced = grant:change {
    refresh_started_at = unfinished or self.now(),
    api_url = self.home.api_url, identity_url = self.home.identity_url,
  }
  local noted, message, hint = self.keeper:note(announced)
  if not noted then return self:make_do(grant, failed, store_error(message, hint)) end
  -- 4. Room for what will come.
  local prepared
  prepared, message, hint = self.keeper:prepare(announced)
  if not prepared then
    self:retract(announced, unfinished)
    return self:make_do(grant, failed, store_error(message, hint))
  end
  -- 5 to 8. Ask, repeat, save.
  local renewed, failure, lost = self.shield(self.exchange, self, announced, "refresh")
  if renewed then return self:use(renewed) end
  -- 9. Only this answer means that a person must log in.
  if failure.oauth_error == "invalid_grant" then
    return self:ended(announced, failed, failure, again)
  end
  if not lost then self:retract(announced, unfinished) end
  return self:make_do(announced, failed, failure)
end

---A valid access token: the one at hand, or a new one, for which only one of all processes asks.
---Raises "auth" when a person must log in, "busy", "store", or what the request met.
---@param failed? userdata an access token that got a 401
---@return userdata token
function Renewer:token(failed)
  -- 1. Good for 60 s more, and no 401 for it: use it. So is one that has to do for a while.
  local grant = self.grant or self:load()
  if self:is_good(grant, failed) then return self:use(grant) end
  if self.make_do_until and self.monotonic() < self.make_do_until
    and self:is_usable(grant, failed) then
    return self:use(grant)
  end
  -- 2. Take the lock, read again, decide again: another process may have been faster.
  local lock <close>, reason = self.keeper:lock(self.lock_timeout)
  if not lock then return self:make_do(grant, failed, reason) end
  grant = self:catch_up(self:load())
  if self:is_good(grant, failed) then return self:use(grant) end
  self:refuse_dead(grant)
  return self:refresh(grant, failed)
end

---At the end of a run: tries once more to save what could not be saved. Raises kind "store" when
---that fails again.
function Renewer:settle()
  if not self.unsaved then return end
  local lock <close>, reason = self.keeper:lock(self.lock_timeout)
  if not lock then error(reason, 0) end
  self:catch_up(self:load())
  if self.unsaved then error(self.unsaved.error, 0) end
end

---What is known about the grant in use or stored; nil when there is none.
---@return table|nil
function Renewer:about()
  local grant = self.grant or self.keeper:load()
  return grant and grant:about()
end

---@param environment xero.RefreshEnvironment
---@return xero.Renewer
function M.new(environment)
  local self = setmetatable({}, Renewer)
  for key, value in pairs(environment) do self[key] = value end
  self.deadline = self.deadline or 60
  return self
end

return M
