-- How far the clock of this machine is from the server's, by the Date of its answers (RFC 9110
-- 6.6.1). Every age is counted by the clock here: one that is days ahead would make everybody
-- "older than", and end every wait. Pure.

local time = require "xero.time"

local clock = {}

---So many seconds apart is wrong: far more than an answer is under way or a machine with a time
---service drifts, and far less than any age that a policy has.
clock.WRONG = 300

---What mends it.
clock.MEND = "timedatectl set-ntp true"

---@class xero.ClockReading
---@field here number seconds since the epoch, by the clock here
---@field there integer by the server's, at the same time

---Compares the clock here with that of the server that has just given an answer.
---@param answer { headers?: table<string, string> } of the pump
---@param now number by the clock here
---@return xero.ClockReading|nil reading nil where the answer has no date
function clock.read(answer, now)
  local date = answer.headers and answer.headers.date
  local there = date and time.http_date(date, now)
  return there and { here = now, there = there } or nil
end

---Judges a reading; none is no reason to refuse anything.
---@param reading xero.ClockReading|nil
---@return table|nil refusal fields for error.new
function clock.judge(reading)
  if not reading or math.abs(reading.here - reading.there) < clock.WRONG then return nil end
  return {
    kind = "limit",
    message = ("the clock of this machine says %s, and Xero's %s: no age can be believed"):format(
      time.format(math.floor(reading.here)), time.format(reading.there)),
    hint = "set it: " .. clock.MEND,
  }
end

return clock
