-- A stand-in for xero.native: a clock that only sleeping moves, a pump whose answers are scripted.
--
--   local native = fake.native()
--   native.pump_answers = { fake.grant(), fake.list { … }, { status = 204 } }
--
-- An answer may be a function of the request, called when it is submitted. `native.requests` has
-- what was submitted, `native.sleeps` how long was slept; `native.signal` is the signal that came.

local window = require "support.window"

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

for _, op in ipairs { "list", "delete", "grant", "request" } do Pump[op] = submit(op) end

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
  for i, answer in ipairs(self.answers) do
    if answer.id == id then return table.remove(self.answers, i) ~= nil end
  end
  return false
end

function Pump:in_flight() return #self.answers end

function Pump:window(options) return window.new(self, self.native, options) end

-- A file that only grows, in memory. `fails` is what its next write or sync says, `durable` what a
-- power cut would leave.
local Append = {}
Append.__index = Append

function Append:size() return #self.text end
function Append:read(offset, length) return self.text:sub(offset + 1, offset + length) end

local function outcome(self)
  if self.fails then return nil, self.fails, "free some space" end
  return true
end

function Append:write(text)
  table.insert(self.calls, "write")
  if not self.fails then self.text = self.text .. text end
  return outcome(self)
end

function Append:sync()
  table.insert(self.calls, "sync")
  if not self.fails then self.durable = self.text end
  return outcome(self)
end

---@param text? string what is in it already
function fake.append(text)
  return setmetatable({ text = text or "", durable = text or "", calls = {} }, Append)
end

---A store whose lock can be had, or says `busy`; `files` are what `append` gives.
function fake.store(files)
  local store = { files = files or {} }
  function store.lock(self)
    if self.busy then return nil, "busy", "another process holds it" end
    self.locked = true
    return true
  end
  function store.is_locked(self) return self.locked == true end
  function store.append(self, name)
    self.files[name] = self.files[name] or fake.append()
    return self.files[name]
  end
  function store.close() end
  return store
end

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
  local real = require "xero.native"
  local native = {
    sha256 = real.sha256, sha256_hex = real.sha256_hex,
    base64url = real.base64url, random_bytes = real.random_bytes,
    user_name = function() return "ann" end,
    host_name = function() return "desk" end,
    private_directory = function() return "/tmp/private" end,
    version = "0", options = { lock_timeout = 30 }, time = 1000000,
    requests = {}, sleeps = {}, cancelled = {}, pump_answers = {}, environment = {},
  }
  native.now = function() return native.time end
  native.monotonic = native.now
  native.kept = fake.store()
  native.store = function() return native.kept end
  native.end_partly = function(partly) native.partly = partly end
  native.random = function() return 0.5 end
  native.isatty = function() return false end
  native.interrupted = function() return native.signal end
  native.shield = function(f, ...) return f(...) end
  native.secret = function(value) return { secret = value } end
  native.secret_from_env = function(name)
    local value = native.environment[name]
    return value and { secret = value }
  end
  native.at_end = function() return nil end
  native.home_directory = function() return nil end
  native.file_status = function() return nil, "there are no files", true end
  native.script_fault = function() return nil end
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
  native.getenv = function(name)
    return native.environment[name] or name == "XERO_RUN_STATE" and "/state" or nil
  end
  for key, value in pairs(overrides or {}) do native[key] = value end
  return native
end

return fake
