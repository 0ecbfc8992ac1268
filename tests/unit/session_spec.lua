-- A valid token whenever one is needed: of an app, and one that is ready.

local errors = require "xero.error"
local Exchange = require "xero.exchange"
local fake = require "support.fake"
local Session = require "xero.session"

local APP = { mode = "app", client_id = "ID", client_secret = {}, identity_url = "U", timeout = 30 }

local function app(answers)
  local native = fake.native()
  native.pump_answers = answers
  return Session.new(APP, native, Exchange.new(native, fake.log())), native
end

local function token_until(seconds)
  return fake.token("T", { expires_at = 1000000 + seconds })
end

describe("a session of an app", function()
  it("asks for a token at the first need, and keeps it", function()
    local session, native = app { fake.grant() }
    assert.equal(0, #native.requests)
    assert.equal(session:token(), session:token())
    assert.equal(1, #native.requests)
    local request = native.requests[1]
    assert.equal("grant", request.op)
    assert.equal("client_credentials", request.grant)
    assert.equal("app.connections", request.scope)
    assert.equal(APP.client_secret, request.client_secret)
  end)

  it("renews a token 60 s before it expires", function()
    local first, second = token_until(1800), token_until(3600)
    local session, native = app { fake.grant(first), fake.grant(second) }
    assert.equal(first, session:token())
    native.time = native.time + 1739
    assert.equal(first, session:token())
    native.time = native.time + 1
    assert.equal(second, session:token())
  end)

  it("replaces a refused token once, however many requests it failed", function()
    local first, second = fake.token(), fake.token()
    local session, native = app { fake.grant(first), fake.grant(second) }
    session:token()
    session:renew(first)
    session:renew(first)
    assert.equal(second, session:token())
    assert.equal(2, #native.requests)
  end)

  it("repeats a token request that was not answered", function()
    local session, native = app {
      { error = "network", message = "reset" }, { status = 503 },
      { status = 200, error = "protocol", message = "no token in it" }, fake.grant(),
    }
    assert.is_table(session:token())
    assert.equal(4, #native.requests)
  end)

  it("does not ask again where a refusal is broken", function()
    local session, native = app { { status = 400, error = "protocol", message = "broken" } }
    local _, failure = pcall(session.token, session)
    assert.is_true(errors.is(failure, "protocol"))
    assert.equal(1, #native.requests)
  end)

  it("gives up after 5 attempts, and says what it was about", function()
    local session, native = app {
      { status = 500 }, { status = 500 }, { status = 500 }, { status = 500 }, { status = 500 },
    }
    local _, failure = pcall(session.token, session)
    assert.is_true(errors.is(failure, "http"))
    assert.equal(500, failure.status)
    assert.matches("/connect/token", failure.message)
    assert.equal(5, #native.requests)
  end)

  it("says what a refusal means, and does not repeat it", function()
    for code, hint in pairs {
      invalid_client = "XERO_CLIENT_SECRET", invalid_scope = "app.connections",
        unauthorized_client = "PKCE",
    } do
      local session = app { { status = 400, oauth_error = code, oauth_description = "because" } }
      local _, failure = pcall(session.token, session)
      assert.is_true(errors.is(failure, "auth"))
      assert.equal(code, failure.oauth_error)
      assert.matches(code .. " %(because%)", failure.message)
      assert.is_truthy(failure.hint:find(hint, 1, true))
    end
  end)

  it("never says that a person shall log in, for none can", function()
    for mode, hints in pairs {
      app = { invalid_grant = "whether it still exists and has this secret" },
      custom = {
        invalid_grant = "still connected to an organisation", invalid_scope = "of the profile",
      },
    } do
      for code, hint in pairs(hints) do
        local native = fake.native()
        native.pump_answers = { { status = 400, oauth_error = code } }
        local session = Session.new({ mode = mode }, native, Exchange.new(native, fake.log()))
        local _, failure = pcall(session.token, session)
        assert.equal(code, failure.oauth_error)
        assert.is_truthy(failure.hint:find(hint, 1, true), failure.hint)
        assert.is_nil(failure.hint:find("log in again", 1, true))
      end
    end
  end)

  it("tells about its token, and never the token", function()
    local session = app {
      fake.grant(fake.token("SECRET", { expires_at = 1001800, scope = "app.connections x" })),
    }
    assert.same({ mode = "app", expires_at = 1001800, scopes = { "app.connections", "x" } },
      session:describe())
  end)
end)

describe("a session of a ready token", function()
  local function ready(fields)
    local native = fake.native()
    native.token = function(secret) return fake.token(secret.secret, fields) end
    return Session.new({ mode = "token", access_token = { secret = "T" } }, native,
      Exchange.new(native, fake.log())), native
  end

  it("uses it as it is, expired or not", function()
    local session, native = ready { expires_at = 1 }
    assert.equal("T", session:token().value)
    assert.equal(0, #native.requests)
    assert.is_false(session:renewable())
  end)

  it("tells what its claims say", function()
    local session = ready {
      claims = { exp = 7, scope = { "a", "b" }, xero_userid = "U", authentication_event_id = "E" },
    }
    assert.same({ mode = "token", expires_at = 7, scopes = { "a", "b" }, user_id = "U",
      auth_event_id = "E" }, session:describe())
  end)
end)
