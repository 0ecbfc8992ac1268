-- The headers and the body of an answer, as what to do about it: the first bytes choose the rest.

local retry = require "xero.retry"

local METHODS = { "GET", "DELETE", "POST" }
local STATUSES = { 200, 204, 301, 400, 401, 403, 404, 408, 429, 500, 501, 502, 503, 504, 599 }
local ACTIONS = { done = true, wait = true, renew = true, fail = true, uncertain = true }

local function check(verdict, method, status)
  assert(ACTIONS[verdict.action], verdict.action)
  if verdict.wait then
    assert(verdict.wait >= 0 and verdict.wait <= 60, "it waits " .. verdict.wait)
  end
  if verdict.error then
    local message = tostring(verdict.error.message)
    assert(not message:find "%c", "a message with control characters")
  end
  if method == "DELETE" and verdict.action == "wait" then
    assert(status == 429 or status == 503, "a DELETE is repeated")
  end
end

return function(bytes)
  local first, second = bytes:byte(1, 2)
  if not second then return end
  local after, rest = bytes:sub(3):match "^([^\n]*)\n?(.*)$"
  local problem, body = rest:match "^([^\n]*)\n?(.*)$"
  local method = METHODS[first % #METHODS + 1]
  local status = STATUSES[second % #STATUSES + 1]
  local answer = { status = status, sends = 1, body = body,
    headers = { ["retry-after"] = after, ["x-rate-limit-problem"] = problem } }
  for attempt = 1, 6 do
    check(retry.verdict({ method = method }, answer, attempt, {
      now = 1e9, random = function() return 0.5 end, renewable = first % 2 == 0,
    }), method, status)
  end
end
