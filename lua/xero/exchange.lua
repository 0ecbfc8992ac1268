-- One request after another over the pump: send it, wait for its answer, and send it again where
-- the retry rules say so.
--
-- An interrupt ends a wait with an error of kind "interrupted". Only a DELETE, and what says so, is
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
---@field finish? boolean whether its answer is waited for whatever signal comes, as a DELETE's is
---@field read? fun(answer: table) may mark an answer as lost, see `Exchange.lose`
---@field renew? fun() gets another token after a 401
---@field explain? fun(failure: table): table adds what the caller knows to the error it ends with

---@param native table the module xero.native or a stand-in
---@param log xero.Log
function Exchange.new(native, log)
  return setmetatable({ native = native, log = log }, Exchange)
end

function Exchange:opened_pump()
  self.pump = self.pump or self.native.pump {}
  return self.pump
end

---Raises that a signal came.
function Exchange:raise_interrupted()
  local signal = self.native.interrupted()
  errors.raise {
    kind = "interrupted",
    signal = signal,
    message = "interrupted by " .. signal,
  }
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

-- Whatever ends the wait early, the interrupt hook included, takes the transfer with it.
local function transfer(pump, id)
  return setmetatable({ id = id }, {
    __close = function(self) if self.id then pump:cancel(self.id) end end,
  })
end

---Sends a request once and waits for its answer.
---@param request xero.Request
---@return table answer of the pump
function Exchange:send(request)
  if self.native.interrupted() then self:raise_interrupted() end
  local pump = self:opened_pump()
  local id, refusal = request.submit(pump)
  if not id then
    errors.raise { kind = "limit", message = ("%s %s is not sent: %s"):format(request.method,
      request.path, refusal) }
  end
  local finish = request.finish or request.method == "DELETE"
  local running <close> = transfer(pump, id)
  while true do
    local answer = pump:wait()
    if answer and answer.id == id then
      running.id = nil
      self.log.debug("%s", describe(request, answer))
      if request.read then request.read(answer) end
      return answer
    elseif not answer and not finish and self.native.interrupted() then
      self:raise_interrupted()
    end
  end
end

---What the retry rules say of an answer.
---@param request xero.Request
---@param attempt integer how often it was asked by now
---@param renewed boolean whether the token was renewed for it
function Exchange:judge(request, answer, attempt, renewed)
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
