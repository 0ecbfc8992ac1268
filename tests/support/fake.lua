-- A stand-in for xero.native: a clock that only sleeping moves, a pump whose answers are scripted.
--
--   local native = fake.native()
--   native.pump_answers = { fake.grant(), fake.list { … }, { status = 204 } }
--
-- An answer may be a function of the request, called when it is submitted. `native.requests` has
-- what was submitted, `native.sleeps` how long was slept; `native.signal` is the signal that came.

local fake = {}

local Pump = {}
Pump.__index = Pump

local function submit(op)
  return function(self, request)
    local native = self.native
    request.op = op
    table.insert(native.requests, request)
    local answer = table.remove(native.pump_answers, 1)
    assert(answer, "no answer is scripted for request " .. #native.requests .. ", a " .. op)
    if type(answer) == "function" then answer = answer(request) end
    answer.id = #native.requests
    answer.sends = answer.sends or 1
    answer.seconds = answer.seconds or 0.001
    answer.headers = answer.headers or {}
    answer.body = answer.body or ""
    table.insert(self.answers, answer)
    return answer.id
  end
end

Pump.list, Pump.delete, Pump.grant = submit "list", submit "delete", submit "grant"

function Pump:wait()
  local native = self.native
  if native.signal and not native.noticed then
    native.noticed = true
    return nil
  end
  return table.remove(self.answers, 1)
end

function Pump:cancel(id)
  table.insert(self.native.cancelled, id)
  self.answers = {}
end

function Pump:in_flight() return #self.answers end

---@param value? string
function fake.token(value, fields)
  fields = fields or {}
  return setmetatable({ value = value or "T" }, {
    __index = {
      expires_at = function() return fields.expires_at end,
      obtained_at = function() return fields.obtained_at end,
      scope = function() return fields.scope end,
      claims = function() return fields.claims end,
    },
  })
end

---The answer of a token endpoint.
function fake.grant(token)
  return { status = 200, token = token or fake.token() }
end

---The answer with a list of connections; each given as its fields.
function fake.list(connections)
  local json = require "xero.json"
  return { status = 200, body = json.encode(json.array(connections)) }
end

---A log that keeps its warnings.
function fake.log()
  local log = { said = {} }
  function log.warn(format, ...) table.insert(log.said, format:format(...)) end
  log.info, log.debug = function() end, function() end
  return log
end

---@param overrides? table
function fake.native(overrides)
  local native = {
    version = "0", options = {}, time = 1000000,
    requests = {}, sleeps = {}, cancelled = {}, pump_answers = {}, environment = {},
  }
  native.now = function() return native.time end
  native.monotonic = native.now
  native.random = function() return 0.5 end
  native.isatty = function() return false end
  native.interrupted = function() return native.signal end
  native.shield = function(f, ...) return f(...) end
  native.secret = function(value) return { secret = value } end
  native.secret_from_env = function(name)
    local value = native.environment[name]
    return value and { secret = value }
  end
  native.at_end = function() end
  native.home_directory = function() return nil end
  native.file_status = function() return nil, "there are no files", true end
  native.token = function(secret) return fake.token(secret.secret) end
  native.pump = function()
    return setmetatable({ native = native, answers = {} }, Pump)
  end
  native.sleep = function(seconds)
    table.insert(native.sleeps, seconds)
    native.time = native.time + seconds
    if native.signal then return nil end
    return true
  end
  native.getenv = function(name) return native.environment[name] end
  for key, value in pairs(overrides or {}) do native[key] = value end
  return native
end

return fake
