-- Secrets in the memory of a program that has used them, over TLS and HTTP/2: there they pass
-- through the buffers of libraries that know nothing of secrets.

local cjson = require "cjson"
local machine = require "support.machine"
local memory = require "support.memory"
local native = require "xero.native"
local new_person = require "support.person".new
local nginx = require "support.nginx"
local temp = require "support.temp"
local tenants = require "support.tenants"

local UNREADABLE = "the memory of a program cannot be read here"

local function unguessable()
  return native.base64url(native.random_bytes(48))
end

-- What the Authorization header of a token request shows.
local function basic(env)
  local pair = env.XERO_CLIENT_ID .. ":" .. env.XERO_CLIENT_SECRET
  return native.base64url(pair):gsub("-", "+"):gsub("_", "/")
end

-- A token, a list, and at least one disconnect.
local function check_log(server)
  local log = server:log(3)
  assert.same({ "DELETE", "HTTP/2.0" }, { log[#log].method, log[#log].protocol })
end

describe("the app's own token, over HTTP/2", function()
  local function app_copies(what)
    local token = unguessable()
    local server <close> = nginx.start { token = token,
      connections = cjson.encode(tenants.make(3)) }
    local env = { XERO_API_URL = server.url, XERO_IDENTITY_URL = server.url,
      SSL_CERT_FILE = server.ca, XERO_CLIENT_ID = "id", XERO_CLIENT_SECRET = unguessable() }
    local found = memory.copies({ what, "disconnect" }, env, function()
      return { token = token, secret = env.XERO_CLIENT_SECRET, header = basic(env) }
    end)
    check_log(server)
    return found
  end

  it("is in memory while it is needed", function()
    if machine.is_sanitized() then return pending(UNREADABLE) end
    local found = app_copies "keep"
    if not found.token then return pending(UNREADABLE) end
    assert.is_true(found.token > 0)
  end)

  it("leaves no copy after that, and its secret the one that the next request needs", function()
    if machine.is_sanitized() then return pending(UNREADABLE) end
    local found = app_copies "drop"
    if not found.token then return pending(UNREADABLE) end
    assert.same({ token = 0, secret = 1, header = 0 }, found)
  end)
end)

describe("a person's tokens, over HTTP/2", function()
  it("leave no copy in memory once they were renewed and used", function()
    if machine.is_sanitized() then return pending(UNREADABLE) end
    local person <close> = new_person()
    local server <close> = nginx.start { upstream = person.sandbox.env.XERO_API_URL }
    person:go_by { XERO_API_URL = server.url, XERO_IDENTITY_URL = server.url,
      SSL_CERT_FILE = server.ca }
    person:log_in()
    local env = person.env
    person:control { advance = 1800 }
    local file = person.state .. "/default/token.json"
    local old = cjson.decode(temp.read(file))
    old.expires_at = native.now() - 100
    old.api_url, old.identity_url = server.url, server.url
    temp.write(file, cjson.encode(old))
    local found = memory.copies({ "drop", "disconnect" }, env, function()
      local new = cjson.decode(temp.read(file))
      assert.not_equal(old.refresh_token, new.refresh_token)
      return { old_access = old.access_token, old_refresh = old.refresh_token,
        access = new.access_token, refresh = new.refresh_token,
        secret = env.XERO_CLIENT_SECRET, header = basic(env) }
    end)
    if not found.access then return pending(UNREADABLE) end
    check_log(server)
    assert.same({ old_access = 0, old_refresh = 0, access = 0, refresh = 0, secret = 1,
      header = 0 }, found)
  end)
end)
