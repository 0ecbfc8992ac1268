-- xero-run against nginx: TLS, HTTP/2 and HTTP/1.1 as a server speaks them that is not ours.

local cjson = require "cjson"
local authority = require "support.authority"
local nginx = require "support.nginx"
local run = require "support.run"
local tenants = require "support.tenants"

local null = cjson.null

-- What was served, with nulls as the absence that they mean.
local function without_nulls(list)
  for _, connection in ipairs(list) do
    for key, value in pairs(connection) do
      if value == null then
        connection[key] = nil
      end
    end
  end
  return list
end

local function with(env, more)
  local both = {}
  for _, from in ipairs { env, more } do
    for name, value in pairs(from) do
      both[name] = value or nil
    end
  end
  return both
end

describe("xero-run list, against nginx", function()
  local function lists(connections, options)
    options = options or {}
    options.connections = #connections > 0 and cjson.encode(connections) or "[]"
    local server <close> = nginx.start(options)
    local result = run { "list", "--format", "json", env = server.env }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    assert.same(without_nulls(connections), without_nulls(cjson.decode(result.out)))
    return server:log(1)
  end

  it("gives field by field what the server gave", function()
    local list = tenants.make(25)
    list[1].tenantName = null
    list[2].tenantName = nil
    list[3].authEventId = nil
    list[4].tenantName = ""
    list[5].tenantName = "日本語 🍣 \27[31m \\ \" / \u{202e} \127"
    list[6].tenantType = "WORKFLOWMAX"
    list[7].somethingNew = "kept"
    list[8].createdDateUtc = "no date"
    lists(list)
  end)

  it("gives 10,000 connections field by field", function()
    lists(tenants.make(10000))
  end)

  it("gives an empty list", function()
    lists {}
  end)

  it("speaks HTTP/2 where the server offers it, with TLS 1.3", function()
    local log = lists(tenants.make(3))
    assert.equal(1, #log)
    assert.same({ "GET", "/connections", "HTTP/2.0", "TLSv1.3" },
      { log[1].method, log[1].uri, log[1].protocol, log[1].tls })
    assert.equal("Bearer preset-token", log[1].authorization)
    assert.equal("application/json", log[1].accept)
    assert.matches("^xero%-run/%d", log[1].user_agent)
  end)

  it("speaks HTTP/1.1 with TLS 1.2 where the server has nothing better", function()
    local log = lists(tenants.make(3), { http2 = false, protocols = "TLSv1.2" })
    assert.same({ "HTTP/1.1", "TLSv1.2" }, { log[1].protocol, log[1].tls })
  end)

  it("reads a compressed answer", function()
    lists(tenants.make(200), { extra = "gzip on; gzip_types application/json;" })
  end)

  it("gets its own token in app mode, with HTTP Basic", function()
    local server <close> = nginx.start { connections = cjson.encode(tenants.make(1)) }
    local result = run { "list", "--format", "ids", env = with(server.env, {
      XERO_ACCESS_TOKEN = false, XERO_IDENTITY_URL = server.url,
      XERO_CLIENT_ID = "id", XERO_CLIENT_SECRET = "secret",
    }) }
    assert.equal(0, result.status, result.err)
    local log = server:log(2)
    assert.same({ "POST", "/connect/token", "Basic aWQ6c2VjcmV0" },
      { log[1].method, log[1].uri, log[1].authorization })
    assert.same({ "GET", "/connections", "Bearer nginx-token" },
      { log[2].method, log[2].uri, log[2].authorization })
  end)
end)

describe("xero-run disconnect, against nginx", function()
  local list = tenants.make(3)

  it("deletes that connection and no other", function()
    local server <close> = nginx.start { connections = cjson.encode(list) }
    local result = run { "--yes", "disconnect", list[2].id, env = server.env }
    assert.equal(0, result.status, result.err)
    local deleted = {}
    for _, request in ipairs(server:log(2)) do
      if request.method ~= "GET" then
        deleted[#deleted + 1] = request.method .. " " .. request.uri
      end
    end
    assert.same({ "DELETE /connections/" .. list[2].id }, deleted)
  end)

  it("deletes nothing in a dry run", function()
    local server <close> = nginx.start { connections = cjson.encode(list) }
    local result = run { "--dry-run", "--yes", "disconnect", list[2].id, env = server.env }
    assert.equal(0, result.status, result.err)
    for _, request in ipairs(server:log(1)) do
      assert.equal("GET", request.method)
    end
  end)
end)

describe("TLS", function()
  local function refused(options, more)
    local server <close> = nginx.start(options)
    local result = run { "list", env = with(server.env, more) }
    assert.equal(8, result.status, result.err)
    assert.equal("", result.out)
    assert.matches("^xero%-run: [^\n]*certificate[^\n]*\n", result.err)
    assert.same({}, server:log())
  end

  it("refuses a server whose certificate another authority made, and sends it nothing", function()
    refused({}, { SSL_CERT_FILE = authority.new("another").file })
  end)

  it("refuses a server whose certificate only the system could trust", function()
    refused({}, { SSL_CERT_FILE = false })
  end)

  it("refuses a certificate for another name, and sends it nothing", function()
    refused({ names = { "xero.example" } }, {})
  end)
end)
