-- The error object: what every failure raises, and what decides the exit status of an uncaught one.
--
-- A failure has a kind, a message for people and, where somebody can do something about it, a hint.
-- The other fields say what the far side said. `tostring(err)` is one line, safe to print: messages
-- may carry words of strangers. A kind that is not in the list is a bug of ours, so it is asserted.

---@alias xero.ErrorKind
---| "usage" # the command line, the configuration or the environment is wrong
---| "auth" # not authorised: log in, or the credentials are wrong
---| "forbidden" # Xero answered 403
---| "not_found" # there is no such connection (any more)
---| "rate_limit" # 429 beyond what we wait
---| "http" # any other status that is no success
---| "network" # no connection, or it broke
---| "tls" # no trusted connection
---| "timeout" # no answer in time
---| "protocol" # an answer that makes no sense
---| "protected" # a guard: the tenant is protected
---| "limit" # a guard: too many at once
---| "source" # a policy's source is missing, empty, stale or has shrunk
---| "busy" # another run holds the lock
---| "interrupted" # SIGINT or SIGTERM
---| "deadline" # the deadline of the run has passed
---| "store" # a file of ours cannot be read or written

---@class xero.Error
---@field kind xero.ErrorKind
---@field message string one sentence for people, without "error:" before it
---@field hint? string what to do about it
---@field status? integer the HTTP status
---@field oauth_error? string the `error` of a token endpoint (RFC 6749 5.2)
---@field detail? string what Xero's error body said
---@field correlation_id? string Xero-Correlation-Id, for Xero's support
---@field retry_after? number seconds until it makes sense to try again
---@field limit? string which limit: "minute", "day", "appminute", …
---@field attempts? integer how often it was tried
---@field signal? "SIGINT"|"SIGTERM" which one, for kind "interrupted"

---@class xero.error
local M = {}

local EXIT_STATUS = {
  usage = 2,
  auth = 4, forbidden = 4,
  protected = 5, limit = 5,
  source = 6,
  busy = 7,
  network = 8, tls = 8, timeout = 8, rate_limit = 8, protocol = 8, deadline = 8,
  http = 1, not_found = 1, interrupted = 1, store = 1,
}

local SIGNAL_STATUS = { SIGINT = 130, SIGTERM = 143 }

---@class xero.Error
local methods = {}
local metatable = { __name = "xero.error", __index = methods }

---The exit status of a process that this error ends.
---@return integer status 1 to 8, or 130 and 143 for the two signals
function methods:exit_status()
  if self.kind == "http" and (self.status or 0) >= 500 then return 8 end
  if self.kind == "interrupted" then return SIGNAL_STATUS[self.signal] or 1 end
  return EXIT_STATUS[self.kind]
end

function metatable:__tostring()
  local line = self.message:gsub("%s*[\r\n]+%s*", " ")
  return require("xero.text").printable(line)
end

---Makes an error object of the fields; the table itself becomes the object.
---@param fields table the fields of xero.Error; `kind` and `message` are required
---@return xero.Error
function M.new(fields)
  assert(EXIT_STATUS[fields.kind], "no such kind of error: " .. tostring(fields.kind))
  assert(type(fields.message) == "string", "an error needs a message")
  return setmetatable(fields, metatable)
end

---Raises an error object of the fields.
---@param fields table as for `new`
function M.raise(fields)
  error(M.new(fields), 0)
end

---@package
---The error object of what ends a run early.
---@param reason "SIGINT"|"SIGTERM"|"deadline" as `native.interrupted()` gives it
---@return xero.Error
function M.interruption(reason)
  if reason == "deadline" then
    return M.new { kind = "deadline", message = "the deadline of the run has passed" }
  end
  return M.new { kind = "interrupted", signal = reason, message = "interrupted by " .. reason }
end

---@package
---Tells whether a value is such an error object.
---@param value any
---@return boolean
function M.is_interruption(value)
  return M.is(value, "interrupted") or M.is(value, "deadline")
end

---Tells whether a value, such as pcall's second result, is an error object (of that kind).
---@param value any
---@param kind? xero.ErrorKind
---@return boolean
function M.is(value, kind)
  return getmetatable(value) == metatable and (kind == nil or value.kind == kind)
end

return M
