-- Answers that break off, that never come, or that cannot be used: their kinds, and whether the
-- request had gone out.
-- Runs alone: a timeout is held to a tenth of a second.

local exchange = require "support.exchange"
local native = require "xero.native"
local shell = require "support.shell"

local token = native.token(native.secret "known.token-123")
local server, pump, url

local function listed(reply, options)
  options = options or {}
  options.url, options.token = url, token
  pump:list(options)
  return exchange(pump, server, reply)
end

local function raw(bytes)
  return function(request)
    request.handle:raw(bytes)
  end
end

local function gzipped(body)
  return function(request)
    request.handle:answer {
      status = 200, headers = { ["Content-Encoding"] = "gzip" }, body = body,
    }
  end
end

-- What every failure says: for people, with the host, without the token or a path.
local function assert_failure(kind, answer)
  assert.equal(kind, answer.error)
  assert.matches("127%.0%.0%.1:%d+", answer.message)
  assert.is_nil(answer.message:find("known", 1, true))
  assert.is_nil(answer.message:find("/connections", 1, true))
  assert.is_nil(answer.message:find "%c")
  assert.is_nil(answer.status)
  assert.is_nil(answer.body)
end

describe("the pump with a faulty server", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("takes a time-out shorter than a millisecond for one, not for none", function()
    pump:list { url = url, token = token, timeout = 0.0001 }
    assert_failure("timeout", assert(pump:wait(5)))
  end)

  it("does not call a header line without end a lack of memory", function()
    local answer = listed(raw("HTTP/1.1 200 OK\r\nX-Long: " .. ("a"):rep(150000) .. "\r\n\r\n[]"))
    assert_failure("protocol", answer)
    assert.matches("a header line is too long", answer.message, 1, true)
  end)

  it("says that nobody listens, and that nothing was sent", function()
    server:close()
    pump:list { url = url, token = token }
    local answer = pump:wait(10)
    assert_failure("network", answer)
    assert.equal(0, answer.sends)
    server = assert(native.httpd {})
  end)

  it("says that a host does not exist", function()
    pump:list { url = "https://no-such-host.invalid", token = token }
    local answer = pump:wait(20)
    assert.equal("network", answer.error)
    assert.matches("no%-such%-host%.invalid", answer.message)
    assert.equal(0, answer.sends)
  end)

  it("takes a reset before the answer for a lost connection", function()
    local answer = listed(function(request) request.handle:reset() end)
    assert_failure("network", answer)
    assert.equal(1, answer.sends)
  end)

  it("takes a silent close before the answer for a lost connection", function()
    local answer = listed(raw "")
    assert_failure("network", answer)
    assert.equal(1, answer.sends)
  end)

  for _, part in ipairs { "HTTP/1.1 2", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n" } do
    it(("takes a close inside the headers (%q) for a lost connection"):format(part), function()
      local answer = listed(raw(part))
      assert_failure("network", answer)
      assert.equal(1, answer.sends)
    end)
  end

  it("takes a truncated body for a lost connection", function()
    local answer = listed(function(request)
      request.handle:truncate { status = 200, body = ("x"):rep(1000), at = 10 }
    end)
    assert_failure("network", answer)
    assert.equal(1, answer.sends)
  end)

  it("takes chunks that end too early for a lost connection", function()
    local answer = listed(raw(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n"))
    assert_failure("network", answer)
  end)

  it("ends a request that is never answered after its timeout", function()
    local started = native.monotonic()
    local answer = listed(nil, { timeout = 0.2 })
    assert_failure("timeout", answer)
    assert.equal(1, answer.sends)
    assert.near(0.2, native.monotonic() - started, 0.15)
    assert.near(0.2, answer.seconds, 0.1)
  end)

  for name, bytes in pairs {
    ["no HTTP at all"] = "SSH-2.0-OpenSSH_9.2\r\n",
    ["a status line that is none"] = "HTTP/x.y what\r\n\r\n",
    ["a body that is not what its encoding says"] =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
    ["headers of more than 64 KiB"] =
      "HTTP/1.1 200 OK\r\n" .. ("X-Long: " .. ("y"):rep(1000) .. "\r\n"):rep(70) .. "\r\n",
  } do
    it("cannot use " .. name, function()
      local answer = listed(raw(bytes))
      assert_failure("protocol", answer)
      assert.equal(1, answer.sends)
    end)
  end

  it("stops reading a body at 32 MiB", function()
    local limit = 32 * 1024 * 1024
    local exact = listed(function(request)
      request.handle:answer { status = 200, body = ("x"):rep(limit) }
    end)
    assert.equal(limit, #exact.body)
    local answer = listed(function(request)
      request.handle:answer { status = 200, body = ("x"):rep(limit + 1) }
    end)
    assert_failure("protocol", answer)
    assert.matches("32 MiB", answer.message)
  end)

  it("stops unfolding a gzip bomb at 32 MiB", function()
    local pipe = io.popen "head -c 200M /dev/zero | gzip -1"
    local bomb = pipe:read "a"
    pipe:close()
    assert.is_true(#bomb < 1024 * 1024)
    local answer = listed(gzipped(bomb))
    assert_failure("protocol", answer)
    assert.matches("32 MiB", answer.message)
  end)

  it("unfolds an honest gzip body", function()
    local pipe = io.popen(shell.join { "printf", "%s", "[]" } .. " | gzip")
    local body = pipe:read "a"
    pipe:close()
    local answer = listed(gzipped(body))
    assert.equal("[]", answer.body)
  end)

  it("hands over an error's answer as it came", function()
    local answer = listed(function(request)
      request.handle:answer { status = 503, headers = { ["Retry-After"] = "1" }, body = "<html>" }
    end)
    assert.is_nil(answer.error)
    assert.equal(503, answer.status)
    assert.equal("1", answer.headers["retry-after"])
    assert.equal("<html>", answer.body)
  end)
end)
