-- Dates and durations: what is read is written, and read again as the same.

local time = require "xero.time"

return function(bytes)
  local epoch = time.parse(bytes)
  if epoch then
    assert(time.parse(time.format(epoch)) == math.floor(epoch), "another instant came back")
    assert(time.date_of(bytes) == time.date(epoch), "another date")
  else
    assert(time.date_of(bytes) == nil, "a date without an instant")
  end
  local date = time.http_date(bytes, 1e9)
  if date then time.format(date) end
  local seconds, message = time.duration(bytes)
  assert((seconds == nil) == (message ~= nil))
  if seconds then
    assert(seconds >= 0 and seconds < math.huge)
    time.describe(seconds)
  end
end
