-- The retry rules: what each answer means for the next attempt.

local retry = require "xero.retry"
local xero_error = require "xero.error"

local NOW = 1795456800 -- 2026-11-23T18:00:00Z
local ID = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"
local GET, POST = { method = "GET" }, { method = "POST" }
local DELETE = { method = "DELETE", id = ID }

local function env(extra)
  local e = { now = NOW, random = function() return 1 end }
  for key, value in pairs(extra or {}) do e[key] = value end
  return e
end

local function status(code, headers, body)
  return { status = code, headers = headers or {}, body = body or "", sends = 1 }
end

local function lost(kind, sends, message)
  return { error = kind, message = message or "it broke", sends = sends }
end

local function verdict(request, answer, attempt, extra)
  local v = retry.verdict(request, answer, attempt or 1, env(extra))
  if v.error then xero_error.new(v.error) end -- asserts that kind and message are there
  return v
end

local function failure(request, answer, attempt, extra)
  local v = verdict(request, answer, attempt, extra)
  assert.equal("fail", v.action)
  return v.error
end

local function action(...)
  return verdict(...).action
end

describe("xero.retry", function()
  it("takes a success", function()
    assert.equal("done", action(GET, status(200)))
    assert.equal("done", action(DELETE, status(204)))
    assert.equal("done", action(POST, status(200)))
  end)

  describe("for a GET", function()
    it("tries again after 408, 429, 500, 502, 503, 504", function()
      for _, code in ipairs { 408, 429, 500, 502, 503, 504 } do
        assert.equal("wait", action(GET, status(code)), code)
      end
    end)

    it("tries again after a broken connection or a timeout, sent or not", function()
      for _, kind in ipairs { "network", "timeout" } do
        assert.equal("wait", action(GET, lost(kind, 0)))
        assert.equal("wait", action(GET, lost(kind, 1)))
      end
    end)

    it("gives up at once for what does not mend itself", function()
      assert.equal("tls", failure(GET, lost("tls", 0)).kind)
      assert.equal("protocol", failure(GET, lost("protocol", 1)).kind)
      for _, code in ipairs { 400, 402, 404, 405, 410, 422, 501, 505 } do
        assert.equal("http", failure(GET, status(code)).kind, code)
      end
    end)

    it("asks again for an answer that did not arrive whole", function()
      local answer = lost("protocol", 1, "the list is broken")
      answer.lost, answer.status = true, 200
      assert.equal("wait", action(GET, answer))
      local err = failure(GET, answer, 5)
      assert.equal("protocol", err.kind)
      assert.equal("GET /connections failed: the list is broken, 5 times; giving up", err.message)
    end)

    it("gives up after five attempts, in one clear line", function()
      local answer = status(503, { ["xero-correlation-id"] = "c-1" })
      assert.equal("wait", action(GET, answer, 4))
      local err = failure(GET, answer, 5)
      assert.equal("Xero answered 503 to GET /connections, 5 times; giving up", err.message)
      assert.equal("http", err.kind)
      assert.equal(503, err.status)
      assert.equal(5, err.attempts)
      assert.equal("c-1", err.correlation_id)
      assert.matches("correlation id, c-1", err.hint, 1, true)
      assert.equal(8, xero_error.new(err):exit_status())
    end)

    it("says what broke after the last attempt", function()
      local err = failure(GET, lost("network", 0, "Could not resolve host: api.xero.com"), 5)
      assert.equal("network", err.kind)
      assert.equal("no answer to GET /connections: Could not resolve host: api.xero.com, 5 times; "
        .. "giving up", err.message)
      assert.equal("timeout", failure(GET, lost("timeout", 1), 5).kind)
    end)

    it("gives up earlier where it is told to", function()
      assert.equal("fail", action(GET, status(500), 1, { max_attempts = 1 }))
    end)
  end)

  describe("for a DELETE", function()
    it("tries again by itself only where it surely was not processed", function()
      assert.equal("wait", action(DELETE, lost("network", 0)))
      assert.equal("wait", action(DELETE, lost("timeout", 0)))
      assert.equal("wait", action(DELETE, status(429)))
      assert.equal("wait", action(DELETE, status(503, { ["retry-after"] = "1" })))
    end)

    it("is uncertain everywhere else", function()
      for _, code in ipairs { 408, 500, 502, 503, 504, 520 } do
        assert.equal("uncertain", action(DELETE, status(code)), code)
      end
      for _, kind in ipairs { "network", "timeout", "protocol", "tls" } do
        assert.equal("uncertain", action(DELETE, lost(kind, 1)), kind)
        assert.equal("uncertain", action(DELETE, lost(kind, nil)), kind)
      end
      assert.equal("uncertain", action(DELETE, status(500, { ["retry-after"] = "1" })))
    end)

    it("stays uncertain after the last attempt, with the error at hand", function()
      local v = verdict(DELETE, status(502), 5)
      assert.equal("uncertain", v.action)
      assert.equal("http", v.error.kind)
      assert.equal(502, v.error.status)
      assert.equal(8, v.wait)
    end)

    it("leaves 404 to the caller, an earlier attempt may have done it", function()
      assert.equal("done", action(DELETE, status(404)))
    end)

    it("names the connection", function()
      local answer = status(403, {}, '{"detail":"AuthenticationUnsuccessful"}')
      assert.equal("Xero answered 403 to DELETE /connections/" .. ID
        .. ": AuthenticationUnsuccessful", failure(DELETE, answer).message)
    end)
  end)

  describe("backoff", function()
    it("doubles from half a second up to twenty", function()
      local waits = {}
      for attempt = 1, 8 do
        waits[attempt] = verdict(GET, status(500), attempt, { max_attempts = 9 }).wait
      end
      assert.same({ 0.5, 1, 2, 4, 8, 16, 20, 20 }, waits)
    end)

    it("has full jitter", function()
      assert.equal(0, verdict(GET, status(500), 3, { random = function() return 0 end }).wait)
      assert.equal(1, verdict(GET, status(500), 3, { random = function() return 0.5 end }).wait)
    end)
  end)

  describe("Retry-After", function()
    local function wait(header, code)
      return verdict(GET, status(code or 429, { ["retry-after"] = header })).wait
    end

    it("is obeyed up to a minute, as seconds and as a date", function()
      assert.equal(5, wait "5")
      assert.equal(60, wait "60")
      assert.equal(7, wait("7", 503))
      assert.equal(30, wait "Mon, 23 Nov 2026 18:00:30 GMT")
      assert.equal(30, wait "Monday, 23-Nov-26 18:00:30 GMT")
      assert.equal(30, wait "Mon Nov 23 18:00:30 2026")
    end)

    it("counts what is past as now", function()
      assert.equal(0, wait "0")
      assert.equal(0, wait "-5")
      assert.equal(0, wait "Sun, 06 Nov 1994 08:49:37 GMT")
    end)

    it("takes the largest of several", function()
      assert.equal(9, wait "1, 9, 3")
      assert.equal(40, wait "Mon, 23 Nov 2026 18:00:40 GMT, 5")
      assert.equal(50, wait "5, Mon, 23 Nov 2026 18:00:40 GMT, Mon, 23 Nov 2026 18:00:50 GMT")
    end)

    it("is left aside where it cannot be read", function()
      for _, header in ipairs { "", "soon", "0x10", "nan", "1e9", "inf", "," } do
        assert.equal(0.5, wait(header), header)
      end
      assert.equal("uncertain", action(DELETE, status(503, { ["retry-after"] = "soon" })))
    end)

    it("beyond a minute is an error that says when", function()
      local err = failure(GET, status(429, { ["retry-after"] = "61" }))
      assert.equal("rate_limit", err.kind)
      assert.equal(61, err.retry_after)
      assert.equal("Xero answered 429 to GET /connections; "
        .. "try again at 18:01 UTC (in 1 minute 1 second)", err.message)
      err = failure(GET, status(503, { ["retry-after"] = "7200" }))
      assert.equal("http", err.kind)
      assert.matches("try again at 20:00 UTC %(in 2 hours%)", err.message)
      err = failure(DELETE, status(503, { ["retry-after"] = "7200" }))
      assert.equal("http", err.kind)
    end)

    it("of any size ends in a date", function()
      local err = failure(GET, status(429, { ["retry-after"] = ("9"):rep(400) }))
      assert.matches("try again at", err.message)
    end)
  end)

  describe("limits", function()
    it("are named, and a daily one is never waited out", function()
      local err = failure(GET, status(429, { ["retry-after"] = "66975",
        ["x-rate-limit-problem"] = "Day" }))
      assert.equal("rate_limit", err.kind)
      assert.equal("day", err.limit)
      assert.equal("Xero answered 429 to GET /connections (the limit of calls a day); "
        .. "try again at 12:36 UTC on 2026-11-24 (in 19 hours)", err.message)
      assert.equal("fail", action(GET, status(429, { ["retry-after"] = "1",
        ["x-rate-limit-problem"] = "day" })))
      assert.equal("fail", action(DELETE, status(429, { ["x-rate-limit-problem"] = "day" })))
    end)

    it("of a minute are waited out, five times", function()
      local answer = status(429, { ["retry-after"] = "3", ["x-rate-limit-problem"] = "minute" })
      assert.equal(3, verdict(DELETE, answer).wait)
      local err = failure(DELETE, answer, 5)
      assert.equal("rate_limit", err.kind)
      assert.equal("minute", err.limit)
      assert.matches("5 times; giving up", err.message)
    end)

    it("that are not documented are shown as they came, but printable", function()
      local err = failure(GET, status(429, { ["x-rate-limit-problem"] = "concurrent\27" }), 5)
      assert.matches([[its limit: concurrent\x1b]], err.message, 1, true)
    end)
  end)

  describe("401", function()
    local EXPIRED = '{"Title":"Unauthorized","Detail":"TokenExpired: token expired at 09/24/2021"}'

    it("renews the token where it can", function()
      for _, request in ipairs { GET, DELETE } do
        assert.equal("renew", action(request, status(401), 1, { renewable = true }))
      end
    end)

    it("is an error of kind auth where it cannot, or did already", function()
      local err = failure(GET, status(401, {}, EXPIRED))
      assert.equal("auth", err.kind)
      assert.equal("TokenExpired: token expired at 09/24/2021", err.detail)
      assert.equal("Xero answered 401 to GET /connections: " .. err.detail, err.message)
      assert.matches("has expired", err.hint)
      assert.matches("clock", failure(GET, status(401), 2, { renewed = true }).hint)
      assert.equal(4, xero_error.new(err):exit_status())
    end)
  end)

  it("takes 403 for forbidden", function()
    local err = failure(GET, status(403, {}, '{"Title":"Forbidden","Detail":"Nope"}'))
    assert.equal("forbidden", err.kind)
    assert.equal(403, err.status)
    assert.equal("Nope", err.detail)
  end)

  it("does not follow redirects", function()
    for _, code in ipairs { 301, 302, 303, 307, 308, 304 } do
      for _, request in ipairs { GET, DELETE, POST } do
        local err = failure(request, status(code, { location = "https://example.com" }))
        assert.equal("http", err.kind)
        assert.matches("not followed", err.message)
      end
    end
  end)

  describe("error bodies", function()
    local function detail(body)
      return failure(GET, status(418, {}, body)).detail
    end

    it("are read without regard to the case of their keys", function()
      assert.equal("x", detail '{"Detail":"x"}')
      assert.equal("x", detail '{"detail":"x","title":"y"}')
      assert.equal("y", detail '{"Title":"y","Detail":null}')
    end)

    it("are not read where they are longer than any that explains a failure", function()
      assert.is_nil(detail('{"detail":"' .. ("x"):rep(1 << 16) .. '"}'))
    end)

    it("may be HTML, empty, lists or hostile", function()
      for _, body in ipairs { "", "<html><body>503</body></html>", "[1]", "null", '"x"', "\xff" } do
        assert.is_nil(detail(body))
      end
      assert.equal([[\x1b[2J]], detail [[{"detail":"\u001b[2J"}]])
      assert.equal(("x"):rep(299) .. "…", detail('{"detail":"' .. ("x"):rep(1000) .. '"}'))
    end)
  end)

  describe("for a grant", function()
    it("tries again while the token endpoint is unavailable", function()
      assert.equal("wait", action(POST, status(503)))
      assert.equal("wait", action(POST, lost("network", 1)))
    end)

    it("does not repeat one that must not be repeated", function()
      local refresh = { method = "POST", repeatable = false }
      assert.equal("fail", action(refresh, status(500)))
      assert.equal("fail", action(refresh, lost("timeout", 1)))
      assert.equal("wait", action(refresh, lost("timeout", 0)))
      assert.equal("wait", action(refresh, status(429)))
    end)

    it("says what the token endpoint refused", function()
      local answer = status(400)
      answer.oauth_error, answer.oauth_description = "invalid_client", "no such\27 app"
      local err = failure(POST, answer)
      assert.equal("auth", err.kind)
      assert.equal("invalid_client", err.oauth_error)
      assert.equal("Xero does not know this client id with this secret: "
        .. [[invalid_client (no such\x1b app)]], err.message)
      assert.matches("XERO_CLIENT_ID", err.hint)
      answer.oauth_description = ("because"):rep(1000)
      assert.is_true(#failure(POST, answer).message < 400)
      assert.equal("auth", failure(POST, status(401)).kind)
      assert.equal("http", failure(POST, status(400)).kind)
    end)
  end)
end)
