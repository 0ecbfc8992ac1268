-- Requests to the sandbox, and what comes back from a login's browser: METHOD PATH, a line of
-- Authorization, then the body.

local json = require "xero.json"
local login = require "xero.login"
local native = require "xero.native"
local sandbox = require "xero.sandbox"
local server = require "xero.sandbox_server"

local world = sandbox.new {
  now = function() return 1e9 end, random = function() return 0.5 end, sha256 = native.sha256,
  connections = 3,
}

local function query_of(text)
  local query = {}
  for name, value in text:gmatch "([^&=]+)=([^&]*)" do query[name] = value end
  return query
end

return function(bytes)
  local method, path, authorization, body = bytes:match "^(%u+) ([^\n]*)\n([^\n]*)\n?(.*)$"
  if not method then return end
  local request = { method = method, path = path:match "^[^?]*",
    query = query_of(path:match "%?(.*)$" or ""), body = body, headers = {
      authorization = authorization ~= "" and authorization or nil,
      ["content-type"] = "application/x-www-form-urlencoded",
    } }
  local reply = world:handle(request)
  assert(math.type(reply.status) == "integer" and type(reply.body) == "string")
  assert(json.decode(server.log_line(request, reply)), "the log cannot be read")
  login.pasted(path)
end
