-- Keeps tests away from the world: whatever a test does, no request leaves the process, unless it
-- is meant for a private sandbox (`xero-run test --sandbox`).
--
-- The pump, which every request takes, is closed; what scripts call is closed as well, so that the
-- message says where. Tests may put functions of their own in place: stub(xero.http, "get").

local declaring = require "xero.declaring"
local native = require "xero.native"
local xero = require "xero"

local guard = {}

local OF_XERO = { "client", "get_connections", "delete_connection", "delete_connections", "token" }
local OF_HTTP = { "request", "get", "post" }

local function closed(name, advice)
  return function()
    error(("%s: tests have no network; %s"):format(name, advice), 2)
  end
end

local IN_SANDBOX = "xero-run test --sandbox gives them a sandbox of Xero"

---Closes the ways out for the rest of the process.
---@param sandbox boolean whether requests to Xero go to a private sandbox, and may
function guard.close(sandbox)
  for _, name in ipairs(OF_HTTP) do
    xero.http[name] = closed("xero.http." .. name, ("give an answer in its place: "
      .. 'stub(xero.http, "%s").returns { status = 200, body = "…" }'):format(name))
  end
  if sandbox then
    declaring.finish() -- what tests of policies disconnect there is theirs to do
    return
  end
  for _, name in ipairs(OF_XERO) do xero[name] = closed("xero." .. name, IN_SANDBOX) end
  native.pump = closed("a request", IN_SANDBOX)
end

return guard
