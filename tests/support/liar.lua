-- A server that gives every request the same body, whatever was asked.
--
--   xero-run tests/support/liar.lua FILE STATUS [ENCODING]     prints its port

local native = require "xero.native"

local file <close> = assert(io.open(arg[1], "rb"))
local body = file:read "a"
local server <close> = assert(native.httpd {})
print(server:port())
io.stdout:flush()
while not native.interrupted() do
  local request = server:next()
  if request then
    request.handle:answer { status = tonumber(arg[2]), body = body,
      headers = { ["Content-Type"] = "application/json", ["Content-Encoding"] = arg[3] } }
  end
end
