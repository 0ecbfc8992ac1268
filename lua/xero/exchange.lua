-- Requests over the pump: send one, wait for its answer, and send it again where the retry rules
-- say so.
--
-- An interrupt ends a wait with an error of kind "interrupted" or "deadline". Only what says so is
-- waited for nevertheless once it is under way: what became of it must be known.

local errors = require "xero.error"
local retry = require "xero.retry"
local time = require "xero.time"

local Exchange = {}
Exchange.__index = Exchange

-- Waits that a person would notice are said.
local NOTICED = 1

---@class xero.Request
---@field method "GET"|"DELETE"|"POST"
---@field path string what to call it in messages; no secret is in it
---@field submit fun(pump): integer hands the request to the pump
---@field finish? boolean whether its answer is waited for whatever signal comes
---@field read? fun(answer: table) may mark an answer as lost, see `Exchange.lose`
---@field renew? fun() gets another token after a 401
---@field explain? fun(failure: table): table adds what the caller knows to the error it ends with

---@param native table the module xero.native or a stand-in
---@param log xero.Log
function Exchange.new(native, log)
  return setmetatable({ native = native, log = log, kept = {} }, Exchange)
end

local function opened_pump(self)
  self.pump = self.pump or self.native.pump {}
  return self.pump
end

---Raises that a signal came, or that the deadline has passed.
function Exchange:raise_interrupted()
  error(errors.interruption(self.native.interrupted()), 0)
end

-- The status, or why there is none; the path without its host; never a header or a body.
local function describe(request, answer)
  return ("%s %s %s %.0f ms%s%s"):format(request.method, request.path,
    answer.error or answer.status, answer.seconds * 1000,
    answer.http and " h" .. answer.http or "",
    answer.sends and answer.sends > 1 and (", sent %d times"):format(answer.sends) or "")
end

---Marks a complete answer as one whose content did not arrive whole: it may be asked for again.
---@param answer table
---@param message string
function Exchange.lose(answer, message)
  answer.error, answer.message, answer.lost = "protocol", message, true
end

---Says an answer where the log is to have all of them.
---@param request xero.Request
---@param answer table
function Exchange:tell(request, answer)
  if self.native.options.verbose then self.log.debug("%s", describe(request, answer)) end
end

---A window of disconnects, over the same pump.
---@param options { url: string, timeout: number }
function Exchange:window(options)
  return opened_pump(self):window(options)
end

-- Hands a request to the pump.
local function start(self, request)
  if self.native.interrupted() then self:raise_interrupted() end
  local id, refusal = request.submit(opened_pump(self))
  if id then return id end
  errors.raise { kind = "limit", message = ("%s %s is not sent: %s"):format(request.method,
    request.path, refusal) }
end

-- Waits for the answer to one request; nil where a signal came. A finalizer of the script's that
-- runs meanwhile may send requests, too: what it gets in place of its own is kept.
local function receive(self, id)
  local kept = self.kept
  while not kept[id] do
    local answer = self.pump:wait()
    if not answer then return nil end
    kept[answer.id] = answer
  end
  return kept[id]
end

-- Whatever ends the wait early, the interrupt hook included, takes the transfer with it.
local function transfer(self, id)
  return setmetatable({}, { __close = function()
    if not self.kept[id] then self.pump:cancel(id) end
    self.kept[id] = nil
  end })
end

---Sends a request once and waits for its answer.
---@param request xero.Request
---@return table answer of the pump
function Exchange:send(request)
  local id = start(self, request)
  local _ <close> = transfer(self, id)
  local answer = receive(self, id)
  while not answer do
    if not request.finish and self.native.interrupted() then self:raise_interrupted() end
    answer = receive(self, id)
  end
  self:tell(request, answer)
  if request.read then request.read(answer) end
  return answer
end

---What the retry rules say of an answer.
---@param request xero.Request
---@param attempt integer how often it was asked by now
---@param renewed boolean whether the token was renewed for it
function Exchange:judge(request, answer, attempt, renewed)
  if retry.is_done(request, answer) then return retry.DONE end
  return retry.verdict(request, answer, attempt, {
    now = self.native.now(),
    random = self.native.random,
    renewable = request.renew ~= nil and not renewed,
    renewed = renewed,
  })
end

---Waits before the next attempt; `answer` is why.
---@return boolean slept false when a signal ended the wait
function Exchange:pause(request, answer, seconds)
  if seconds > NOTICED then
    self.log.info("%s %s: %s; trying again in %s", request.method, request.path,
      answer.message or answer.status, time.describe(seconds))
  end
  return self.native.sleep(seconds) == true
end

---Sends a request that may be repeated until it is answered for good. Raises what it ended with.
---@param request xero.Request
---@return table answer
function Exchange:perform(request)
  local attempt, renewed = 0, false
  while true do
    attempt = attempt + 1
    local answer = self:send(request)
    local verdict = self:judge(request, answer, attempt, renewed)
    if verdict.action == "done" then
      return answer
    elseif verdict.action == "renew" then
      request.renew()
      renewed = true
    elseif verdict.action ~= "wait" then
      errors.raise(request.explain and request.explain(verdict.error) or verdict.error)
    elseif not self:pause(request, answer, verdict.wait) then
      self:raise_interrupted()
    end
  end
end

return Exchange
