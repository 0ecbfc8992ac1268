-- A pump and a loopback server in one process, driven by turns.
--
--   local pump, server = native.pump {}, native.httpd {}
--   pump:list { ... }
--   local answer, requests = exchange(pump, server, function(request) request.handle:reset() end)

local native = require "xero.native"

--- Serves until the pump has an answer.
---@param pump userdata
---@param server userdata
---@param reply? fun(request: table, number: integer)  called for each request
---@return table answer, table[] requests
return function(pump, server, reply)
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
  error("no answer came", 2)
end
