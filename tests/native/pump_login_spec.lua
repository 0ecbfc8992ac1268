-- The grants and the revocation of user mode, as they go onto the wire.

local cjson = require "cjson"
local exchange = require "support.exchange"
local native = require "xero.native"

local server, pump, url

local function stored(previous)
  return assert(native.grant_decode(native.secret(cjson.encode {
    version = 1, generation = 1, client_id = "APP", obtained_at = 1, expires_at = 2,
    access_token = "a", refresh_token = "refresh/1",
    previous_refresh_token = previous, previous_at = previous and 1,
  })))
end

local function sent(answer)
  return exchange.one(pump, server, answer)
end

local TOKENS = { status = 200, body = cjson.encode { access_token = "a2", refresh_token = "r2",
  expires_in = 1800, token_type = "Bearer" } }

describe("the pump in user mode", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("stops reading the answer of a token endpoint at 1 MiB", function()
    pump:grant { url = url, grant = "refresh_token", from = stored(), client_id = "APP",
      client_secret = native.secret "S" }
    local _, answer = sent { status = 200, body = (" "):rep((1 << 20) + 1) .. TOKENS.body }
    assert.equal("protocol", answer.error)
    assert.matches("larger than 1 MiB", answer.message, 1, true)
  end)

  it("refreshes with the grant's token, without a scope, the client known by HTTP Basic", function()
    pump:grant { url = url, grant = "refresh_token", from = stored(), client_id = "APP",
      client_secret = native.secret "secret" }
    local request, answer = sent(TOKENS)
    assert.equal("POST", request.method)
    assert.equal("/connect/token", request.path)
    assert.equal("grant_type=refresh_token&refresh_token=refresh%2F1", request.body)
    assert.equal("Basic QVBQOnNlY3JldA==", request.headers.authorization)
    assert.equal("token", tostring(answer.token))
  end)

  it("refreshes for an app without a secret with its id in the form", function()
    pump:grant { url = url, grant = "refresh_token", from = stored(), client_id = "APP" }
    local request = sent(TOKENS)
    assert.equal("grant_type=refresh_token&refresh_token=refresh%2F1&client_id=APP", request.body)
    assert.is_nil(request.headers.authorization)
  end)

  it("can use the previous token", function()
    pump:grant { url = url, grant = "refresh_token", from = stored "old", which = "previous",
      client_id = "APP" }
    assert.equal("grant_type=refresh_token&refresh_token=old&client_id=APP", sent(TOKENS).body)
  end)

  it("says that there is no such token", function()
    local ok, err = pcall(pump.grant, pump, { url = url, grant = "refresh_token",
      from = stored(), which = "previous", client_id = "APP" })
    assert.is_false(ok)
    assert.equal("auth", err.kind)
  end)

  it("redeems a code with its verifier", function()
    pump:grant { url = url, grant = "authorization_code", client_id = "APP",
      code = native.secret "the code", redirect_uri = "http://localhost:8742/callback",
      verifier = native.secret "v-._~" }
    assert.equal("grant_type=authorization_code&code=the%20code"
      .. "&redirect_uri=http%3A%2F%2Flocalhost%3A8742%2Fcallback&code_verifier=v-._~"
      .. "&client_id=APP", sent(TOKENS).body)
  end)

  it("redeems a code for a confidential app", function()
    pump:grant { url = url, grant = "authorization_code", client_id = "APP",
      client_secret = native.secret "secret", code = native.secret "c",
      redirect_uri = "http://localhost/x" }
    local request = sent(TOKENS)
    assert.equal("grant_type=authorization_code&code=c&redirect_uri=http%3A%2F%2Flocalhost%2Fx",
      request.body)
    assert.equal("Basic QVBQOnNlY3JldA==", request.headers.authorization)
  end)

  it("revokes the refresh token", function()
    pump:revoke { url = url, from = stored(), client_id = "APP" }
    local request, answer = sent { status = 200, body = "" }
    assert.equal("POST", request.method)
    assert.equal("/connect/revocation", request.path)
    assert.equal("token=refresh%2F1&token_type_hint=refresh_token&client_id=APP", request.body)
    assert.equal(200, answer.status)
    assert.is_nil(answer.error)
    assert.is_nil(answer.body)
  end)

  it("says why a revocation was refused, and nothing else of the answer", function()
    pump:revoke { url = url, from = stored(), client_id = "APP" }
    local _, answer = sent { status = 400, body = '{"error":"invalid_client","x":"hidden"}' }
    assert.equal("invalid_client", answer.oauth_error)
    assert.is_nil(answer.body)
  end)
end)
