-- What is told of many disconnects: why one was not tried, or why nobody knows what became of it;
-- and in the end one line about all of them.

local deletion = require "xero.deletion"
local errors = require "xero.error"

local bulk_report = {}

local MOST_LINES = 20

local COUNTED = {
  { "absent", "not there any more" }, { "failed", "failed" }, { "unknown", "unknown" },
  { "skipped", "not tried" },
}

local ACCOUNTS = {
  deleted = "%s was disconnected",
  absent = "%s was not there any more",
  unknown = "whether %s was disconnected is unknown",
}

---@class xero.BulkResult
---@field works table[] deletions, each with its status
---@field counts table<string, integer> how many have each status
---@field alone? boolean one that was asked for as such: it has no summary
---@field stopped? any what ended it early
---@field interrupted boolean
---@field log xero.Log

---The failure of one that was to be sent no more.
---@param work table a deletion
---@param stopped any what ended it
---@return table failure fields for error.new
function bulk_report.not_tried(work, stopped)
  local why = errors.is(stopped) and stopped or { kind = "protocol", message = tostring(stopped) }
  return {
    kind = why.kind, signal = why.signal, status = why.status, retry_after = why.retry_after,
    limit = why.limit, hint = why.hint,
    message = ("%s was not disconnected: %s"):format(deletion.name(work), why.message),
  }
end

---The failure of one that may be gone or not: without a list nobody knows, and that must be said.
---@param work table a deletion
---@param why table the error that kept the list from us
---@return table failure fields for error.new
function bulk_report.unknown(work, why)
  return {
    kind = why.kind, signal = why.signal, status = why.status, retry_after = why.retry_after,
    limit = why.limit, correlation_id = why.correlation_id,
    message = ("whether %s was disconnected is unknown: %s"):format(deletion.name(work),
      why.message),
    hint = "xero-run list tells, once Xero answers again",
  }
end

local function summary(result)
  local counts = result.counts
  local parts = { ("%d of %d disconnected"):format(counts.deleted, #result.works) }
  for _, counted in ipairs(COUNTED) do
    local count = counts[counted[1]]
    if count > 0 then parts[#parts + 1] = count .. " " .. counted[2] end
  end
  return table.concat(parts, ", ")
end

-- Of an interrupted run nobody gets the outcomes: the doubtful ones are named.
local function name_unknown(result)
  local left = MOST_LINES
  for _, work in ipairs(result.works) do
    if work.status == "unknown" and left > 0 then
      result.log.warn(ACCOUNTS.unknown, deletion.name(work))
      left = left - 1
    end
  end
end

local function say_one(result)
  if not result.interrupted then return end
  local work = result.works[1]
  result.log.warn(ACCOUNTS[work.status] or "%s was not disconnected", deletion.name(work))
end

---Tells what a run came to. The account is a line of its own: whoever catches the error of an
---interruption is interrupted at once again, and might never show its message.
---@param result xero.BulkResult
function bulk_report.say(result)
  local counts, log = result.counts, result.log
  if result.alone then
    say_one(result)
  elseif result.interrupted then
    name_unknown(result)
    log.warn("%s", summary(result)) -- the error that follows says why
  elseif result.stopped then
    log.warn("%s; %s", summary(result), tostring(result.stopped))
  else
    local bad = counts.failed + counts.unknown + counts.skipped > 0
    log[bad and "warn" or "info"]("%s", summary(result))
  end
end

return bulk_report
