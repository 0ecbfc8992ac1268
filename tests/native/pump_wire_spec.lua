-- What the pump puts onto the wire, and what it refuses to.

local exchange = require "support.exchange"
local native = require "xero.native"
local raised = require "support.raised"

local ID = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
local AGENT = "xero-run/" .. native.version

local server, pump, url
local token = native.token(native.secret "known.token-123")

-- The one request that a submission leads to, and its answer.
local function sent(answer)
  return exchange.one(pump, server, answer)
end

-- The same of a disconnect.
local function deleted(id, answer)
  return exchange.one(exchange.delete(pump, url, token, id), server, answer)
end

describe("the pump on the wire", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("lists with GET /connections, Accept, and nothing that is not needed", function()
    pump:list { url = url, token = token }
    local request, answer = sent { status = 200, body = "[]" }
    assert.equal("GET", request.method)
    assert.equal("/connections", request.path)
    assert.same({}, request.query)
    assert.same({
      host = "127.0.0.1:" .. server:port(),
      authorization = "Bearer known.token-123",
      accept = "application/json",
      ["accept-encoding"] = "gzip",
      ["user-agent"] = AGENT,
    }, request.headers)
    assert.equal(200, answer.status)
    assert.equal("[]", answer.body)
    assert.equal("1.1", answer.http)
    assert.equal(1, answer.sends)
    assert.is_nil(answer.error)
  end)

  it("selects a consent by authEventId", function()
    pump:list { url = url, token = token, auth_event_id = ID }
    local request = sent()
    assert.equal("/connections", request.path)
    assert.same({ authEventId = ID }, request.query)
  end)

  it("deletes with DELETE /connections/ID, without Accept, type or body", function()
    local request, answer = deleted(ID:upper(), { status = 204 })
    assert.equal("DELETE", request.method)
    assert.equal("/connections/" .. ID:upper(), request.path)
    assert.same({
      host = "127.0.0.1:" .. server:port(),
      authorization = "Bearer known.token-123",
      ["user-agent"] = AGENT,
    }, request.headers)
    assert.equal("", request.body or "")
    assert.equal(204, answer.status)
    assert.equal("", answer.body)
  end)

  it("asks for a token with Basic credentials that were form-encoded first", function()
    pump:grant {
      url = url, grant = "client_credentials", client_id = "an id",
      client_secret = native.secret "s:é%", scope = "app.connections other",
    }
    local request = sent { status = 400, body = "{}" }
    assert.equal("POST", request.method)
    assert.equal("/connect/token", request.path)
    assert.equal("grant_type=client_credentials&scope=app.connections%20other", request.body)
    assert.same({
      host = "127.0.0.1:" .. server:port(),
      -- "an%20id:s%3A%C3%A9%25"
      authorization = "Basic YW4lMjBpZDpzJTNBJUMzJUE5JTI1",
      accept = "application/json",
      ["content-type"] = "application/x-www-form-urlencoded",
      ["content-length"] = tostring(#request.body),
      ["user-agent"] = AGENT,
    }, request.headers)
  end)

  it("leaves nothing of one request in the next one on the same handle", function()
    pump:list { url = url, token = token, auth_event_id = ID }
    sent()
    assert.is_nil(deleted(ID, { status = 204 }).headers.accept)
    pump:list { url = url, token = native.token(native.secret "another") }
    local request = sent()
    assert.equal("GET", request.method)
    assert.same({}, request.query)
    assert.equal("Bearer another", request.headers.authorization)
    assert.equal("gzip", request.headers["accept-encoding"])
  end)

  it("keeps a path and drops slashes at the end of a base URL", function()
    pump:list { url = url .. "/mock/v1//", token = token }
    assert.equal("/mock/v1/connections", sent().path)
  end)

  it("gives headers by lower-case names, repeated ones joined", function()
    pump:list { url = url, token = token }
    local answer = exchange(pump, server, function(request)
      request.handle:raw("HTTP/1.1 429 Slow\r\nRetry-After: 5\r\nRETRY-AFTER:  7 \r\n"
        .. "X-Rate-Limit-Problem: day\r\nContent-Length: 0\r\n\r\n")
    end)
    assert.equal(429, answer.status)
    assert.equal("5, 7", answer.headers["retry-after"])
    assert.equal("day", answer.headers["x-rate-limit-problem"])
  end)

  it("takes the final answer after interim ones", function()
    pump:list { url = url, token = token }
    local answer = exchange(pump, server, function(request)
      request.handle:raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
    end)
    assert.equal(200, answer.status)
    assert.is_nil(answer.headers.link)
    assert.equal("[]", answer.body)
  end)

  for _, status in ipairs { 301, 302, 303, 307, 308 } do
    it("does not follow a redirect with " .. status, function()
      local _, answer = deleted(ID, {
        status = status, headers = { Location = url .. "/elsewhere" },
      })
      assert.equal(status, answer.status)
      assert.is_nil(server:next(0.05))
    end)
  end

  -- Resets what comes first on the connection that a list has left open.
  local function break_used_connection(submit)
    pump:list { url = url, token = token }
    sent { status = 200, body = "[]" }
    return exchange(submit(), server, function(request, number)
      if number == 1 then
        request.handle:reset()
      else
        request.handle:answer { status = 200, body = "[]" }
      end
    end)
  end

  it("counts how often a request went out when a used connection died", function()
    local answer, requests = break_used_connection(function()
      pump:list { url = url, token = token }
      return pump
    end)
    assert.equal(200, answer.status)
    assert.equal(2, #requests)
    assert.equal(2, answer.sends)
  end)

  it("never repeats a DELETE by itself when a used connection died", function()
    local answer, requests = break_used_connection(function()
      return exchange.delete(pump, url, token, ID)
    end)
    assert.equal("network", answer.error)
    assert.matches("^lost the connection to", answer.message)
    assert.equal(1, #requests)
    assert.equal(1, answer.sends)
  end)

  it("sends a grant once, whatever happened to other connections", function()
    pump:list { url = url, token = token }
    sent { status = 200, body = "[]" }
    pump:grant {
      url = url, grant = "client_credentials", client_id = "id",
      client_secret = native.secret "secret", scope = "app.connections",
    }
    local answer, requests = exchange(pump, server, function(request) request.handle:reset() end)
    assert.equal("network", answer.error)
    assert.equal(1, answer.sends)
    assert.equal(1, #requests)
  end)

  for name, bad in pairs {
    ["http to another machine"] = "http://192.0.2.1",
    ["http to a name that only begins like loopback"] = "http://localhost.example.com",
    ["http to 127.0.0.1 as a name"] = "http://127.0.0.1.example.com",
    ["a user"] = "https://user:hunter2@localhost",
    ["a query"] = "https://localhost/?a=b",
    ["an empty query"] = "https://localhost/?",
    ["a fragment"] = "https://localhost/#a",
    ["another protocol"] = "file:///etc/passwd",
    ["no protocol"] = "localhost",
    ["a control byte"] = "https://localhost/\r\nX: y",
    ["a host that is encoded"] = "https://local%ddhost",
    ["loopback that is encoded"] = "http://127.0.0%2e1",
    ["a blank"] = "https://local host",
    ["a backslash"] = "http://localhost\\@example.com",
    ["nothing"] = "",
  } do
    it("refuses a base URL with " .. name, function()
      local err = raised(pump.list, pump, { url = bad, token = token })
      assert.equal("usage", err.kind)
      assert.is_nil(tostring(err):find("hunter2", 1, true))
      assert.equal(0, pump:in_flight())
    end)
  end

  for _, host in ipairs { "localhost", "127.0.0.1", "127.1", "[::1]", "LOCALHOST" } do
    it("accepts http to " .. host, function()
      local id = pump:list { url = "http://" .. host .. ":1", token = token }
      assert.is_true(pump:cancel(id))
    end)
  end

  for _, id in ipairs {
    "", "../connections", ID .. "\r\n", ID:sub(2), ID .. "0", (ID:gsub("-", "_")),
  } do
    it(("refuses the id %q before anything is sent"):format(id), function()
      local window = pump:window { url = url }
      assert.equal("usage", raised(window.add, window, 1, id).kind)
      local listed = raised(pump.list, pump, { url = url, token = token, auth_event_id = id })
      assert.equal("usage", listed.kind)
      assert.is_nil(server:next(0.01))
    end)
  end

  it("tells a caller's mistake as a string", function()
    assert.matches("field 'token': token expected, got nil",
      raised(pump.list, pump, { url = url }))
    assert.matches("field 'url': string expected, got number",
      raised(pump.list, pump, { url = 1, token = token }))
    assert.matches("field 'timeout' is not positive",
      raised(pump.list, pump, { url = url, token = token, timeout = 0 }))
    assert.matches("field 'client_secret': secret expected", raised(pump.grant, pump, {
      url = url, grant = "client_credentials", client_id = "a", client_secret = "b", scope = "c",
    }))
    assert.matches("unknown grant", raised(pump.grant, pump, { url = url, grant = "password" }))
    assert.matches("table expected", raised(pump.list, pump))
  end)
end)
