-- What a profile's files and a saved plan hold: read, or refused in words.

local errors = require "xero.error"
local marks = require "xero.marks"
local saved_plan = require "xero.saved_plan"

return function(bytes)
  local state, message = marks.decode(bytes)
  if state then
    assert(marks.decode(marks.encode(state)), "what was written cannot be read")
  else
    assert(type(message) == "string")
  end
  local ok, plan = pcall(saved_plan.decode, bytes, "plan.json")
  assert(ok or errors.is(plan), plan)
end
