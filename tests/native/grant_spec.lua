-- Grants: what they show, how they change, and their form on disk.

local cjson = require "cjson"
local native = require "xero.native"
local temp = require "support.temp"

local STORED = {
  version = 1, generation = 7, client_id = "APP", host_tag = "tag", scope = "openid offline_access",
  obtained_at = 1700000000, expires_at = 1700001800, access_token = "access-1",
  refresh_token = "refresh-1", previous_refresh_token = "refresh-0", previous_at = 1699999000,
  identity_url = "https://identity.example", api_url = "https://api.example",
}

-- The text of token.json with some fields changed; false takes one away.
local function text(changes)
  local fields = {}
  for key, value in pairs(STORED) do fields[key] = value end
  for key, value in pairs(changes or {}) do fields[key] = value or nil end
  return cjson.encode(fields)
end

local function decode(json)
  return native.grant_decode(native.secret(json))
end

-- What a grant would put on disk, read back from there.
local function on_disk(grant)
  local directory = temp.directory()
  local store <close> = native.store { directory = directory }
  assert(store:lock(1))
  assert(store:replace("token.json", grant:encode()))
  return cjson.decode(temp.read(directory .. "/token.json"))
end

-- A token as the pump brings it, out of this body of a token response.
local function received(body)
  local server <close> = assert(native.httpd { address = "127.0.0.1", port = 0 })
  local pump <close> = native.pump {}
  pump:grant {
    url = "http://127.0.0.1:" .. server:port(), grant = "client_credentials", client_id = "APP",
    client_secret = native.secret "s", scope = "x",
  }
  local answer
  repeat
    answer = pump:wait(0.01)
    local request = server:next(0.01)
    if request then
      request.handle:answer { status = 200, body = cjson.encode(body) }
    end
  until answer
  return answer.token, answer
end

describe("a grant", function()
  it("shows nothing of itself as a text", function()
    assert.equal("grant", tostring(decode(text())))
  end)

  it("tells what is no secret, and no token", function()
    local about = decode(text()):about()
    assert.same({
      version = 1, generation = 7, client_id = "APP", host_tag = "tag",
      scope = "openid offline_access", obtained_at = 1700000000, expires_at = 1700001800,
      previous_at = 1699999000, has_refresh = true, has_previous = true,
      identity_url = "https://identity.example", api_url = "https://api.example",
    }, about)
  end)

  it("gives its access token with its times", function()
    local token = decode(text()):token()
    assert.equal("token", tostring(token))
    assert.equal(1700000000, token:obtained_at())
    assert.equal(1700001800, token:expires_at())
    assert.equal("openid offline_access", token:scope())
  end)

  it("knows its own access token", function()
    local grant = decode(text())
    assert.is_true(grant:same_access(grant:token()))
    assert.is_false(grant:same_access(decode(text { access_token = "other" }):token()))
  end)

  it("does not reveal tokens to a script that did not bring them", function()
    assert.has_error(function() decode(text()):reveal() end)
  end)

  it("is the same as itself in the same generation only", function()
    assert.is_true(decode(text()):same(decode(text())))
    assert.is_false(decode(text()):same(decode(text { generation = 8 })))
    assert.is_false(decode(text()):same(decode(text { refresh_token = "other" })))
  end)
end)

describe("grant:change", function()
  it("gives the next generation with the times set, and leaves the old one alone", function()
    local grant = decode(text())
    local changed = grant:change {
      refresh_started_at = 1700000100.5, dead_since = 1700000200, dead_checked_at = 1700000300,
    }
    assert.equal(8, changed:about().generation)
    assert.equal(1700000100.5, changed:about().refresh_started_at)
    assert.equal(1700000200, changed:about().dead_since)
    assert.is_nil(grant:about().refresh_started_at)
  end)

  it("clears what is false and keeps what is not named", function()
    local grant = decode(text { refresh_started_at = 1700000100, dead_since = 1700000000,
      dead_checked_at = 1700000001 })
    local about = grant:change({ refresh_started_at = false }):about()
    assert.is_nil(about.refresh_started_at)
    assert.equal(1700000000, about.dead_since)
  end)

  it("says for which servers a login is that did not say it", function()
    local silent = decode(text { identity_url = false, api_url = false })
    assert.is_nil(silent:about().api_url)
    local disk = on_disk(silent:change { identity_url = "https://i", api_url = "https://a" })
    assert.same({ "https://i", "https://a" }, { disk.identity_url, disk.api_url })
  end)

  it("takes times only", function()
    assert.has_error(function() decode(text()):change { dead_since = "today" } end)
  end)
end)

describe("grant:rotate", function()
  local body = { access_token = "access-2", refresh_token = "refresh-2", expires_in = 1800,
    token_type = "Bearer", scope = "openid" }

  it("takes the new tokens and keeps the retired one as the previous", function()
    local token = received(body)
    local grant = decode(text { refresh_started_at = 1700000100, dead_since = 1,
      dead_checked_at = 1 })
    local disk = on_disk(grant:rotate(token, { used = "refresh" }))
    assert.equal("access-2", disk.access_token)
    assert.equal("refresh-2", disk.refresh_token)
    assert.equal("refresh-1", disk.previous_refresh_token)
    assert.equal(8, disk.generation)
    assert.equal("openid", disk.scope)
    assert.is_true(math.abs(disk.previous_at - native.now()) < 5)
    assert.is_true(math.abs(disk.expires_at - disk.obtained_at - 1800) < 0.01)
    assert.is_nil(disk.refresh_started_at)
    assert.is_nil(disk.dead_since)
    assert.equal("tag", disk.host_tag)
    assert.equal("https://identity.example", disk.identity_url)
    assert.equal("https://api.example", disk.api_url)
  end)

  it("leaves the previous token where it was the one used", function()
    local disk = on_disk(decode(text()):rotate(received(body), { used = "previous" }))
    assert.equal("refresh-2", disk.refresh_token)
    assert.equal("refresh-0", disk.previous_refresh_token)
    assert.equal(1699999000, disk.previous_at)
  end)

  it("keeps the refresh token where none came", function()
    local token = received { access_token = "access-2", expires_in = 1800 }
    local disk = on_disk(decode(text()):rotate(token, { used = "refresh" }))
    assert.equal("refresh-1", disk.refresh_token)
    assert.equal("refresh-0", disk.previous_refresh_token)
    assert.equal("openid offline_access", disk.scope)
  end)
end)

describe("a new login", function()
  it("is a grant of the token that the pump brought", function()
    local token = received { access_token = "a", refresh_token = 'r"\\/', expires_in = 60,
      token_type = "bearer" }
    local disk = on_disk(native.grant { token = token, client_id = "APP", host_tag = "h",
      identity_url = "https://i", api_url = "https://a" })
    assert.same({ "https://i", "https://a" }, { disk.identity_url, disk.api_url })
    assert.equal(1, disk.version)
    assert.equal(1, disk.generation)
    assert.equal("a", disk.access_token)
    assert.equal('r"\\/', disk.refresh_token)
  end)

  it("is not made of an answer whose refresh token cannot be one", function()
    local token, answer = received { access_token = "a", refresh_token = "r\n", expires_in = 60 }
    assert.is_nil(token)
    assert.equal("protocol", answer.error)
  end)
end)

describe("a script's own tokens", function()
  local function own(changes)
    local fields = { client_id = "APP", access_token = "a", refresh_token = "r",
      expires_at = 2000000000, scope = "s" }
    for key, value in pairs(changes or {}) do fields[key] = value or nil end
    return native.grant(fields)
  end

  it("come back as the script gave them", function()
    local back = own({ obtained_at = 1999998200 }):reveal()
    assert.same({ access_token = "a", refresh_token = "r", token_type = "Bearer", scope = "s",
      expires_at = 2000000000, expires_in = 1800 }, back)
  end)

  it("may say how long they live instead of until when", function()
    local about = own({ expires_at = false, expires_in = 1800 }):about()
    assert.is_true(math.abs(about.expires_at - native.now() - 1800) < 5)
  end)

  it("may lack a refresh token", function()
    assert.is_false(own({ refresh_token = false }):about().has_refresh)
  end)

  it("are refused with what is wrong with them", function()
    local grant, message = own { access_token = "a b" }
    assert.is_nil(grant)
    assert.equal("access_token is not one", message)
    assert.matches("access_token", select(2, own { access_token = 7 }), 1, true)
  end)
end)

describe("token.json", function()
  it("holds every field, and comes back as it was", function()
    local all = { refresh_started_at = 1700000100, dead_since = 1700000200,
      dead_checked_at = 1700000300 }
    local disk = on_disk(decode(text(all)))
    assert.same(cjson.decode(text(all)), disk)
  end)

  it("of the future is told as such", function()
    local grant, message, why = decode(text { version = 2, generation = "seven" })
    assert.is_nil(grant)
    assert.equal("was written by a newer xero-run", message)
    assert.equal("newer", why)
  end)

  it("is never taken for empty when it cannot be read", function()
    local whole = text()
    for _, json in ipairs { " ", "{}", "[]", "null", '"x"', "{", whole:sub(1, -2),
      whole:sub(1, 20), whole .. "x", "\1", ("["):rep(5000) } do
      local grant, message, why = decode(json)
      assert.is_nil(grant, json)
      assert.equal("damaged", why)
      assert.matches("^is damaged: ", message)
    end
  end)

  it("must have its fields, of their types", function()
    for _, key in ipairs { "version", "generation", "client_id", "obtained_at", "expires_at",
      "access_token", "refresh_token" } do
      for _, value in ipairs { false, cjson.null, {} } do
        local grant, message = decode(text { [key] = value })
        assert.is_nil(grant)
        assert.equal("is damaged: " .. key .. " is missing or of the wrong type", message)
      end
    end
    for _, key in ipairs { "host_tag", "identity_url", "api_url", "scope", "previous_refresh_token",
      "previous_at", "refresh_started_at", "dead_since", "dead_checked_at" } do
      assert.is_nil((decode(text { [key] = {} })), key)
    end
  end)

  it("must have values that can be", function()
    for key, value in pairs { generation = 1.5, obtained_at = -1, expires_at = 1e300,
      access_token = "with space", refresh_token = "caf\u{e9}", client_id = "", scope = "a\nb",
      previous_at = false, api_url = false, identity_url = "https://\n", dead_since = 5,
      refresh_started_at = -5,
      previous_refresh_token = ("x"):rep(8193) } do
      local grant, message = decode(text { [key] = value })
      assert.is_nil(grant, key)
      assert.matches("^is damaged: ", message)
    end
    assert.is_nil((decode((text():gsub("1700001800", "NaN")))))
    assert.is_nil((decode((text():gsub("access%-1", "access\\u0000")))))
  end)

  it("of the largest tokens fits its bound", function()
    local long = ("/"):rep(8192)
    local grant = assert(decode(text { access_token = long, refresh_token = long,
      previous_refresh_token = long, scope = ("/"):rep(4096), identity_url = ("/"):rep(1024),
      api_url = ("/"):rep(1024), moved_to = ("/"):rep(1024) }))
    local directory = temp.directory()
    local store <close> = native.store { directory = directory }
    assert(store:lock(1))
    assert(store:replace("token.json", grant:encode()))
    assert.is_true(native.grant_decode(store:read "token.json"):same(grant))
  end)
end)
