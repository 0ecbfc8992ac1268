-- What to do about an answer: take it, try again and when, renew the token, or give up and how to
-- say so. Pure: the clock and the dice are passed in, nothing is sent and nothing is waited for.
--
-- The one rule that matters most: a DELETE is repeated only where it surely was not processed.
-- Where that is not sure the verdict is "uncertain", and the caller looks at the list before it
-- goes on.

local json = require "xero.json"
local text = require "xero.text"
local time = require "xero.time"

local M = {}

local MAX_ATTEMPTS = 5
local MAX_WAIT = 60
local FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 20

local RETRIED = { [408] = true, [429] = true, [500] = true, [502] = true, [503] = true,
  [504] = true }
local LONGEST_BODY = 1 << 16 -- bytes; none that explains a failure is longer
local PATHS = { GET = "/connections", DELETE = "/connections/", POST = "/connect/token" }
local LIMITS = {
  minute = "the limit of calls a minute",
  day = "the limit of calls a day",
  appminute = "the app's limit of calls a minute",
}

---@class xero.RetryRequest
---@field method "GET"|"DELETE"|"POST" a list, a disconnect, a grant
---@field id? string the connection, for DELETE
---@field path? string what messages call it, where it is neither of the endpoints' own
---@field repeatable? boolean whether doing it twice does no harm; by default all but DELETE

---@class xero.RetryEnvironment
---@field now number seconds since the epoch
---@field random fun(): number from 0 up to 1
---@field max_attempts? integer 5
---@field max_wait? number seconds that a Retry-After may ask for; 60
---@field renewable? boolean whether the token can be renewed and was not yet, for this request
---@field renewed? boolean whether the token was renewed for this request

---@class xero.Verdict
---@field action "done"|"wait"|"renew"|"fail"|"uncertain"
---@field wait? number seconds, for "wait" and "uncertain"
---@field error? table fields for `error.new`, for "fail" and "uncertain"

-- Reading what came ---------------------------------------------------------------------------

-- Header values of the same name come joined with ", ", and so come the two parts of a date.
local function each_value(header)
  local joined = header:gsub("(%a+), (%d%d[ -]%a)", "%1,\0%2")
  return function(_, at)
    if at > #joined then return nil end
    local stop = joined:find(", ", at, true) or #joined + 1
    return stop + 2, (joined:sub(at, stop - 1):gsub(",\0", ", "))
  end, nil, 1
end

-- No wait is longer than this many seconds, so that no header can push a date out of the calendar.
local LONGEST_WAIT = 1e9

---How long a Retry-After header asks to wait (RFC 9110 10.2.3). Of several values the largest
---counts; what lies in the past is 0.
---@param header string|nil
---@param now number seconds since the epoch
---@return number|nil seconds nil where there is none that can be read
function M.retry_after(header, now)
  local longest
  for _, value in each_value(header or "") do
    local seconds = value:find "^%s*[+-]?%d+%.?%d*%s*$" and tonumber(value)
    local date = not seconds and time.http_date(value, now)
    seconds = seconds or date and date - now
    if seconds then longest = math.max(longest or 0, math.min(seconds, LONGEST_WAIT)) end
  end
  return longest
end

-- What the body of an error says, or nil. Keys come in Pascal and in camel case; bodies also come
-- as HTML or not at all.
local function detail_of(body)
  local value = body and #body <= LONGEST_BODY and json.decode(body)
  if type(value) ~= "table" then return nil end
  local found = {}
  for key, field in pairs(value) do
    if type(key) == "string" and type(field) == "string" and field ~= "" then
      found[key:lower()] = field
    end
  end
  local detail = found.detail or found.message or found.title
  return detail and text.excerpt(detail)
end

-- Saying it -------------------------------------------------------------------------------------

local function request_line(request)
  local path = request.path or PATHS[request.method] .. (request.id or "")
  return request.method .. " " .. path
end

local function times(attempt)
  if attempt == 1 then return "" end
  return (", %d times; giving up"):format(attempt)
end

local function when(seconds, now)
  local at = time.format(math.ceil(now + seconds))
  local day = at:sub(1, 10) ~= time.date(now) and " on " .. at:sub(1, 10) or ""
  return ("try again at %s UTC%s (in %s)"):format(at:sub(12, 16), day, time.describe(seconds))
end

local function join_hints(...)
  local hints = {}
  for i = 1, select("#", ...) do hints[#hints + 1] = (select(i, ...)) end
  return hints[1] and table.concat(hints, "; ")
end

-- Where the fault may be Xero's.
local SUPPORTED = { http = true, forbidden = true, protocol = true }

local function support_hint(kind, correlation_id)
  return SUPPORTED[kind] and correlation_id
    and "Xero's support finds the request by its correlation id, " .. text.printable(correlation_id)
    or nil
end

-- Everything about one answer that the rules and the messages ask for.
local function look_at(request, answer, attempt, env)
  local headers = answer.headers or {}
  local problem = headers["x-rate-limit-problem"]
  return {
    request = request,
    answer = answer,
    attempt = attempt,
    env = env,
    status = answer.status,
    sent = (answer.sends or 1) > 0,
    repeatable = request.repeatable == nil and request.method ~= "DELETE" or request.repeatable,
    retry_after = M.retry_after(headers["retry-after"], env.now),
    limit = problem and text.printable(problem:lower()),
    correlation_id = headers["xero-correlation-id"],
  }
end

local function failure(case, kind, message, hint)
  return {
    kind = kind,
    message = message,
    hint = join_hints(hint, support_hint(kind, case.correlation_id)),
    status = case.status,
    oauth_error = case.answer.oauth_error,
    detail = not case.answer.error and detail_of(case.answer.body) or nil,
    correlation_id = case.correlation_id,
    retry_after = case.retry_after,
    limit = case.limit,
    attempts = case.attempt,
  }
end

local function answered(case)
  return ("Xero answered %d to %s"):format(case.status, request_line(case.request))
end

-- "Xero answered 403 to DELETE /connections/…: AuthenticationUnsuccessful"
local function status_failure(case, kind, suffix, hint)
  local detail = detail_of(case.answer.body)
  local message = answered(case) .. suffix .. (detail and ": " .. detail or "")
  return failure(case, kind, message, hint)
end

-- Deciding --------------------------------------------------------------------------------------

local function fail(fields)
  return { action = "fail", error = fields }
end

---Exponential backoff with full jitter, so that many clients do not come back all at once.
---@param attempt integer how often it has failed by now
---@param random fun(): number from 0 up to 1
---@return number seconds
function M.backoff(attempt, random)
  local ceiling = FIRST_BACKOFF * 2 ^ math.min(attempt - 1, 16)
  return random() * math.min(ceiling, LONGEST_BACKOFF)
end

local function backoff(case)
  return M.backoff(case.attempt, case.env.random)
end

local function try_again(case, fields)
  if case.attempt >= (case.env.max_attempts or MAX_ATTEMPTS) then return fail(fields) end
  return { action = "wait", wait = case.retry_after or backoff(case) }
end

local function uncertain(case, fields)
  return { action = "uncertain", wait = backoff(case), error = fields }
end

local NO_ANSWER = {
  network = { says = "no answer to %s: %s%s", hint = "check the network, and HTTPS_PROXY" },
  timeout = { says = "no answer to %s: %s%s", hint = "--timeout sets how long to wait" },
  tls = {
    says = "%s failed: %s%s",
    hint = "SSL_CERT_FILE names the file of authorities to trust, in place of the system's",
  },
  protocol = {
    says = "%s failed: %s%s",
    hint = "something else, such as a proxy, may have answered in Xero's place",
  },
}

-- OpenSSL's words for a certificate of another time, which is more often a clock of another time.
local function is_of_another_time(message)
  return message:find "has expired" or message:find "not yet valid"
end

local function hint_without_answer(case, message)
  if case.answer.error == "tls" and is_of_another_time(message) then
    return ("is the clock right? here it is %s"):format(time.format(math.floor(case.env.now)))
  end
  return NO_ANSWER[case.answer.error].hint
end

-- A certificate does not mend itself, and neither does an answer that is too long.
local function lasting(case)
  local kind = case.answer.error
  return kind == "tls" and not case.sent or kind == "protocol" and not case.answer.lost
end

local function judge_no_answer(case)
  local kind = case.answer.error
  local row = NO_ANSWER[kind]
  local message = text.printable(case.answer.message or kind)
  local fields = failure(case, kind,
    row.says:format(request_line(case.request), message, times(case.attempt)),
    hint_without_answer(case, message))
  if case.request.method == "DELETE" and case.sent then return uncertain(case, fields) end
  if lasting(case) then return fail(fields) end
  -- What never left may be sent again, whatever it is.
  if case.repeatable or not case.sent then return try_again(case, fields) end
  return fail(fields)
end

local function judge_limit(case)
  local limit = LIMITS[case.limit] or case.limit and "its limit: " .. case.limit
  local reached = limit and (" (%s)"):format(limit) or ""
  local too_long = case.retry_after and case.retry_after > (case.env.max_wait or MAX_WAIT)
  if too_long or case.limit == "day" then
    local later = case.retry_after and "; " .. when(case.retry_after, case.env.now) or ""
    return fail(failure(case, "rate_limit", answered(case) .. reached .. later))
  end
  return try_again(case, failure(case, "rate_limit",
    answered(case) .. reached .. times(case.attempt),
    "wait a minute, then try again"))
end

local function judge_unavailable(case)
  local later = case.retry_after and case.retry_after > (case.env.max_wait or MAX_WAIT)
  local suffix = later and "; " .. when(case.retry_after, case.env.now) or times(case.attempt)
  local fields = status_failure(case, "http", suffix)
  -- Only a 503 that says when to come back surely did nothing.
  local untouched = case.status == 503 and case.retry_after
  if not case.repeatable and not untouched then
    return case.request.method == "DELETE" and uncertain(case, fields) or fail(fields)
  end
  return later and fail(fields) or try_again(case, fields)
end

local OAUTH_HINTS = {
  invalid_client = "compare both with the app's page at https://developer.xero.com/app/manage; they"
    .. " come from XERO_CLIENT_ID and XERO_CLIENT_SECRET, or from the profile",
  unauthorized_client = "the app may not use this grant; a PKCE app has no client credentials",
  invalid_scope = "the app may not ask for this scope; app.connections is for apps with a secret",
  invalid_grant = "log in again",
}

local function judge_refused_grant(case)
  local code, description = case.answer.oauth_error, case.answer.oauth_description
  if not code then
    return fail(status_failure(case, "auth", "", "check the app's client id and secret"))
  end
  local says = code == "invalid_client" and "Xero does not know this client id with this secret"
    or answered(case)
  local message = ("%s: %s%s"):format(says, text.printable(code),
    description and " (" .. text.excerpt(description) .. ")" or "")
  return fail(failure(case, "auth", message, OAUTH_HINTS[code]))
end

local function judge_unauthorised(case)
  if case.env.renewable then return { action = "renew" } end
  local detail = detail_of(case.answer.body) or ""
  local hint = "the access token is not accepted: log in again, or get another one"
  if case.env.renewed then
    hint = "a new token was refused too: check the app, and the clock of this machine"
  elseif detail:find "^TokenExpired" then
    hint = "the access token has expired; XERO_ACCESS_TOKEN is never renewed, but "
      .. "XERO_CLIENT_ID and XERO_CLIENT_SECRET give new ones"
  end
  return fail(status_failure(case, "auth", "", hint))
end

local function judge_status(case)
  local status, method = case.status, case.request.method
  if status == 429 then return judge_limit(case) end
  if RETRIED[status] or method == "DELETE" and status >= 500 then return judge_unavailable(case) end
  if method == "POST" and (case.answer.oauth_error or status == 401 or status == 403) then
    return judge_refused_grant(case)
  end
  if status == 401 then return judge_unauthorised(case) end
  if status == 403 then
    return fail(status_failure(case, "forbidden", "",
      "the token may not do this: it may be of another app or person, or lack a scope"))
  end
  if status >= 300 and status < 400 then
    return fail(status_failure(case, "http", ", a redirect, which is not followed",
      "check XERO_API_URL and XERO_IDENTITY_URL"))
  end
  return fail(status_failure(case, "http", ""))
end

---The verdict on what `is_done`.
M.DONE = { action = "done" }

---Whether nothing is left to do about a request. So it is for a DELETE of a connection that is not
---there: whether that is well or an error, the caller knows.
---@param request xero.RetryRequest
---@param answer table
---@return boolean
function M.is_done(request, answer)
  if answer.error then return false end
  local status = answer.status
  return status >= 200 and status < 300 or status == 404 and request.method == "DELETE"
end

---Judges the answer to a request.
---@param request xero.RetryRequest
---@param answer table as `pump:wait` gives it; with `lost` an error of kind "protocol" means that
---  the answer did not arrive whole, so that it may be asked for again
---@param attempt integer which attempt it answers; the first is 1
---@param env xero.RetryEnvironment
---@return xero.Verdict
function M.verdict(request, answer, attempt, env)
  if M.is_done(request, answer) then return M.DONE end
  local case = look_at(request, answer, attempt, env)
  return answer.error and judge_no_answer(case) or judge_status(case)
end

return M
