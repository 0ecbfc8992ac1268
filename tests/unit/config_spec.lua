-- The settings of a client: which source of each counts, and what is refused.

local config = require "xero.config"
local errors = require "xero.error"
local fake = require "support.fake"
local temp = require "support.temp"

local APP = { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S" }
local BOTH = { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S", XERO_ACCESS_TOKEN = "T" }

local function settings(environment, options, overrides)
  local native = fake.native(overrides)
  native.environment = environment
  -- main keeps these two for itself: no os.getenv sees them.
  local function getenv(name)
    return name:find "_SECRET$" == nil and name:find "_TOKEN$" == nil and environment[name] or nil
  end
  return config.settings(options or {}, { getenv = getenv, native = native })
end

-- Settings with a configuration of one profile, whose fields these are.
local function with_profile(fields, environment, options, overrides)
  environment.XERO_RUN_CONFIG = temp.file("return { profiles = { acme = {" .. fields .. "} } }")
  environment.XERO_RUN_STATE = "/state"
  overrides = overrides or {}
  overrides.file_status = overrides.file_status or function() return { mode = 384 } end
  return settings(environment, options, overrides)
end

local function refused(environment, options, overrides)
  local ok, failure = pcall(settings, environment, options, overrides)
  assert.is_false(ok)
  assert.is_true(errors.is(failure, "usage"), tostring(failure))
  return failure
end

describe("settings", function()
  it("do not repeat a base URL that may hold a password", function()
    for _, url in ipairs { "https://user:secret@api.xero.com", "http://secret@127.0.0.1" } do
      local failure = refused { XERO_ACCESS_TOKEN = "T", XERO_API_URL = url }
      assert.equal("XERO_API_URL is not a base URL: it names a user", failure.message)
    end
  end)

  it("take the app from the environment", function()
    local got = settings(APP)
    assert.equal("app", got.mode)
    assert.equal("ID", got.client_id)
    assert.same({ secret = "S" }, got.client_secret)
    assert.equal("https://api.xero.com", got.api_url)
    assert.equal("https://identity.xero.com", got.identity_url)
    assert.equal("https://login.xero.com", got.login_url)
    assert.equal(30, got.timeout)
  end)

  it("take the secret from a file where the variable has none", function()
    local got = settings({ XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET_FILE = "/run/secret" }, {}, {
      secret_from_file = function(path) return { secret = "from " .. path } end,
    })
    assert.same({ secret = "from /run/secret" }, got.client_secret)
  end)

  it("say what is wrong with the file of a secret", function()
    local failure = refused({ XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET_FILE = "/x" }, {}, {
      secret_from_file = function() return nil, "/x: others may read it" end,
    })
    assert.equal("XERO_CLIENT_SECRET_FILE: /x: others may read it", failure.message)
  end)

  it("prefer a ready token to an app", function()
    local got = settings(BOTH)
    assert.equal("token", got.mode)
    assert.same({ secret = "T" }, got.access_token)
    assert.is_nil(got.client_secret)
  end)

  it("use the app all the same where the script asks for it", function()
    assert.equal("app", settings(BOTH, { auth = "app" }).mode)
    assert.equal("app", settings(BOTH, { client_id = "other" }).mode)
  end)

  it("let options win over the environment, and the command line over options", function()
    local options = { client_id = "mine", client_secret = "text", api_url = "http://[::1]:80/x/",
      timeout = "2m" }
    local got = settings(APP, options)
    assert.equal("mine", got.client_id)
    assert.same({ secret = "text" }, got.client_secret)
    assert.equal("http://[::1]/x", got.api_url)
    assert.equal(120, got.timeout)
    assert.equal(5, settings(APP, options, { options = { timeout = 5 } }).timeout)
  end)

  it("name what is missing, and every way to give it", function()
    local failure = refused {}
    assert.equal("no credentials for Xero", failure.message)
    for _, name in ipairs { "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "XERO_CLIENT_SECRET_FILE",
      "XERO_ACCESS_TOKEN", "--sandbox" } do
      assert.is_truthy(failure.hint:find(name, 1, true), name)
    end
    assert.matches("XERO_CLIENT_ID is not set", refused({ XERO_CLIENT_SECRET = "S" }).message)
    assert.matches("XERO_CLIENT_SECRET",
      refused({ XERO_CLIENT_ID = "ID" }, { auth = "app" }).message)
    assert.matches("XERO_ACCESS_TOKEN is not set", refused(APP, { auth = "token" }).message)
  end)

  it("count an empty variable as absent", function()
    assert.matches("XERO_CLIENT_ID",
      refused({ XERO_CLIENT_ID = "", XERO_CLIENT_SECRET = "S" }).message)
    assert.equal("https://api.xero.com", settings {
      XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S", XERO_API_URL = "",
    }.api_url)
  end)

  it("refuse URLs over which a token would be seen", function()
    for _, url in ipairs { "http://api.xero.com", "ftp://x", "api.xero.com", "https://",
      "https:///x", "https://user:pw@host", "http://127.0.0.1.example.com",
      "http://localhost.example.com", "https://a b", "https://host/?q", "https://host/#f",
      "http://127.0.0.1@evil.example" } do
      assert.matches("XERO_API_URL", refused({ XERO_API_URL = url }).message)
    end
  end)

  it("refuse URLs that no login could hold", function()
    for _, url in ipairs { "https://caf\u{e9}.example", "https://x/" .. ("y"):rep(1100) } do
      assert.matches("XERO_API_URL is not a base URL", refused({ XERO_API_URL = url }).message)
    end
  end)

  it("have one form of a URL, however it is written", function()
    for url, form in pairs { ["HTTPS://API.Example:443//"] = "https://api.example",
      ["https://api.example/A/"] = "https://api.example/A",
      ["http://LocalHost:80"] = "http://localhost", ["http://[::1]:443"] = "http://[::1]:443" } do
      assert.equal(form, settings(APP, { api_url = url }).api_url)
    end
  end)

  it("allow http on a loopback host", function()
    for _, url in ipairs { "http://localhost:1", "http://127.0.0.1:8080", "http://[::1]:1",
      "HTTP://LOCALHOST" } do
      assert.is_string(settings(APP, { api_url = url }).api_url)
    end
  end)

  it("suggest the option that was meant", function()
    local failure = refused(APP, { client_secrt = "x" })
    assert.equal('unknown client option "client_secrt"', failure.message)
    assert.equal('did you mean "client_secret"?', failure.hint)
  end)

  it("refuse values of a wrong type or range", function()
    for _, options in ipairs { { auth = "users" }, { timeout = "soon" }, { timeout = 0 },
      { client_id = 7 }, { client_secret = {} }, { api_url = true } } do
      refused(APP, options)
    end
  end)

  it("take from the profile what nothing else says", function()
    local got = with_profile(
      'client_id = "C", client_secret = "S", api_url = "http://localhost:1", auth = "custom"', {})
    assert.equal("custom", got.mode)
    assert.equal("C", got.client_id)
    assert.same({ secret = "S" }, got.client_secret)
    assert.equal("http://localhost:1", got.api_url)
    assert.equal("acme", got.profile.name)
    assert.equal("E", with_profile('client_id = "C"', { XERO_CLIENT_ID = "E" }).client_id)
  end)

  it("name the profile whose URL is wrong", function()
    local ok, failure = pcall(with_profile, 'client_id = "C", login_url = "http://x"', {})
    assert.is_false(ok)
    assert.matches("^login_url of profile acme must be https", failure.message)
  end)

  it("use the profile's secret for the profile's app only", function()
    local fields = 'client_id = "C", client_secret = "S"'
    assert.same({ secret = "S" },
      with_profile(fields, { XERO_CLIENT_ID = "C" }, { auth = "app" }).client_secret)
    local ok, failure = pcall(with_profile, fields, { XERO_CLIENT_ID = "E" }, { auth = "app" })
    assert.is_false(ok)
    assert.matches("XERO_CLIENT_SECRET", failure.message)
  end)

  it("are a person's login where there is no secret, or a login is stored", function()
    local got = settings { XERO_CLIENT_ID = "ID", XERO_RUN_STATE = "/state" }
    assert.equal("user", got.mode)
    assert.equal("/state/default", got.state().place)
    local function stored(path)
      return path == "/state/acme/token.json" and { mode = 384 } or nil
    end
    local fields = 'client_id = "C", client_secret = { command = "pass" }'
    assert.equal("user", with_profile(fields, {}, {}, { file_status = stored }).mode)
  end)

  it("do not take a state directory that is none for one without a login", function()
    local given = { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S", XERO_RUN_STATE = "state" }
    assert.matches("absolute path", refused(given).message)
    given.XERO_RUN_STATE = nil
    local function homeless() return nil end
    assert.equal("app", settings(given, {}, { home_directory = homeless }).mode)
  end)

  it("ask the password manager when a secret is needed, and once", function()
    local asked = 0
    local function secret_from_command()
      asked = asked + 1
      return { secret = "from pass" }
    end
    local fields = 'client_id = "C", client_secret = { command = "pass" }'
    local got = with_profile(fields, {}, { auth = "user" },
      { secret_from_command = secret_from_command })
    assert.equal(0, asked)
    assert.same({ secret = "from pass" }, got.client_secret)
    assert.same({ secret = "from pass" }, got.client_secret)
    assert.equal(1, asked)
  end)

  it("let a script keep its login itself", function()
    local function get() end
    local function save() end
    local got = settings({ XERO_CLIENT_ID = "ID", XERO_ACCESS_TOKEN = "T" },
      { token_getter = get, token_saver = save })
    assert.equal("user", got.mode)
    assert.same({ get, save }, { got.token_getter, got.token_saver })
    for _, options in ipairs {
      { token_getter = get }, { token_saver = save }, { token_getter = get, token_saver = 7 },
      { token_getter = get, token_saver = save, auth = "app" },
    } do
      refused(APP, options)
    end
  end)

  it("see nothing but the sandbox where one is asked for", function()
    local started = 0
    local native = fake.native {
      options = { sandbox = true, config = "/no/such/file", profile = "real" },
      start_sandbox = function(state)
        started = started + 1
        assert.equal("/tmp/private", state)
        return "export XERO_API_URL=http://127.0.0.1:1\nexport XERO_CLIENT_ID='demo'\n"
          .. "export XERO_CLIENT_SECRET=demo-secret\nexport XERO_IDENTITY_URL=http://127.0.0.1:1\n"
      end,
    }
    native.environment = { XERO_ACCESS_TOKEN = "real", XERO_API_URL = "https://api.xero.com" }
    local env = { getenv = native.getenv, native = native }
    for _ = 1, 2 do
      local got = config.settings({ api_url = "https://api.xero.com", client_id = "real" }, env)
      assert.equal("app", got.mode)
      assert.equal("demo", got.client_id)
      assert.same({ secret = "demo-secret" }, got.client_secret)
      assert.equal("http://127.0.0.1:1", got.api_url)
    end
    assert.equal(1, started)
  end)
end)
