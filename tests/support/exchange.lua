-- A pump and a loopback server in one process, driven by turns.
--
--   local pump, server, url = exchange.open()
--   pump:list { url = url, ... }
--   local answer, requests = exchange(pump, server, function(request) request.handle:reset() end)

local assert = require "luassert"
local native = require "xero.native"

local exchange = {}

---@return userdata pump, userdata server, string url of the server
function exchange.open()
  local server = assert(native.httpd {})
  return native.pump {}, server, "http://127.0.0.1:" .. server:port()
end

function exchange.close(pump, server)
  pump:close()
  server:close()
end

---Disconnects one connection over a pump. The `wait` of what this gives is like the pump's.
---@param pump userdata
---@param url string
---@param token userdata
---@param id string
---@return table
function exchange.delete(pump, url, token, id)
  local window = pump:window { url = url }
  assert.is_true(window:add(1, id))
  window:open(token, 1)
  return { wait = function(_, seconds) return window:wait(seconds, 0) end }
end

local function serve(pump, server, reply)
  local requests = {}
  local deadline = native.monotonic() + 20
  while native.monotonic() < deadline do
    local answer = pump:wait(0.002)
    if answer then
      return answer, requests
    end
    local request = server:next(0)
    if request then
      requests[#requests + 1] = request
      if reply then
        reply(request, #requests)
      end
    end
  end
  error("no answer came", 3)
end

--- Answers the one request that a submission leads to.
---@param pump userdata
---@param server userdata
---@param answer? table  status 200 without it
---@return table request, table answer of the pump
function exchange.one(pump, server, answer)
  local got, requests = serve(pump, server, function(request)
    request.handle:answer(answer or { status = 200 })
  end)
  assert.equal(1, #requests)
  return requests[1], got
end

--- Serves until the pump has an answer.
---@param pump userdata
---@param server userdata
---@param reply? fun(request: table, number: integer)  called for each request
---@return table answer, table[] requests
return setmetatable(exchange, {
  __call = function(_, pump, server, reply) return serve(pump, server, reply) end,
})
