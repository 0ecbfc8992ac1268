-- What the doctor finds, and the mend that it names.

local doctor = require "xero.doctor"
local errors = require "xero.error"
local fake = require "support.fake"

-- What the doctor finds at an app whose servers answer so; the findings by the name of the check.
local function examine(answer, list, environment, store)
  local native = fake.native {
    libraries = function()
      return { libcurl = "8.0", tls = "OpenSSL/3", http2 = true, libmicrohttpd = "1.0" }
    end,
    store = function() return store end,
  }
  native.environment = environment or { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S" }
  local findings, failed = doctor.examine {
    native = native,
    getenv = function(name)
      if name == "XERO_RUN_STATE" then return "/state" end
      return name ~= "XERO_CLIENT_SECRET" and native.environment[name] or nil
    end,
    send = function()
      local got = { status = 401, headers = {}, http = "2", seconds = 0.01 }
      for key, value in pairs(answer(native) or {}) do got[key] = value end
      return got
    end,
    list = list or function() return {} end,
  }
  local by_name = {}
  for _, finding in ipairs(findings) do by_name[finding.check] = finding end
  return by_name, failed
end

local function at(offset)
  return function(native)
    return { headers = { date = os.date("!%a, %d %b %Y %H:%M:%S GMT", native.now() + offset) } }
  end
end

describe("the doctor", function()
  it("finds nothing wrong where nothing is", function()
    local found, failed = examine(at(0), function() return { {}, {} } end)
    assert.is_false(failed)
    for _, finding in pairs(found) do assert.equal("ok", finding.state, finding.finding) end
    assert.equal("2 tenants", found.access.finding)
  end)

  it("compares the clock with the date of the answer", function()
    for offset, state in pairs {
      [-59] = "ok", [59] = "ok", [61] = "warn", [-299] = "warn", [300] = "FAIL", [-86400] = "FAIL",
    } do
      local found, failed = examine(at(offset))
      assert.equal(state, found.clock.state, offset)
      assert.equal(state == "FAIL", failed)
    end
    assert.equal("2 minutes behind Xero's", (examine(at(120))).clock.finding)
    assert.equal("2 minutes ahead of Xero's", (examine(at(-120))).clock.finding)
    assert.matches("ntp", (examine(at(120))).clock.mend)
  end)

  it("says what keeps a server from answering, and asks for nothing else", function()
    local asked = false
    local found, failed = examine(function()
      return { error = "tls", message = "certificate has expired" }
    end, function() asked = true end)
    assert.is_true(failed)
    assert.equal("FAIL", found.api.state)
    assert.matches("certificate has expired", found.api.finding)
    assert.matches("SSL_CERT_FILE", found.api.mend)
    assert.is_false(asked)
    assert.is_nil(found.clock)
  end)

  it("says why the tenants cannot be had, with the hint", function()
    local found, failed = examine(at(0), function()
      errors.raise { kind = "auth", message = "invalid_client", hint = "look at the secret" }
    end)
    assert.is_true(failed)
    assert.same({ state = "FAIL", check = "access", finding = "invalid_client",
      mend = "look at the secret" }, found.access)
  end)

  it("stops at credentials that are missing", function()
    local found, failed = examine(at(0), nil, {})
    assert.is_true(failed)
    assert.equal("FAIL", found.credentials.state)
    assert.matches("XERO_CLIENT_ID", found.credentials.mend)
    assert.is_nil(found.api)
  end)

  it("says that no login is stored, and still looks at the servers", function()
    local found, failed = examine(at(0), nil, { XERO_CLIENT_ID = "ID" })
    assert.is_true(failed)
    assert.equal("FAIL", found.login.state)
    assert.equal("xero-run login", found.login.mend)
    assert.equal("ok", found.api.state)
    assert.is_nil(found.access)
  end)

  it("finds out that a disk is full before a renewal does", function()
    local unlocked = 0
    local full = {
      lock = function() return true end,
      unlock = function() unlocked = unlocked + 1 end,
      prepare = function() return nil, "cannot reserve space", "free some" end,
    }
    local found, failed = examine(at(0), nil, nil, full)
    assert.is_true(failed)
    assert.same({ state = "FAIL", check = "state", finding = "cannot reserve space",
      mend = "free some" }, found.state)
    assert.equal(1, unlocked)
  end)

  it("passes a mistake of ours and an interruption on", function()
    assert.has_error(function() examine(at(0), function() error("bug", 0) end) end, "bug")
    local ok, err = pcall(examine, at(0), function()
      errors.raise { kind = "interrupted", signal = "SIGINT", message = "x" }
    end)
    assert.is_false(ok)
    assert.equal("interrupted", err.kind)
  end)

end)
