-- How fast many requests go: so many at a time; after a failure fewer, and nothing for a while
-- where that is asked for; after successes more again. What the server says of its limits or its
-- health holds for all of them: they wait as one and go on narrower.
--
-- Whatever was under way when one failed fails with it: a broken connection takes all its streams
-- along. That counts once; so does what was sent after it and fails again. So each request belongs
-- to a round, which a failure ends.

local retry = require "xero.retry"

---@class xero.Pace
---@field width integer how many at a time
---@field failures integer in a row
---@field round integer of what is sent now
local Pace = {}
Pace.__index = Pace

local pace = {}

---@param most integer how many at a time where all goes well
---@param native table its clock and its dice
---@return xero.Pace
function pace.new(most, native)
  return setmetatable({
    native = native,
    most = most,
    width = most,
    grown = 0, -- successes since the width changed
    failures = 0,
    round = 0,
    resume_at = nil, -- nothing is sent before, monotonic
  }, Pace)
end

function Pace:succeed()
  self.failures = 0
  self.grown = self.grown + 1
  if self.width < self.most and self.grown >= self.width then
    self.width, self.grown = self.width + 1, 0
  end
end

---Takes in that one failed.
---@param round integer in which it was sent
---@return boolean counts whether that says anything new
function Pace:fail(round)
  if round < self.round then return false end
  self.round = self.round + 1
  self.failures = self.failures + 1
  return true
end

---Goes on with half as many, and after several failures later.
function Pace:slow_down()
  self.width, self.grown = math.max(self.width // 2, 1), 0
  if self.failures > 1 then self:hold(retry.backoff(self.failures - 1, self.native.random)) end
end

---Nothing is to be sent for so many seconds.
---@param seconds number
function Pace:hold(seconds)
  self.resume_at = math.max(self.resume_at or 0, self.native.monotonic() + seconds)
end

---How long nothing may be sent yet.
---@return number seconds
function Pace:pause()
  return self.resume_at and math.max(self.resume_at - self.native.monotonic(), 0) or 0
end

return pace
