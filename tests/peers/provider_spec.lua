-- A login against oidc-provider, a certified OpenID provider: its refresh tokens rotate, and the
-- second use of one ends the login. Its access tokens live for so short a time that each run finds
-- the stored one too old, as a run does after Xero's 30 minutes.

local cjson = require "cjson"
local npm = require "support.npm"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local SECRETS = { confidential = "a secret that the provider knows", public = false }
local SECONDS = 60 -- renewed when there are 60 s left: always

---@return support.Process? provider
---@return string url or why there is no provider
local function start_provider()
  if not shell.has "node" then
    return nil, "node is not installed"
  end
  local modules, reason = npm.modules()
  if not modules then
    return nil, reason
  end
  for _ = 1, 20 do
    local port = math.random(20000, 32000)
    local started = process.spawn { "node", "tests/peers/provider.mjs", modules, tostring(port),
      tostring(SECONDS) }
    process.await(function()
      return started:ended() or started:out():find("listening", 1, true)
    end, "oidc-provider", 30)
    if not started:ended() then
      return started, "http://localhost:" .. port
    end
    assert(started:err():find("EADDRINUSE", 1, true), started:err())
  end
  error "no free port for oidc-provider"
end

describe("a person's login at oidc-provider", function()
  local provider, url, env, seen

  -- How often it happened since the test began.
  local function count(event)
    local _, times = provider:out():sub(seen + 1):gsub("%f[%g]" .. event .. "%f[%s]", "")
    return times
  end

  local function xero_run(words)
    words.env = env
    local result = run(words)
    assert.equal(0, result.status, result.err .. provider:out())
    return result
  end

  -- A browser that keeps cookies.
  local function browse_by(home)
    return ("curl -sSL -m 20 -b %s/cookies -c %s/cookies -o %s/page.html %%s")
      :format(home, home, home)
  end

  local function as(client)
    local home = temp.directory()
    -- Without it a run that has a secret and no login is one of the app.
    shell.output { "mkdir", home .. "/xero-run" }
    temp.write(home .. "/xero-run/config.lua",
      'return { profiles = { default = { auth = "user" } } }')
    env = {
      XDG_CONFIG_HOME = home,
      XERO_CLIENT_ID = client,
      XERO_CLIENT_SECRET = SECRETS[client] or nil,
      XERO_API_URL = url,
      XERO_IDENTITY_URL = url,
      XERO_LOGIN_URL = url,
      XERO_RUN_STATE = home .. "/state",
      BROWSER = browse_by(home),
    }
  end

  local function log_in()
    return xero_run { "login", "--port", "0" }
  end

  local function names()
    local sorted = {}
    for i, connection in ipairs(cjson.decode(xero_run({ "list", "--format", "json" }).out)) do
      sorted[i] = connection.tenantName
    end
    table.sort(sorted)
    return sorted
  end

  local TENANTS = { "Bayside Club", "Ridgeway University" }

  setup(function()
    provider, url = start_provider()
  end)

  teardown(function()
    if provider then
      provider:stop()
    end
  end)

  -- One sentence that needs the provider.
  local function holds(sentence, test)
    it(sentence, function()
      if not provider then
        pending(url)
      end
      seen = #provider:out()
      test()
    end)
  end

  for client in pairs(SECRETS) do
    holds("is renewed by each run and then forgotten, by a " .. client .. " client", function()
      as(client)
      local shown = log_in().out
      assert.matches("\nconnections +2\n", shown)
      assert.matches("\nscopes +openid profile email offline_access\n", shown)
      local before = count "refresh_token.consumed"
      for _ = 1, 5 do
        assert.same(TENANTS, names())
      end
      assert.equal(before + 5, count "refresh_token.consumed")
      xero_run { "logout" }
      assert.equal(4, run({ "list", env = env }).status)
      assert.equal(0, count "grant.revoked")
      assert.equal(0, count "%S+error", provider:out())
    end)
  end

  holds("takes the address where the browser ended, pasted", function()
    as "public"
    local pipe = temp.directory() .. "/pasted"
    shell.output { "mkfifo", pipe }
    local login = process.spawn { "sh", "-c", 'exec "$1" login --no-browser <"$2"', "sh",
      run.program(), pipe, env = env }
    local writer <close> = assert(io.open(pipe, "w"))
    local address = process.await(function()
      return login:err():match "\n  (http://%S+)\n"
    end, "the address")
    local home = temp.directory()
    local ended = shell.output { "sh", "-c", [[curl -sL -o /dev/null -w '%{url_effective}' \
      -b "$1" -c "$1" "$2" || true]], "sh", home .. "/cookies", address }
    assert.matches("[?&]iss=", ended)
    writer:write(ended, "\n")
    writer:close()
    local result = login:wait()
    assert.equal(0, result.status, result.err .. provider:out())
    assert.same(TENANTS, names())
  end)

  holds("survives many runs at once, though a second use of a token would end it", function()
    as "public"
    log_in()
    local runs = {}
    for i = 1, 8 do
      runs[i] = run.spawn { "list", "--format", "ids", env = env }
    end
    for _, one in ipairs(runs) do
      local result = one:wait(20)
      assert.equal(0, result.status, result.err .. provider:out())
    end
    assert.same(TENANTS, names())
    assert.equal(0, count "%S+error")
  end)

  holds("is ended there by logout --revoke, and its tenants are gone", function()
    as "confidential"
    log_in()
    local token = temp.read(env.XERO_RUN_STATE .. "/default/token.json")
    xero_run { "logout", "--revoke", "--yes" }
    assert.equal(1, count "grant.revoked")

    temp.write(env.XERO_RUN_STATE .. "/default/token.json", token)
    local result = run { "list", env = env }
    assert.equal(4, result.status, result.err)
    assert.matches("log in", result.err)
  end)
end)
