-- Many disconnects at once: a sliding window over the pump, and the account of each.
--
-- As long as all goes well the window (src/window.h) goes on by itself, and tells what it has done
-- when it is asked. What any other answer means is judged elsewhere (retry.lua, deletion.lua),
-- alike for one and for many; how fast it goes, too (pace.lua). Here is the order of things: which
-- is sent when, and when to stop.
--
-- Everything from a sending to its account happens shielded: a signal cannot come between an answer
-- and the line about it. `on_result` alone is called unshielded, for it is the script's own code
-- and Ctrl-C must end it; whatever it raises waits until all that is under way has its account.

local bulk_queue = require "xero.bulk_queue"
local report = require "xero.bulk_report"
local connection = require "xero.connection"
local deletion = require "xero.deletion"
local errors = require "xero.error"
local pace = require "xero.pace"
local time = require "xero.time"

local bulk = {}

-- So many wait in the window to be sent, beside those under way.
local AHEAD = 32

-- Outcomes are told and written together: so many, or what there is when no answer comes for so
-- many seconds. A kill leaves them to the next run to find out.
local BATCH = 16
local LULL = 0.05

-- The window goes on by itself however late an answer comes: so many seconds after a token was good
-- enough it is looked at again.
local TRUST = 10

-- So many times in a row nothing came of what was sent: then the next would fare no better.
local FAILURES_IN_A_ROW = 5

-- After these the next one surely would fare no better.
local STOPS = { auth = true, rate_limit = true, tls = true }

-- Waits that a person would notice are said.
local NOTICED = 1

-- What stops it where on_result never comes back.
local FORSAKEN = "the script has ended"

---@class xero.BulkOptions
---@field works table[] deletions, each once
---@field concurrency integer
---@field token fun(): userdata that is good for the next requests
---@field request fun(work: table): xero.Request what was sent for it
---@field list fun(): xero.Connection[] fetches the list of all connections
---@field window table of the pump
---@field exchange table
---@field native table
---@field log xero.Log
---@field journal xero.Journal
---@field note fun(work: table) is told of each that has ended
---@field on_result? fun(work: table) likewise, unshielded
---@field progress? xero.Progress
---@field alone? boolean one that was asked for as such: it has no summary

local Bulk = {}
Bulk.__index = Bulk

-- Who wants to hear of each hears of each; a verbose log has a line for each answer, also where all
-- is well: 0 is for that.
local function batch_of(options)
  if options.native.options.verbose then return 0 end
  return options.on_result and 1 or BATCH
end

local function new(options)
  local self = setmetatable({
    options = options,
    works = options.works,
    window = options.window,
    exchange = options.exchange,
    native = options.native,
    log = options.log,
    journal = options.journal,
    progress = options.progress,
    batch = batch_of(options),
    unwritten = 0, -- outcomes that wait to be written in the journal
    pace = pace.new(options.concurrency, options.native),
    uncertain = {},
    finished = {}, -- for on_result
    counts = { deleted = 0, absent = 0, failed = 0, unknown = 0, skipped = 0 },
  }, Bulk)
  -- Who hears of each decides by it what is sent next.
  local ahead = options.on_result and 0 or AHEAD
  self.queue = bulk_queue.new(options.works, options.window, ahead, function(works)
    return self:check_journal(self.journal:intend(works))
  end)
  return self
end

-- Accounts --------------------------------------------------------------------------------------

-- That the journal cannot be written any more is told once, in the end; meanwhile nothing is sent.
function Bulk:check_journal(done, message, hint)
  if done or self.journal_failure then return done end
  self.journal_failure = errors.new { kind = "store", message = message, hint = hint }
  self:stop(self.journal_failure)
end

function Bulk:finish(work, status, failure)
  work.status = status
  if failure then work.error = errors.is(failure) and failure or errors.new(failure) end
  work.request, work.token = nil, nil
  self.counts[status] = self.counts[status] + 1
  if work.intent then
    self.journal:conclude(work)
    self.unwritten = self.unwritten + 1
  end
  self.options.note(work)
  if self.options.on_result then self.finished[#self.finished + 1] = work end
  if self.progress then self.progress:advance(status) end
end

---Nothing more is sent.
function Bulk:stop(reason)
  self.stopped = self.stopped or reason
  self.queue:recall()
end

-- Nothing more is sent, since it would fail. What was tried in vain has failed then, too.
function Bulk:give_up(failure)
  self.gave_up = not self.stopped
  self:stop(failure)
end

-- Failures --------------------------------------------------------------------------------------

-- Tells whether the failure says anything new.
function Bulk:fail_round(work, failure)
  if not self.pace:fail(work.round) then return false end
  if self.pace.failures >= FAILURES_IN_A_ROW then
    self:give_up(errors.new {
      kind = failure.kind, status = failure.status, retry_after = failure.retry_after,
      limit = failure.limit, hint = failure.hint,
      message = ("%d failures in a row, the last: %s"):format(FAILURES_IN_A_ROW, failure.message),
    })
  end
  return true
end

function Bulk:slow_down(work, failure)
  if self:fail_round(work, failure) then self.pace:slow_down() end
end

-- Answers ---------------------------------------------------------------------------------------

local on = {}

function on.deleted(self, work)
  self:finish(work, "deleted")
  self.pace:succeed()
end

function on.absent(self, work)
  self:finish(work, "absent")
  self.pace:succeed()
end

function on.settle(self, work, step)
  work.failure, work.pause = step.error, step.wait
  self.uncertain[#self.uncertain + 1] = work
  self:slow_down(work, step.error)
end

function on.wait(self, work, step, answer)
  self.queue:repeat_later(work)
  if step.wait > NOTICED then
    self.log.info("%s %s: %s; going on in %s", work.request.method, work.request.path,
      answer.message or answer.status, time.describe(step.wait))
  end
  self.pace:hold(step.wait)
  self:slow_down(work, { kind = answer.error or answer.status == 429 and "rate_limit" or "http",
    status = answer.status, message = answer.message or "status " .. tostring(answer.status) })
end

function on.renew(self, work)
  work.renewed = true
  local renewed, failure = pcall(work.request.renew)
  if renewed then
    self.queue:repeat_later(work)
  else
    self:break_off(work, failure)
  end
end

function on.fail(self, work, step)
  local failure = work.request.explain(step.error)
  self:finish(work, "failed", failure)
  if STOPS[failure.kind] then
    self:give_up(work.error)
  else
    self:fail_round(work, failure)
  end
end

local function header(answer, name)
  return answer.headers and answer.headers[name]
end

function Bulk:judge(work, answer)
  work.request = self.options.request(work)
  self.exchange:tell(work.request, answer)
  work.attempts = work.attempts + 1
  work.sends = work.sends + (answer.sends or 1)
  work.http = answer.status
  work.correlation_id = header(answer, "xero-correlation-id") or work.correlation_id
  local verdict = self.exchange:judge(work.request, answer, work.attempts, work.renewed)
  local step = deletion.judge(work, answer, verdict)
  on[step.action](self, work, step, answer)
end

-- Sending ---------------------------------------------------------------------------------------

-- What kept it from being sent, mostly that there is no token, keeps all the others, too.
function Bulk:break_off(work, failure)
  if errors.is(failure) and not errors.is_interruption(failure) then
    self:finish(work, "failed", failure)
    self:give_up(failure)
  else
    self.queue:repeat_first(work)
    self:stop(failure)
  end
end

function Bulk:send()
  if self.stopped or not self.queue:waits() or self.pace:pause() > 0 then return end
  local got, token = pcall(self.options.token)
  if got then return self.queue:fill(token, self.pace) end
  self.queue:recall() -- or the next one would not be the first of the rest
  local work = self.queue:take()
  if work then self:break_off(work, token) end
end

-- Takes what has come: what went well, and one answer that did not. Tells whether any came.
function Bulk:receive(seconds)
  local answer = self.window:wait(seconds, self.batch)
  local place, correlation_id = self.window:next()
  local came = answer ~= nil or place ~= nil
  while place do
    local work = self.queue:landed(place)
    deletion.went_well(work, correlation_id)
    on.deleted(self, work)
    place, correlation_id = self.window:next()
  end
  if answer then
    local work = self.queue:landed(answer.tag)
    self.queue:recall()
    self:judge(work, answer)
  end
  return came
end

-- How long to wait for what is under way: until more may be sent, and no longer than a lull where
-- outcomes are to be written.
function Bulk:patience()
  local longest = self.unwritten > 0 and LULL or TRUST
  local pause = not self.stopped and self.queue:has_more() and self.pace:pause() or 0
  return pause > 0 and math.min(pause, longest) or longest
end

-- The journal is written while requests are on their way.
function Bulk:take()
  local came = self:receive(self:patience())
  if self.unwritten >= BATCH or not came and self.unwritten > 0 then
    self.unwritten = 0
    self:check_journal(self.journal:flush())
  end
end

-- Settling --------------------------------------------------------------------------------------

function Bulk:settle_one(work, there)
  local outcome = deletion.settle(work, there)
  if outcome ~= "present" then
    work.reconnected = outcome == "reconnected" or nil
    if work.reconnected then
      self.log.warn("%s was disconnected, and has been connected again since", deletion.name(work))
    end
    self:finish(work, "deleted")
  elseif self.stopped or work.attempts >= deletion.MAX_ATTEMPTS then
    self:finish(work, "failed", work.request.explain(work.failure))
  else
    self.pace:hold(work.pause)
    self.queue:repeat_later(work)
  end
end

-- One list for all that are uncertain by now.
function Bulk:settle()
  local works = self.uncertain
  self.uncertain = {}
  local got, result
  if self.native.interrupted() then
    got, result = false, errors.interruption(self.native.interrupted())
  else
    got, result = pcall(self.options.list)
  end
  if got then
    local index = connection.index(result)
    for _, work in ipairs(works) do self:settle_one(work, index[work.id]) end
    return
  end
  self:stop(result)
  local why = errors.is(result) and result or { kind = "protocol", message = tostring(result) }
  for _, work in ipairs(works) do self:finish(work, "unknown", report.unknown(work, why)) end
end

-- With nothing under way: what is uncertain is settled, a pause is waited out. False where there is
-- nothing left to do.
function Bulk:lull()
  if self.uncertain[1] then
    self:settle()
  elseif self.stopped or not self.queue:has_more() then
    return false
  else
    local pause = self.pace:pause()
    if pause > 0 then self.native.sleep(pause) end
  end
  return true
end

-- The end ---------------------------------------------------------------------------------------

-- What was never sent is skipped. So is what was to be sent once more, unless all was given up
-- since it fails; but where it may nevertheless have been processed, a list has to tell.
function Bulk:skip_rest()
  local again, untried = self.queue:clear()
  local status = self.gave_up and "failed" or "skipped"
  for _, work in ipairs(again) do
    local why = report.not_tried(work, self.stopped)
    if work.in_doubt then
      work.failure = work.failure or why
      self.uncertain[#self.uncertain + 1] = work
    else
      self:finish(work, status, why)
    end
  end
  for _, work in ipairs(untried) do
    self:finish(work, "skipped", report.not_tried(work, self.stopped))
  end
end

-- An answer that was taken and came to nothing, as where memory is too short for it, does not come
-- again: a list has to tell.
function Bulk:find_missing()
  for _, work in ipairs(self.queue:missing()) do
    work.request = self.options.request(work)
    deletion.lost(work, self.stopped)
    self.uncertain[#self.uncertain + 1] = work
  end
end

-- All accounts are complete, durable and said.
function Bulk:wind_up()
  repeat self:take() until self.window:under_way() == 0
  self:find_missing()
  self:skip_rest()
  if self.uncertain[1] then self:settle() end
  self:check_journal(self.journal:sync())
  if self.progress then self.progress:close() end
  report.say {
    works = self.works, counts = self.counts, alone = self.options.alone, stopped = self.stopped,
    interrupted = self.native.interrupted() ~= nil, log = self.log,
  }
  self.ended = true
end

-- Goes on until there is something to tell, or to the end.
function Bulk:advance()
  repeat
    if self.native.interrupted() then
      self:stop(errors.interruption(self.native.interrupted()))
    end
    self:send()
    if self.queue.given > 0 then
      self:take()
    elseif not self:lull() then
      self:wind_up()
    end
  until self.ended or self.options.on_result and self.finished[1]
  if self.ended and self.native.interrupted() then
    self.exchange:raise_interrupted()
  end
end

-- To an error that nobody will catch its traceback has been added: it is told with the error.
local function without_traceback(err)
  return errors.is(err) and err or tostring(err):match "^[^\n]*"
end

-- Ends it halfway, with an error or without one; but not without its accounts.
function Bulk:break_away(err)
  if self.ended then return end
  self:stop(err == nil and FORSAKEN or without_traceback(err))
  self.native.shield(self.wind_up, self)
  if err == nil and self.journal_failure then error(self.journal_failure, 0) end
end

-- on_result may raise, be interrupted, or be closed where it yields.
local function guarded(self)
  return setmetatable({}, { __close = function(_, err) self:break_away(err) end })
end

-- It may also call os.exit, or yield and never go on.
local function accountable(self)
  return self.native.at_end(function() self:break_away() end)
end

local function deliver(self)
  local works = self.finished
  self.finished = {}
  if not self.options.on_result then return end
  if self.progress then self.progress:hide() end
  for _, work in ipairs(works) do self.options.on_result(work) end
end

---Disconnects them all. Afterwards each work has its `status` and, where there is one, its `error`.
---Raises an interruption, what on_result raises, and kind "store" where the journal could not be
---written; but never before what is under way has its account.
---@param options xero.BulkOptions
function bulk.run(options)
  local self = new(options)
  local _ <close> = accountable(self)
  local _ <close> = guarded(self)
  repeat
    self.native.shield(self.advance, self)
    deliver(self)
  until self.ended
  if self.journal_failure then error(self.journal_failure, 0) end
  if self.stopped and not errors.is(self.stopped) then error(self.stopped, 0) end
end

return bulk
