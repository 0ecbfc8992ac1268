-- xero-run and its sandbox with Prism between them, which holds every request and every answer
-- against Xero's own description of the Identity API.
--
-- xero-identity.yaml is from github.com/XeroAPI/Xero-OpenAPI (MIT licence), v16.1.0, as it is.

local cjson = require "cjson"
local nginx = require "support.nginx"
local npm = require "support.npm"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"
local tenants = require "support.tenants"

-- Where Xero departs from its own description, each as recorded from the real service: paths in
-- lower case, dates without a zone, names that are null. The example is a string, no list.
local function mended()
  local text = temp.read "tests/peers/xero-identity.yaml"
  local function mend(from, to, times)
    local count
    text, count = text:gsub(from, to)
    assert(count == times, from)
  end
  mend("  /Connections", "  /connections", 2)
  mend("format: date%-time", [[pattern: '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?$']], 2)
  mend("description: Xero tenant name", "%0\n          nullable: true", 1)
  mend("              example: '[^\n]*\n", "", 1)
  return temp.file(text, "identity.yaml")
end

---@return table? prism  { url=, process= }
---@return string? reason
local function start_prism(upstream, ca)
  local program, reason = npm.program "prism"
  if not program then
    return nil, reason
  end
  local description = mended()
  for _ = 1, 20 do
    local port = math.random(20000, 32000)
    -- Where localhost is ::1 first, Node 18 tries nothing else.
    local env = { NODE_EXTRA_CA_CERTS = ca, NODE_OPTIONS = "--dns-result-order=ipv4first" }
    local started = process.spawn { program, "proxy", description, upstream, "--errors",
      "--host", "127.0.0.1", "--port", tostring(port), env = env }
    process.await(function()
      return started:ended() or started:out():find("is listening", 1, true)
    end, "prism", 60)
    if not started:ended() then
      return { url = "http://127.0.0.1:" .. port, process = started }
    end
    assert((started:out() .. started:err()):find("EADDRINUSE", 1, true),
      started:out() .. started:err())
  end
end

describe("the Identity API's description", function()
  local prism

  -- An installation takes longer than a server that waits for it is given to live.
  setup(function() npm.program "prism" end)

  local function behind_prism(upstream, ca)
    local reason
    prism, reason = start_prism(upstream, ca)
    if not prism then
      pending(reason)
    end
    return prism
  end

  after_each(function()
    if prism then
      prism.process:stop()
      prism = nil
    end
  end)

  it("holds for what xero-run asks and what its sandbox answers", function()
    local server <close> = sandbox.start {}
    local env = server:with { XERO_API_URL = behind_prism(server.env.XERO_API_URL).url }

    local listed = run { "list", "--format", "json", env = env }
    assert.equal(0, listed.status, listed.err .. prism.process:out())
    local connections = cjson.decode(listed.out)
    assert.is_true(#connections > 20)

    local first = connections[1]
    local gone = run { "--yes", "disconnect", first.id, env = env }
    assert.equal(0, gone.status, gone.err .. prism.process:out())
    local filtered = run { "list", "--auth-event-id", first.authEventId, env = env }
    assert.equal(0, filtered.status, filtered.err .. prism.process:out())
    local absent = run { "-e", [[
      local ok, err = pcall(require "xero".delete_connection, arg[1])
      print(ok, err.kind)]], "-", first.id, env = env }
    assert.equal("false\tnot_found\n", absent.out, absent.err)
    assert.is_nil(prism.process:out():find("error", 1, true), prism.process:out())
  end)

  it("is held against each answer: an id that is no UUID is noticed", function()
    local list = tenants.make(2)
    list[2].id = "two"
    local server <close> = nginx.start { connections = cjson.encode(list) }
    local env = server.env
    env.XERO_API_URL = behind_prism(server.url, server.ca).url
    local result = run { "list", env = env }
    assert.not_equal(0, result.status)
    assert.matches("#VIOLATIONS", prism.process:out())
  end)
end)
