-- Which profile a run belongs to, its secret, and its mode.

local profile = require "xero.profile"
local temp = require "support.temp"

local TWO = [[return { profiles = {
  acme = { client_id = "A" },
  other = { client_id = "B", auth = "app" },
} }]]

-- An environment with these variables, and a configuration file of this text (nil: none).
local function environment(text, variables, options)
  variables = variables or {}
  if text then
    variables.XERO_RUN_CONFIG = temp.file(text, "config.lua")
  end
  return {
    getenv = function(name) return variables[name] end,
    native = {
      options = options or {},
      home_directory = function() return nil end,
      file_status = function() return { mode = 384 } end,
      script_fault = function() return nil end,
    },
  }
end

local function refusal(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return err
end

describe("the profile of a run", function()
  it("is what the script asks for, then the option, then the variable, then the default", function()
    local text = TWO:gsub("return {", "return { default = 'acme',", 1)
    assert.equal("acme", profile.choose(environment(text)).name)
    local variables = { XERO_RUN_PROFILE = "other" }
    assert.equal("other", profile.choose(environment(text, variables)).name)
    assert.equal("acme", profile.choose(environment(text, variables, { profile = "acme" })).name)
    assert.equal("other", profile.choose(environment(text, {}, { profile = "acme" }), "other").name)
  end)

  it("is the only one there is", function()
    local chosen = profile.choose(environment [[return { profiles = { acme = { port = 1 } } }]])
    assert.equal("acme", chosen.name)
    assert.equal(1, chosen.keys.port)
  end)

  it("is not guessed among several", function()
    local err = refusal(profile.choose, environment(TWO))
    assert.equal("usage", err.kind)
    assert.matches("several profiles and no default", err.message)
    assert.equal("choose one with --profile: acme, other", err.hint)
  end)

  it("is called default where nothing names one", function()
    assert.same({ name = "default", keys = {} }, profile.choose(environment()))
    assert.equal("default", profile.choose(environment "return {}").name)
    assert.equal("default", profile.choose(environment(nil, { XERO_RUN_PROFILE = "" })).name)
  end)

  it("may have any good name without a configuration file", function()
    assert.equal("acme", profile.choose(environment(), "acme").name)
    for _, name in ipairs { "..", "a/b", "" } do
      assert.matches("^%-%-profile: the name of a profile",
        refusal(profile.choose, environment(nil, {}, { profile = name })).message)
    end
  end)

  it("has to be in the configuration file where there is one", function()
    local err = refusal(profile.choose, environment(TWO), "acmee")
    assert.matches('config.lua has no profile "acmee"', err.message)
    assert.equal('did you mean "acme"?', err.hint)
    assert.equal("its profiles are acme, other",
      refusal(profile.choose, environment(TWO), "zzz").hint)
  end)
end)

describe("the client secret of a profile", function()
  local function chosen(place)
    return { name = "acme", file = "/etc/xero-run/config.lua", keys = { client_secret = place } }
  end

  local function native(calls)
    local function source(name, fails)
      return function(...)
        calls[#calls + 1] = { name, ... }
        if fails then return nil, "no luck" end
        return "SECRET"
      end
    end
    return function(fails)
      return {
        secret = source "text",
        secret_from_env = source("env", fails),
        secret_from_file = source("file", fails),
        secret_from_command = source("command", fails),
      }
    end
  end

  for name, case in pairs {
    ["its text"] = { "hunter2", { "text", "hunter2" } },
    ["a file"] = { { file = "/run/secret" }, { "file", "/run/secret" } },
    ["a file beside the configuration"] =
      { { file = "secret" }, { "file", "/etc/xero-run/secret" } },
    ["a variable"] = { { env = "ACME" }, { "env", "ACME" } },
    ["a command"] = { { command = "pass x" }, { "command", "pass x", 120 } },
  } do
    it("comes from " .. name, function()
      local calls = {}
      assert.equal("SECRET", profile.secret(chosen(case[1]), native(calls)()))
      assert.same({ case[2] }, calls)
    end)
  end

  it("is a usage error where it cannot be had", function()
    for _, place in ipairs { { file = "/x" }, { env = "ACME" }, { command = "false" } } do
      local err = refusal(profile.secret, chosen(place), native({})(true))
      assert.equal("usage", err.kind)
      assert.matches("^the client secret of profile acme cannot be had: ", err.message)
    end
  end)

  it("is taken from a variable once, and kept for later clients", function()
    local calls = {}
    local shared = native(calls)()
    profile.secret(chosen { env = "ACME" }, shared)
    assert.equal("SECRET", profile.secret(chosen { env = "ACME" }, shared))
    assert.equal(1, #calls)
  end)

  it("may be missing", function()
    assert.is_nil(profile.secret(chosen(nil), native({})()))
  end)
end)

describe("the mode of a run", function()
  local function mode(keys, facts)
    facts.login = facts.login or function() return false end
    return profile.mode({ name = "acme", keys = keys }, facts)
  end

  local function logged_in() return true end

  it("is what the script asks for", function()
    assert.equal("app", mode({ auth = "user" }, { auth = "app", access_token = true }))
  end)

  it("is the ready token of the environment, before what the profile says", function()
    assert.equal("token", mode({ auth = "user" }, { access_token = true }))
  end)

  it("is what the profile says", function()
    assert.equal("custom", mode({ auth = "custom" }, { secret = true, login = logged_in }))
  end)

  it("is by what is there: a login, or else a secret, or else a login to come", function()
    assert.equal("user", mode({}, { secret = true, login = logged_in }))
    assert.equal("app", mode({}, { secret = true }))
    assert.equal("user", mode({}, {}))
  end)
end)
