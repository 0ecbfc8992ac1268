-- The pump over TLS, against nginx: trust, the floor of versions, HTTP/2 on one connection.
-- What to trust is read from the environment, so each case is a run of its own.

local authority = require "support.authority"
local cjson = require "cjson"
local nginx = require "support.nginx"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local server

-- Asks for the list at `url` in a program of its own; gives the answer.
local function list(url, env, ...)
  local script = temp.file([[
    local native, cjson = require "xero.native", require "cjson"
    local pump <close> = native.pump {}
    pump:list { url = arg[1], token = native.token(native.secret "known.token"), timeout = 10 }
    local answer = pump:wait()
    print(cjson.encode(answer))
  ]], "list.lua")
  local result = run { script, url, env = env, ... }
  assert.equal(0, result.status, result.err)
  return cjson.decode(result.out)
end

local function assert_untrusted(answer)
  assert.equal("tls", answer.error, answer.message)
  assert.matches("no secure connection to localhost:%d+: %w", answer.message)
  assert.equal(0, answer.sends)
  assert.same({}, server:log())
end

local function start(options)
  server = nginx.start(options)
  return server
end

local describe_nginx = describe
if not (shell.has "nginx" or shell.has "/usr/sbin/nginx") then
  describe_nginx = function(name)
    describe(name, function()
      pending "needs nginx"
    end)
  end
end

describe_nginx("the pump over TLS", function()
  after_each(function()
    server:stop()
  end)

  it("trusts the CA of SSL_CERT_FILE", function()
    start { connections = '[{"id":"1"}]' }
    local answer = list(server.url, { SSL_CERT_FILE = server.ca })
    assert.equal(200, answer.status, answer.message)
    assert.equal('[{"id":"1"}]', answer.body)
    assert.equal("2", answer.http)
    assert.equal("HTTP/2.0", server:log(1)[1].protocol)
  end)

  it("trusts the CA of CURL_CA_BUNDLE, but rather that of SSL_CERT_FILE", function()
    start()
    assert.equal(200, list(server.url, { CURL_CA_BUNDLE = server.ca }).status)
    local env = { SSL_CERT_FILE = server.ca, CURL_CA_BUNDLE = authority.new("another").file }
    assert.equal(200, list(server.url, env).status)
  end)

  it("speaks HTTP/1.1 where HTTP/2 is not offered", function()
    start { http2 = false }
    local answer = list(server.url, { SSL_CERT_FILE = server.ca })
    assert.equal(200, answer.status)
    assert.equal("1.1", answer.http)
  end)

  it("sends nothing to a server of an unknown CA", function()
    start()
    assert_untrusted(list(server.url, {}))
    assert_untrusted(list(server.url, { SSL_CERT_FILE = authority.new("another").file }))
  end)

  it("sends nothing to a server of another name", function()
    start { names = { "example.com", "127.0.0.2" } }
    assert_untrusted(list(server.url, { SSL_CERT_FILE = server.ca }))
  end)

  it("sends nothing to a server whose certificate has expired", function()
    start { days = -1 }
    local answer = list(server.url, { SSL_CERT_FILE = server.ca })
    assert_untrusted(answer)
    assert.matches("expired", answer.message)
  end)

  it("sends nothing over TLS 1.1", function()
    start { protocols = "TLSv1.1", extra = "ssl_ciphers DEFAULT@SECLEVEL=0;" }
    assert_untrusted(list(server.url, { SSL_CERT_FILE = server.ca }))
  end)

  it("says that the file of CAs cannot be read", function()
    start()
    assert_untrusted(list(server.url, { SSL_CERT_FILE = "/nonexistent" }))
    assert_untrusted(list(server.url, { SSL_CERT_FILE = temp.file "no certificate" }))
  end)

  -- Keeps `window` requests under way until `count` are done; gives what a person would look at.
  local function bulk(count, window)
    local script = temp.file([[
      local native, cjson = require "xero.native", require "cjson"
      local count, window = tonumber(arg[2]), tonumber(arg[3])
      local pump <close> = native.pump {}
      local token = native.token(native.secret "known.token")
      local id = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
      local sent, slowest, statuses = 0, 0, {}
      local function fill()
        while sent < count and pump:in_flight() < window do
          sent = sent + 1
          if sent % 4 == 0 then
            pump:list { url = arg[1], token = token }
          else
            pump:request { url = arg[1] .. "/connections/" .. id, method = "DELETE" }
          end
        end
      end
      fill()
      while pump:in_flight() > 0 do
        local answer = pump:wait()
        local status = answer.error or tostring(answer.status)
        statuses[status] = (statuses[status] or 0) + 1
        slowest = math.max(slowest, answer.seconds)
        fill()
      end
      print(cjson.encode { slowest = slowest, statuses = statuses })
    ]], "bulk.lua")
    local result = run {
      script, server.url, tostring(count), tostring(window), env = { SSL_CERT_FILE = server.ca },
    }
    assert.equal(0, result.status, result.err)
    local seen = cjson.decode(result.out)
    local answered = (seen.statuses["200"] or 0) + (seen.statuses["204"] or 0)
    local connections, number = {}, 0
    for _, request in ipairs(server:log(answered)) do
      if not connections[request.connection] then
        connections[request.connection], number = true, number + 1
      end
    end
    return seen, number
  end

  -- A lost wake-up would last for seconds; a busy machine may well take one.
  local STALL = 5

  it("sends ten at a time over one HTTP/2 connection, and none stalls", function()
    start { connections = "[" .. ("1,"):rep(5000) .. "1]" }
    local result, connections = bulk(200, 10)
    assert.same({ ["204"] = 150, ["200"] = 50 }, result.statuses)
    assert.equal(1, connections)
    assert.is_true(result.slowest < STALL, result.slowest)
  end)

  -- libcurl opens the next connection when one before it is ready, or takes one that is free again.
  it("sends ten at a time over at most ten HTTP/1.1 connections, and none stalls", function()
    start { http2 = false }
    local result, connections = bulk(200, 10)
    assert.same({ ["204"] = 150, ["200"] = 50 }, result.statuses)
    assert.is_true(connections <= 10, connections)
    assert.is_true(result.slowest < STALL, result.slowest)
  end)

  -- Which streams the server still took is not told apart: a DELETE of the connection is uncertain.
  it("goes on when the server closes an HTTP/2 connection after some requests", function()
    start { extra = "keepalive_requests 20;" }
    local result, connections = bulk(200, 10)
    assert.equal(50, result.statuses["200"])
    assert.equal(150, result.statuses["204"] + (result.statuses.network or 0))
    assert.is_true(connections >= 10)
  end)

  it("resets a stream without losing the others on the connection", function()
    start { extra = "location = /broken/connections { return 444; }" }
    local script = temp.file([[
      local native, cjson = require "xero.native", require "cjson"
      local pump <close> = native.pump {}
      local token = native.token(native.secret "known.token")
      pump:list { url = arg[1], token = token }
      pump:wait()
      pump:list { url = arg[1] .. "/broken", token = token }
      local answer = pump:wait()
      print(cjson.encode(answer))
    ]], "broken.lua")
    local result = run { script, server.url, env = { SSL_CERT_FILE = server.ca } }
    local answer = cjson.decode(result.out)
    assert.equal("network", answer.error)
    assert.is_true(answer.sends >= 1)
  end)
end)
