-- The sandbox's logins: authorization, codes, and refresh tokens that rotate.

local sandbox_login = require "xero.sandbox_login"

local CLIENT = "C1"
local REDIRECT = "http://localhost:8742/callback"

-- Logins in a world whose clock stands still unless it is moved.
local function new_logins()
  local world = { clock = 1000000, count = 0, connected = {} }
  function world.now() return world.clock end
  function world.chance()
    world.count = world.count + 1
    return "chance" .. world.count
  end
  function world.hash(text) return "hash of " .. text end
  function world.connect(tenants)
    world.connected[#world.connected + 1] = tenants
    return "event" .. #world.connected
  end
  return sandbox_login.new(world), world
end

local function query(more)
  local fields = {
    response_type = "code", client_id = CLIENT, redirect_uri = REDIRECT, state = "a b",
    scope = "openid offline_access", code_challenge = "hash of v", code_challenge_method = "S256",
  }
  for name, value in pairs(more or {}) do fields[name] = value or nil end
  return fields
end

local function consent(logins, more)
  local location = logins:authorize(query(more), false)
  return location:match "[?&]code=([^&]*)"
end

local function form(code, more)
  local fields = { code = code, redirect_uri = REDIRECT, code_verifier = "v" }
  for name, value in pairs(more or {}) do fields[name] = value or nil end
  return fields
end

local function log_in(logins)
  return assert(logins:authorization_code(form(consent(logins)), CLIENT))
end

describe("the sandbox's authorize endpoint", function()
  it("sends the browser back with a code, the state and an issuer", function()
    local location = new_logins():authorize(query(), false)
    assert.equal(REDIRECT .. "?code=chance1&iss=https%3A%2F%2Fidentity.xero.com"
      .. "&scope=openid%20offline_access&session_state=chance2&state=a%20b", location)
  end)

  it("connects the tenants that the person chooses", function()
    local logins, world = new_logins()
    consent(logins)
    logins.tenants = { "A", "B" }
    consent(logins)
    assert.same({ 2, { "A", "B" } }, world.connected)
  end)

  it("sends the browser back with a denial", function()
    local logins, world = new_logins()
    logins.consent = "deny"
    assert.equal(REDIRECT .. "?error=access_denied&state=a%20b", logins:authorize(query(), false))
    assert.same({}, world.connected)
  end)

  for name, case in pairs {
    ["another response type"] = { { response_type = "token" }, "unsupported_response_type" },
    ["no scope"] = { { scope = "" }, "invalid_scope" },
    ["app.connections"] = { { scope = "openid app.connections" }, "invalid_scope" },
    ["a plain challenge"] = { { code_challenge_method = "plain" }, "invalid_request" },
  } do
    it("refuses " .. name, function()
      local location = new_logins():authorize(query(case[1]), false)
      assert.matches("?error=" .. case[2] .. "[&_]", location .. "&")
    end)
  end

  it("wants a challenge of a client that has no secret", function()
    local logins = new_logins()
    local without = query { code_challenge = false }
    assert.matches("error=invalid_request", (logins:authorize(without, true)))
    assert.matches("code=", (logins:authorize(without, false)))
  end)

  it("redirects nowhere for a stranger, or to a place that Xero refuses", function()
    local logins = new_logins()
    assert.same({ nil, "unauthorized_client" }, { logins:authorize(query(), nil) })
    for _, uri in ipairs { "http://127.0.0.1:8742/callback", "http://example.com/", "", "x:y" } do
      assert.same({ nil, "Invalid redirect_uri" },
        { logins:authorize(query { redirect_uri = uri }, false) })
    end
  end)
end)

describe("the sandbox's codes", function()
  it("begin a login, with a refresh token where offline_access was asked for", function()
    local logins = new_logins()
    local login = log_in(logins)
    assert.equal("event1", login.auth_event_id)
    assert.is_string(login.refresh_token)
    local code = consent(logins, { scope = "openid" })
    assert.is_nil(logins:authorization_code(form(code), CLIENT).refresh_token)
  end)

  it("are for one use, and a second one ends the login", function()
    local logins = new_logins()
    local code = consent(logins)
    local login = logins:authorization_code(form(code), CLIENT)
    assert.same({ nil, "invalid_grant" }, { logins:authorization_code(form(code), CLIENT) })
    assert.equal("reused", login.ended)
  end)

  it("live 5 minutes", function()
    local logins, world = new_logins()
    local code = consent(logins)
    world.clock = world.clock + 300
    assert.same({ nil, "invalid_grant" }, { logins:authorization_code(form(code), CLIENT) })
  end)

  it("belong to their client, redirect URI and verifier", function()
    for _, more in ipairs {
      { redirect_uri = "http://localhost:1/callback" }, { code_verifier = "w" },
      { code_verifier = false }, { code = "other" },
    } do
      local logins = new_logins()
      local code = consent(logins)
      assert.equal("invalid_grant",
        select(2, logins:authorization_code(form(code, more), CLIENT)))
    end
    local logins = new_logins()
    assert.is_nil((logins:authorization_code(form(consent(logins)), "C2")))
  end)
end)

describe("the sandbox's refresh tokens", function()
  local function refresh(logins, token, more)
    local fields = { refresh_token = token }
    for name, value in pairs(more or {}) do fields[name] = value end
    return logins:refresh(fields, CLIENT)
  end

  it("rotate", function()
    local logins = new_logins()
    local login = log_in(logins)
    local first = login.refresh_token
    assert.equal(login, refresh(logins, first))
    assert.not_equal(first, login.refresh_token)
    assert.equal(1, login.refreshes)
  end)

  it("are taken again for 30 minutes after they were retired", function()
    local logins, world = new_logins()
    local login = log_in(logins)
    local first = login.refresh_token
    refresh(logins, first)
    world.clock = world.clock + 1799
    assert.equal(login, refresh(logins, first))
    world.clock = world.clock + 1
    assert.same({ nil, "invalid_grant" }, { refresh(logins, first) })
    assert.is_nil(login.ended)
    assert.equal(login, refresh(logins, login.refresh_token))
  end)

  it("end the login when a retired one comes and there is no grace", function()
    local logins = new_logins()
    logins.grace = 0
    local login = log_in(logins)
    local first = login.refresh_token
    refresh(logins, first)
    assert.same({ nil, "invalid_grant" }, { refresh(logins, first) })
    assert.equal("reused", login.ended)
    assert.same({ nil, "invalid_grant" }, { refresh(logins, login.refresh_token) })
  end)

  it("end after 60 days without use", function()
    local logins, world = new_logins()
    local login = log_in(logins)
    world.clock = world.clock + 59 * 86400
    refresh(logins, login.refresh_token)
    world.clock = world.clock + 60 * 86400
    assert.same({ nil, "invalid_grant" }, { refresh(logins, login.refresh_token) })
    assert.equal("expired", login.ended)
  end)

  it("belong to their client, and come without a scope", function()
    local logins = new_logins()
    local token = log_in(logins).refresh_token
    assert.same({ nil, "invalid_grant" }, { logins:refresh({ refresh_token = token }, "C2") })
    assert.equal("invalid_scope", select(2, refresh(logins, token, { scope = "openid" })))
  end)

  it("are revoked, once", function()
    local logins = new_logins()
    local login = log_in(logins)
    assert.is_false(logins:revoke({ token = "unknown" }, CLIENT))
    assert.is_false(logins:revoke({ token = login.refresh_token }, "C2"))
    assert.is_true(logins:revoke({ token = login.refresh_token }, CLIENT))
    assert.equal("revoked", login.ended)
    assert.is_false(logins:revoke({ token = login.refresh_token }, CLIENT))
    assert.same({ nil, "invalid_grant" }, { refresh(logins, login.refresh_token) })
  end)
end)
