-- The proxy of proxy.c, which spoils answers on their way.
--
--   local proxy <close> = require "support.proxy".start(PROGRAM, sandbox)
--   proxy:spoil("delete", 12, "rst")
--   run { "list", env = proxy.env }

local process = require "support.process"
local shell = require "support.shell"

---@class support.Proxy
---@field env table<string, string>  what a client of the server gets, with the proxy in between
local Proxy = {}
Proxy.__index = Proxy

local function ask(self, path)
  return shell.output { "curl", "-sSf", "-m", "10", self.url .. path }
end

--- The next answer of this kind is spoiled after its first bytes; see proxy.c.
---@param op string|integer
---@param after integer
---@param how "rst"|"fin"|"stall"|"drip"|"nul"
function Proxy:spoil(op, after, how)
  ask(self, ("/fault/%s/%d/%s"):format(op, after, how))
end

--- Nothing is spoiled that was not yet.
function Proxy:spare()
  self:spoil("token", 1 << 30, "fin")
end

---@return table<string, integer>  how many bytes the last answers had
function Proxy:lengths()
  local lengths = {}
  for op, length in ask(self, "/lengths"):gmatch "(%a+) (%d+)\n" do
    lengths[op] = math.tointeger(tonumber(length))
  end
  return lengths
end

function Proxy:stop()
  self.process:stop()
end

Proxy.__close = Proxy.stop

---@param program string  the built proxy.c
---@param sandbox support.Sandbox
---@return support.Proxy
local function start(program, sandbox)
  local scheme, port = sandbox.env.XERO_API_URL:match "^(%a+)://127.0.0.1:(%d+)$"
  local started = process.spawn { program, port, timeout = 14400 }
  local own = started:expect "(%d+)\n"
  local url = ("%s://127.0.0.1:%s"):format(scheme, own)
  return setmetatable({
    process = started,
    url = "http://127.0.0.1:" .. own,
    env = { XERO_API_URL = url, XERO_IDENTITY_URL = url },
  }, Proxy)
end

return { start = start }
