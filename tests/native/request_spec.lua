-- A script's own requests, as they leave the pump, and those that do not.

local exchange = require "support.exchange"
local native = require "xero.native"
local run = require "support.run"

local server, pump, url

-- The one request that a submission leads to, and its answer.
local function sent(answer)
  return exchange.one(pump, server, answer)
end

local function refused(options)
  local ok, err = pcall(pump.request, pump, options)
  assert.is_false(ok)
  assert.equal(0, pump:in_flight())
  return err
end

describe("a script's own request", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("is a GET of the very URL, with nothing but what HTTP needs", function()
    pump:request { url = url .. "/a/b/?q=x%20y&z=a@b" }
    local request, answer = sent { status = 201, headers = { ["X-Kind"] = "a" }, body = "text" }
    assert.equal("GET", request.method)
    assert.equal("/a/b/", request.path)
    assert.same({ q = "x y", z = "a@b" }, request.query)
    assert.same({
      host = "127.0.0.1:" .. server:port(),
      accept = "*/*",
      ["accept-encoding"] = "gzip",
      ["user-agent"] = "xero-run/" .. native.version,
    }, request.headers)
    assert.equal(201, answer.status)
    assert.equal("a", answer.headers["x-kind"])
    assert.equal("text", answer.body)
  end)

  for _, method in ipairs { "POST", "PUT", "PATCH" } do
    it("carries a body as it is, with the type that the script says: " .. method, function()
      local body = "\0\255" .. ("x"):rep(3000)
      pump:request { url = url, method = method:lower(), body = body,
        headers = { ["Content-Type"] = "application/x-thing" } }
      local request = sent()
      assert.equal(method, request.method)
      assert.equal(body, request.body)
      assert.equal("application/x-thing", request.headers["content-type"])
      assert.equal(tostring(#body), request.headers["content-length"])
      pump:request { url = url, method = method }
      request = sent()
      assert.is_nil(request.headers["content-type"])
      assert.equal("0", request.headers["content-length"])
    end)
  end

  it("asks with HEAD for the headers alone, and the next one for all again", function()
    pump:request { url = url, method = "HEAD" }
    local request, answer = sent { status = 200, headers = { ["X-Kind"] = "a" } }
    assert.equal("HEAD", request.method)
    assert.equal("a", answer.headers["x-kind"])
    assert.equal("", answer.body)
    pump:request { url = url }
    request, answer = sent { status = 200, body = "all" }
    assert.equal("GET", request.method)
    assert.equal("all", answer.body)
  end)

  it("says the headers of the script, also empty ones, and its own user agent", function()
    pump:request { url = url, headers = {
      Authorization = "Bearer crm", Accept = "text/csv", ["X-Empty"] = "", ["User-Agent"] = "mine",
      ["X-Title"] = "caf\xC3\xA9",
    } }
    local headers = sent().headers
    assert.equal("Bearer crm", headers.authorization)
    assert.equal("text/csv", headers.accept)
    assert.equal("", headers["x-empty"])
    assert.equal("mine", headers["user-agent"])
    assert.equal("caf\xC3\xA9", headers["x-title"])
  end)

  it("leaves nothing of itself in the next one", function()
    pump:request { url = url .. "/?a=1", method = "PUT", body = "b", headers = { ["X-A"] = "1" } }
    sent()
    pump:list { url = url, token = native.token(native.secret "known.token") }
    local request = sent()
    assert.equal("GET", request.method)
    assert.equal("/connections", request.path)
    assert.is_nil(request.headers["x-a"])
    assert.equal("application/json", request.headers.accept)
    pump:request { url = url, headers = {} }
    assert.is_nil(sent().headers.authorization)
  end)

  it("does not follow a redirect", function()
    pump:request { url = url }
    local _, answer = sent { status = 302, headers = { Location = url .. "/elsewhere" } }
    assert.equal(302, answer.status)
    assert.equal(url .. "/elsewhere", answer.headers.location)
  end)

  it("may carry 64 headers", function()
    local headers = {}
    for i = 1, 64 do headers["X-" .. i] = tostring(i) end
    pump:request { url = url, headers = headers }
    local got = sent().headers
    for i = 1, 64 do assert.equal(tostring(i), got["x-" .. i]) end
    headers["X-65"] = "65"
    assert.matches("more than 64 headers", refused { url = url, headers = headers })
  end)

  for name, case in pairs {
    ["a line break in a value"] = { { ["X-A"] = "1\r\nX-B: 2" }, "has control characters" },
    ["a NUL in a value"] = { { ["X-A"] = "1\0" }, "has control characters" },
    ["a line break in a name"] = { { ["X-A: 1\r\nX-B"] = "2" }, "is no name of a header" },
    ["a colon in a name"] = { { ["X-A:"] = "2" }, "is no name of a header" },
    ["a NUL in a name"] = { { ["X-A\0"] = "2" }, "is no name of a header" },
    ["no name"] = { { [""] = "2" }, "is no name of a header" },
    ["Host"] = { { Host = "other" }, "is set by xero%-run itself" },
    ["Content-Length"] = { { ["content-length"] = "3" }, "is set by xero%-run itself" },
    ["Transfer-Encoding"] = { { ["TRANSFER-ENCODING"] = "chunked" }, "is set by xero%-run itself" },
    ["another method"] = { { ["X-HTTP-Method-Override"] = "DELETE" }, "another method" },
    ["too long a value"] = { { ["X-A"] = ("x"):rep(16385) }, "longer than 16 KiB" },
  } do
    it("is refused with such a header: " .. name, function()
      local err = refused { url = url, headers = case[1] }
      assert.equal("usage", err.kind)
      assert.matches(case[2], err.message)
      assert.is_nil(server:next(0))
    end)
  end

  for text, why in pairs {
    ["ftp://example.com/secret"] = "the URL ftp://example.com does not begin with https://",
    ["http://example.com/secret?x"] =
      "the URL http://example.com is not https, and its host is not this machine",
    ["https://user:secret@example.com/"] = "the URL that was given has a user in it",
    ["https://example.com/#secret"] =
      "the URL https://example.com has a fragment, or a byte that does not belong into a URL",
    ["https://example.com/a secret"] =
      "the URL https://example.com has a fragment, or a byte that does not belong into a URL",
    ["https://a\\@example.com/"] =
      "the URL that was given has a fragment, or a byte that does not belong into a URL",
    ["https:///example.com/secret"] = "the URL https:// has no host",
    [""] = "the URL  does not begin with https://",
  } do
    it("is refused to such a URL, of which only the server is said: " .. text, function()
      local err = refused { url = text }
      assert.equal("usage", err.kind)
      assert.equal(why, err.message)
      assert.is_string(native.url_fault(text))
    end)
  end

  it("is refused with another method, and with a body where none belongs", function()
    assert.equal("usage", refused { url = url, method = "CONNECT" }.kind)
    assert.equal("usage", refused { url = url, method = "GET\r\n" }.kind)
    for _, method in ipairs { "GET", "HEAD", "DELETE" } do
      assert.matches("a body goes with POST", refused { url = url, method = method, body = "" }
        .message)
    end
  end)

  it("is told apart from a base URL: a query is good here", function()
    assert.is_nil(native.url_fault "https://example.com/a?b=c@d")
    assert.is_nil(native.url_fault "http://[::1]:8080/")
  end)

  it("does not leave as a DELETE in a dry run, however it is written", function()
    local result = run { "-n", "-e", ([[
      local native = require "xero.native"
      local pump = native.pump {}
      for _, method in ipairs { "DELETE", "delete", "DeLeTe" } do
        local id, why = pump:request { url = %q, method = method }
        assert(id == nil and why == "dry run", why)
      end
      assert(pump:in_flight() == 0)
    ]]):format(url) }
    assert.equal(0, result.status, result.err)
    assert.is_nil(server:next(0))
  end)
end)
