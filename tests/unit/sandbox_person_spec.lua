-- A person at the sandbox's login page, and the endpoint that tests steer it by.

local json = require "xero.json"
local native = require "xero.native"
local sandbox = require "xero.sandbox"

local PUBLIC = "5A9DB0C0000000000000000000000002"
local REDIRECT = "http://localhost:8742/callback"
local VERIFIER = ("v"):rep(43)

-- A person at a sandbox of three made-up tenants, and what they do there.
local Person = {}
Person.__index = Person

local function new()
  local state = 0
  return setmetatable({ xero = sandbox.new {
    now = function() return 1000000000 end,
    random = function()
      state = (state * 1103515245 + 12345) % 2147483648
      return state / 2147483648
    end,
    sha256 = native.sha256,
    connections = 3,
  } }, Person)
end

function Person:request(method, path, fields)
  local request = { method = method, path = path, query = {}, headers = {}, body = "" }
  for name, value in pairs(fields or {}) do request[name] = value end
  return self.xero:handle(request)
end

function Person:post(path, form)
  local parts = {}
  for name, value in pairs(form) do parts[#parts + 1] = name .. "=" .. value end
  return self:request("POST", path, {
    headers = { ["content-type"] = "application/x-www-form-urlencoded" },
    body = table.concat(parts, "&"),
  })
end

function Person:control(changes)
  local reply = self:request(changes and "POST" or "GET", "/sandbox",
    { body = changes and json.encode(changes) })
  return json.decode(reply.body), reply.status
end

-- The answer of the token endpoint to a whole login.
function Person:log_in()
  local reply = self:request("GET", "/identity/connect/authorize", { query = {
    response_type = "code", client_id = PUBLIC, redirect_uri = REDIRECT, state = "s",
    scope = "openid offline_access", code_challenge_method = "S256",
    code_challenge = native.base64url(native.sha256(VERIFIER)),
  } })
  assert.equal(302, reply.status)
  return json.decode(self:post("/connect/token", {
    grant_type = "authorization_code", client_id = PUBLIC, redirect_uri = REDIRECT,
    code = reply.headers.Location:match "[?&]code=([^&]*)", code_verifier = VERIFIER,
  }).body)
end

function Person:with(token, method, path, query)
  local headers = { authorization = "Bearer " .. token }
  return self:request(method, path, { headers = headers, query = query or {} })
end

function Person:names(token, query)
  local names = {}
  for i, connection in ipairs(json.decode(self:with(token, "GET", "/connections", query).body)) do
    names[i] = connection.tenantName
  end
  return names
end

describe("a person at the sandbox", function()
  it("sees what they connected, and nothing of the app's other tenants", function()
    local person = new()
    local tokens = person:log_in()
    assert.same({ "Maple Street Bakery", "Harbour Lights Ltd" }, person:names(tokens.access_token))
    local id = "/connections/c0000000-0000-4000-8000-000000000001"
    assert.equal(404, person:with(tokens.access_token, "DELETE", id).status)
  end)

  it("connects tenants again by a new consent, under the same connection", function()
    local person = new()
    person:log_in()
    person:control { tenants = { "Harbour Lights Ltd", "Other Ltd" } }
    local token = person:log_in().access_token
    assert.same({ "Maple Street Bakery", "Harbour Lights Ltd", "Other Ltd" }, person:names(token))
    local event = "ae000000-0000-4000-8000-000000000005"
    assert.same({ "Harbour Lights Ltd", "Other Ltd" }, person:names(token, { authEventId = event }))
  end)

  it("connects tenants without a login of ours, too", function()
    local person = new()
    local token = person:log_in().access_token
    local list = json.decode(person:with(token, "GET", "/connections").body)
    assert.equal(204, person:with(token, "DELETE", "/connections/" .. list[1].id).status)
    person:control { connect = 3 }
    assert.same({ "Maple Street Bakery", "Harbour Lights Ltd", "Pōhutukawa Press" },
      person:names(token))
  end)

  it("is sent an error page where the client or the redirect URI cannot be trusted", function()
    local person = new()
    local reply = person:request("GET", "/identity/connect/authorize", {
      query = { client_id = "<script>", redirect_uri = "http://evil.example/" },
    })
    assert.equal(400, reply.status)
    assert.is_nil(reply.headers.Location)
    assert.is_nil(reply.body:find("script", 1, true))
  end)

  it("loses all tenants with the revocation, and every access token with it", function()
    local person = new()
    local tokens = person:log_in()
    local reply = person:post("/connect/revocation",
      { token = tokens.refresh_token, client_id = PUBLIC })
    assert.equal(200, reply.status)
    assert.equal(401, person:with(tokens.access_token, "GET", "/connections").status)
    assert.same({}, person:names(person:log_in(person:control { tenants = 0 }).access_token))
  end)

  it("cannot revoke without saying for which client", function()
    local reply = new():post("/connect/revocation", { token = "x" })
    assert.equal(400, reply.status)
    assert.equal("invalid_client", json.decode(reply.body).error)
  end)
end)

describe("the sandbox's own endpoint", function()
  it("lets time pass", function()
    local person = new()
    local tokens = person:log_in()
    assert.equal(1000001800, person:control({ advance = 1800 }).now)
    local reply = person:with(tokens.access_token, "GET", "/connections")
    assert.equal(401, reply.status)
    assert.matches("TokenExpired", reply.body)
  end)

  it("shows the logins and counts refusals", function()
    local person = new()
    local first = person:log_in().refresh_token
    local form = { grant_type = "refresh_token", refresh_token = first, client_id = PUBLIC }
    person:control { grace = 0 }
    assert.equal(200, person:post("/connect/token", form).status)
    assert.equal(400, person:post("/connect/token", form).status)
    local state = person:control()
    assert.equal(1, state.refusals)
    assert.equal(1, state.logins[1].refreshes)
    assert.equal("reused", state.logins[1].ended)
    assert.not_equal(first, state.logins[1].refresh_token)
  end)

  it("refuses what it does not know", function()
    local person = new()
    for _, changes in ipairs {
      { advance = -1 }, { advance = "1" }, { consent = "maybe" }, { tenants = 1.5 },
      { connect = "x" },
      { grace = "x" }, { ["end"] = false }, { unknown = 1 }, 7,
    } do
      local state, status = person:control(changes)
      assert.equal(400, status)
      assert.is_string(state.error)
    end
    assert.equal(400, person:request("POST", "/sandbox", { body = "{" }).status)
  end)

  it("is no request of Xero's: nothing counts it", function()
    local person = new()
    person:control()
    assert.same({}, person:control().requests)
  end)
end)
