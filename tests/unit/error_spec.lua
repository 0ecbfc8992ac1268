-- The error object: its exit status, its one line, and what is none.

local xero_error = require "xero.error"

describe("xero.error", function()
  it("raises objects that pcall gives back as they were", function()
    local ok, err = pcall(xero_error.raise, { kind = "busy", message = "in use", hint = "wait" })
    assert.is_false(ok)
    assert.is_true(xero_error.is(err))
    assert.is_true(xero_error.is(err, "busy"))
    assert.is_false(xero_error.is(err, "auth"))
    assert.equal("wait", err.hint)
  end)

  it("does not take other values for error objects", function()
    for _, value in ipairs { "text", 1, true, { kind = "busy", message = "x" } } do
      assert.is_false(xero_error.is(value))
    end
    assert.is_false(xero_error.is(nil))
  end)

  it("gives each kind the exit status of the contract", function()
    local expected = {
      usage = 2, auth = 4, forbidden = 4, protected = 5, limit = 5, source = 6, busy = 7,
      network = 8, tls = 8, timeout = 8, rate_limit = 8, protocol = 8, deadline = 8,
      not_found = 1, store = 1, interrupted = 1, http = 1,
    }
    for kind, status in pairs(expected) do
      assert.equal(status, xero_error.new({ kind = kind, message = "x" }):exit_status(), kind)
    end
  end)

  it("takes an HTTP status of 500 or more for Xero being unavailable", function()
    local function exit_status(status)
      return xero_error.new({ kind = "http", message = "x", status = status }):exit_status()
    end
    assert.equal(1, exit_status(418))
    assert.equal(8, exit_status(500))
    assert.equal(8, exit_status(503))
  end)

  it("gives an interruption the status of its signal", function()
    local function exit_status(signal)
      return xero_error.new({ kind = "interrupted", message = "x", signal = signal }):exit_status()
    end
    assert.equal(130, exit_status "SIGINT")
    assert.equal(143, exit_status "SIGTERM")
  end)

  it("is one printable line as text", function()
    local err = xero_error.new { kind = "http", message = "one\r\n  two\27[2J\u{202e}\xff" }
    assert.equal([[one two\x1b[2J\u{202e}\xff]], tostring(err))
  end)

  it("takes a kind that it does not know for a bug", function()
    assert.has_error(function() xero_error.new { kind = "oops", message = "x" } end,
      "no such kind of error: oops")
    assert.has_error(function() xero_error.new { kind = "http" } end)
  end)
end)
