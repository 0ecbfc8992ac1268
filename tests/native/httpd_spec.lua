-- The loopback server, asked by curl.

local native = require "xero.native"
local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

local server, base

-- Starts a curl with these arguments; `curl()` waits for its end and gives output and exit status.
local function curl(...)
  local pipe = io.popen(shell.join { "curl", "-sS", "-m", "10", ... } .. " 2>&1")
  return function()
    local text = pipe:read "a"
    local _, _, status = pipe:close()
    return text, status
  end
end

-- The next request of a server that surely gets one.
local function next_request()
  return assert(server:next(10), "no request came")
end

local function open(options)
  server = assert(native.httpd(options or {}))
  base = ("%s://127.0.0.1:%d"):format(options and options.key and "https" or "http", server:port())
end

describe("the loopback server", function()
  before_each(function() open() end)
  after_each(function() server:close() end)

  it("hands over a whole request: method, decoded path, query, headers, body", function()
    local client = curl("-X", "PUT", "-d", "a body", "-H", "X-Two: 1", "-H", "x-two: 2",
      base .. "/a%20path/%C3%A9?one=1&plus=a+b%2B&empty=&bare")
    local request = next_request()
    assert.equal("PUT", request.method)
    assert.equal("/a path/é", request.path)
    assert.same({ one = "1", plus = "a b+", empty = "", bare = "" }, request.query)
    assert.equal("1, 2", request.headers["x-two"])
    assert.equal("a body", request.body)
    assert.near(system.monotime(), request.arrived, 5)
    assert.is_true(request.handle:answer {})
    assert.same({ "", 0 }, { client() })
  end)

  it("sends status, headers and body of an answer", function()
    local client = curl("-i", base .. "/")
    next_request().handle:answer { status = 418, headers = { ["X-Kind"] = "tea" }, body = "pot\0" }
    local text = client()
    assert.matches("^HTTP/1.1 418 ", text)
    assert.matches("\r\nX%-Kind: tea\r\n", text)
    assert.matches("\r\nContent%-Length: 4\r\n", text)
    assert.matches("\r\n\r\npot\0$", text)
  end)

  it("sends 204 without a body or a length", function()
    local client = curl("-i", base .. "/")
    next_request().handle:answer { status = 204 }
    local text = client()
    assert.matches("^HTTP/1.1 204 ", text)
    assert.not_matches("[Cc]ontent%-[Ll]ength", text)
  end)

  it("serves several requests of one connection", function()
    local client = curl("-w", "%{num_connects} ", base .. "/1", base .. "/2")
    next_request().handle:answer {}
    next_request().handle:answer {}
    assert.equal("1 0 ", client())
  end)

  it("holds one request back without holding up another", function()
    local slow = curl(base .. "/slow")
    local held = next_request()
    local fast = curl(base .. "/fast")
    next_request().handle:answer { body = "fast" }
    assert.equal("fast", fast())
    held.handle:answer { body = "slow" }
    assert.equal("slow", slow())
  end)

  it("takes a body of 1 MiB and refuses a longer one with 413", function()
    local file = temp.file(("x"):rep(1024 * 1024))
    local client = curl("-T", file, base .. "/")
    local request = next_request()
    assert.equal(1024 * 1024, #request.body)
    request.handle:answer {}
    client()

    client = curl("-w", "%{http_code}", "-T", temp.file(("x"):rep(1024 * 1024 + 1)), base .. "/")
    assert.is_nil(server:next(0.5))
    assert.equal("413", client())
  end)

  it("sends a body of many megabytes whole", function()
    local client = curl("-w", "%{size_download}", "-o", "/dev/null", base .. "/")
    next_request().handle:answer { body = ("x"):rep(8000000) }
    assert.is_nil(server:next(1))
    assert.equal("8000000", client())
  end)

  it("resets a connection", function()
    local client = curl(base .. "/")
    assert.is_true(next_request().handle:reset())
    local text, status = client()
    assert.equal(56, status, text)
    assert.matches("reset by peer", text)
  end)

  for _, at in ipairs { 0, 4 } do
    it(("declares ten bytes and breaks off after %d"):format(at), function()
      local client = curl(base .. "/")
      assert.is_true(next_request().handle:truncate { body = "0123456789", at = at })
      local text, status = client()
      assert.equal(18, status, text)
      assert.matches(("with %d bytes "):format(10 - at), text)
    end)
  end

  it("writes raw bytes as they are", function()
    local client = curl("--http0.9", base .. "/")
    assert.is_true(next_request().handle:raw "no http at all")
    assert.equal("no http at all", client())
  end)

  it("never answers a request that is let go, and forgets it when its client has gone", function()
    local client = curl("-m", "0.3", base .. "/")
    local function descriptors()
      return tonumber(shell.output { "sh", "-c", "ls /proc/$PPID/fd | wc -l" })
    end
    local before = descriptors()
    assert.not_nil(server:next(10))
    collectgarbage()
    collectgarbage()
    assert.is_nil(server:next(0.6))
    assert.equal(28, select(2, client()))
    assert.is_nil(server:next(0.1))
    assert.is_true(descriptors() <= before)
  end)

  it("says when time is over, at once or later", function()
    local start = system.monotime()
    assert.is_nil(server:next(0))
    assert.is_nil(server:next(0.05))
    local took = system.monotime() - start
    assert.is_true(took >= 0.05 and took < 2, "took " .. took)
  end)

  it("answers a request once", function()
    local client = curl(base .. "/")
    local handle = next_request().handle
    assert.is_true(handle:answer { body = "first" })
    for _, call in ipairs { "answer", "truncate", "reset" } do
      assert.same({ nil, "the request has been answered already" }, { handle[call](handle, {}) })
    end
    assert.equal("first", client())
  end)

  it("refuses header fields that cannot be sent, and still answers", function()
    local client = curl(base .. "/")
    local handle = next_request().handle
    local ok, why = handle:answer { headers = { ["X-A"] = "b\r\nX-C: d" } }
    assert.is_nil(ok)
    assert.equal("a header field that cannot be sent", why)
    handle:answer { body = "fine" }
    assert.equal("fine", client())
  end)

  it("raises on wrong arguments, and the request can still be answered", function()
    local client = curl(base .. "/")
    local handle = next_request().handle
    assert.error_matches(function() handle:answer() end, "table expected")
    assert.error_matches(function() handle:answer { status = 100 } end, "'status' must be")
    assert.error_matches(function() handle:answer { status = "x" } end, "'status' must be")
    assert.error_matches(function() handle:answer { body = {} } end, "'body' must be a string")
    assert.error_matches(function() handle:answer { headers = 1 } end, "'headers' must be a table")
    assert.error_matches(function() handle:answer { headers = { a = 1 } } end, "must have strings")
    assert.error_matches(function() handle:truncate { at = -1 } end, "'at' must be")
    handle:answer { body = "fine" }
    assert.equal("fine", client())
  end)

  it("lets handles outlive their server, in any order", function()
    local client = curl(base .. "/")
    local handle = next_request().handle
    server:close()
    assert.same({ nil, "the connection is gone" }, { handle:answer {} })
    assert.same({ nil, "the connection is gone" }, { handle:reset() })
    assert.equal(52, select(2, client()))
  end)

  it("may be closed twice, and is no server after that", function()
    server:close()
    server:close()
    assert.error_matches(function() server:next(0) end, "the server is closed")
    assert.error_matches(function() server:port() end, "the server is closed")
  end)

  it("closes at the end of a block", function()
    local port
    do
      local other <close> = assert(native.httpd {})
      port = other:port()
    end
    local again <close> = assert(native.httpd { port = port })
    assert.equal(port, again:port())
  end)

  it("closes while requests wait in its queue", function()
    local one, two = curl(base .. "/1"), curl(base .. "/2")
    local handle = next_request().handle
    system.sleep(0.2)
    server:close()
    assert.not_equal(0, select(2, one()))
    assert.not_equal(0, select(2, two()))
    assert.is_nil(handle:answer {})
  end)
end)

describe("where the loopback server listens", function()
  it("is never anything but loopback", function()
    for _, address in ipairs { "0.0.0.0", "::", "192.0.2.1", "example.com", "" } do
      local none, why = native.httpd { address = address }
      assert.is_nil(none)
      assert.matches("not a loopback address", why)
    end
  end)

  it("is one port of 127.0.0.1 and ::1 for localhost", function()
    open { address = "localhost" }
    local hosts = { "127.0.0.1" }
    if io.open("/proc/net/if_inet6"):read("a"):find("0000000000000001 01", 1, true) then
      hosts[2] = "[::1]"
    end
    for _, host in ipairs(hosts) do
      local client = curl(("http://%s:%d/"):format(host, server:port()))
      next_request().handle:answer { body = host }
      assert.equal(host, client())
    end
    server:close()
  end)

  it("is said when the port is taken", function()
    open()
    local none, why = native.httpd { port = server:port() }
    assert.is_nil(none)
    assert.matches("^cannot listen on 127%.0%.0%.1 port %d+: .*[Aa]ddress already in use", why)
    server:close()
  end)

  it("must make sense", function()
    assert.error_matches(function() native.httpd() end, "table expected")
    assert.error_matches(function() native.httpd { port = 65536 } end, "'port' must be")
    assert.error_matches(function() native.httpd { port = {} } end, "'port' must be")
    assert.error_matches(function() native.httpd { address = 1 } end, "'address' must be a string")
    assert.error_matches(function() native.httpd { key = "x" } end, "go together")
  end)
end)

describe("the loopback server over TLS", function()
  local certificate, key, ca

  setup(function()
    certificate, key = native.certificate { names = { "localhost", "127.0.0.1", "::1" } }
    ca = temp.file(certificate, "ca.pem")
  end)
  before_each(function() open { certificate = certificate, key = key } end)
  after_each(function() server:close() end)

  it("is trusted by who has its certificate as CA file, by name and by address", function()
    for _, host in ipairs { "127.0.0.1", "localhost" } do
      local client = curl("--cacert", ca, "--ipv4", ("https://%s:%d/"):format(host, server:port()))
      next_request().handle:answer { body = "safe" }
      assert.equal("safe", client())
    end
  end)

  it("is not trusted without it", function()
    local client = curl(base .. "/")
    assert.is_nil(server:next(0.5))
    assert.equal(60, select(2, client()))
  end)

  it("resets and breaks off as over plain http", function()
    local client = curl("--cacert", ca, base .. "/")
    assert.is_true(next_request().handle:reset())
    assert.equal(56, select(2, client()))
    client = curl("--cacert", ca, base .. "/")
    next_request().handle:truncate { body = "0123456789", at = 5 }
    assert.equal(18, select(2, client()))
  end)

  it("has no raw bytes, and still answers", function()
    local client = curl("--cacert", ca, base .. "/")
    local handle = next_request().handle
    assert.same({ nil, "raw bytes go over plain http only" }, { handle:raw "x" })
    handle:answer { body = "fine" }
    assert.equal("fine", client())
  end)

  it("does not start with a certificate that is none", function()
    local none, why = native.httpd { certificate = "no PEM", key = "no PEM" }
    assert.is_nil(none)
    assert.matches("^cannot listen", why)
  end)
end)

describe("a certificate made on the fly", function()
  local function text_of(certificate)
    return shell.output {
      "openssl", "x509", "-noout", "-text", "-in", temp.file(certificate, "made.pem"),
    }
  end

  it("names hosts and addresses, is its own authority, and has an EC key", function()
    local certificate, key = native.certificate { names = { "localhost", "127.0.0.1", "::1" } }
    local text = text_of(certificate)
    assert.matches("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1", text, 1, true)
    assert.matches("CA:TRUE", text, 1, true)
    assert.matches("prime256v1", text, 1, true)
    assert.matches("^%-%-%-%-%-BEGIN PRIVATE KEY", key)
    shell.output { "openssl", "verify", "-x509_strict", "-CAfile",
      temp.file(certificate), temp.file(certificate) }
  end)

  it("is another one each time", function()
    local one, one_key = native.certificate { names = { "localhost" } }
    local two, two_key = native.certificate { names = { "localhost" } }
    assert.not_equal(one, two)
    assert.not_equal(one_key, two_key)
  end)

  it("must have names and an end", function()
    for _, names in ipairs { false, {}, { 1 }, { {} } } do
      assert.error_matches(function() native.certificate { names = names } end, "'names' must")
    end
    assert.error_matches(function()
      native.certificate { names = { "localhost" }, days = 0 }
    end, "'days' must be")
  end)
end)
