-- The configuration file: what it may say, and what is said of its mistakes.

local config_file = require "xero.config_file"
local temp = require "support.temp"

local function parse(source)
  return config_file.parse(source, "config.lua")
end

-- The error object that the text gives.
local function refusal(source)
  local ok, err = pcall(parse, source)
  assert.is_false(ok)
  assert.equal("usage", err.kind)
  return err
end

local function profile(fields)
  return "return { profiles = { acme = { " .. fields .. " } } }"
end

describe("a configuration", function()
  it("is a table of profiles", function()
    local configuration = parse [[
      local office = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
      return {
        default = "acme",
        profiles = {
          acme = {
            auth = "user", client_id = "C1", client_secret = { command = "pass show xero" },
            protect = { [office] = "our own books" },
            limits = { max_disconnects = 0, max_percent = 2.5 },
            max_connections = 50, port = 8800, scopes = { "accounting.settings.read" },
          },
          other = {},
        },
      }
    ]]
    assert.equal("acme", configuration.default)
    assert.equal("pass show xero", configuration.profiles.acme.client_secret.command)
    assert.same({}, configuration.profiles.other)
  end)

  it("may be empty", function()
    assert.same({}, parse("return {}").profiles)
  end)

  it("may begin with a byte order mark, as a script may", function()
    assert.same({}, parse("\xEF\xBB\xBFreturn {}").profiles)
  end)

  it("sees no global, no library and no method of strings", function()
    for _, source in ipairs {
      "return os.getenv", "return { default = require 'x' }", "return print()", "return _G.x",
      "return { default = ('x'):rep(1e9) }",
    } do
      assert.matches("^config.lua:1: attempt to", refusal(source).message)
    end
    assert.equal("XX", ("x"):rep(2):upper())
  end)

  it("ends: an endless loop is cut off", function()
    assert.matches("^config.lua: it takes too long", refusal("while true do end").message)
  end)

  it("is text, never a compiled chunk", function()
    assert.matches("binary chunk", refusal(string.dump(load "return {}")).message)
  end)

  it("names file and line of what Lua cannot read", function()
    assert.equal("config.lua:2: '}' expected (to close '{' at line 1)",
      refusal("return {\n default = 'x' y").message)
  end)

  it("has to return a table", function()
    assert.equal("config.lua: expected the file to return a table, got nil", refusal("").message)
  end)

  it("shows no text that it stumbles over: it may be a secret", function()
    for _, source in ipairs {
      profile "client_secret = 'hunter2",
      profile "client_secret = 'hunter2' 'hunter2'",
      profile "client_secret = 'hunter2' + 1",
      profile "client_secret = 'hunter2\\n'",
      profile "client_id = { 'hunter2' }",
      profile "max_connections = 'hunter2'",
      profile "auth = 'hunter2'",
    } do
      assert.is_nil(refusal(source).message:find("hunter2", 1, true))
    end
  end)
end)

describe("a mistake in a configuration", function()
  it("is named by the keys that lead to it, with the nearest valid key", function()
    local err = refusal(profile "clent_id = 'x'")
    assert.equal("config.lua: profiles.acme.clent_id: unknown key", err.message)
    assert.equal('did you mean "client_id"?', err.hint)
    assert.matches("^the keys here are max_disconnects, max_percent$",
      refusal(profile "limits = { zzzzzz = 1 }").hint)
    assert.equal("config.lua: profile: unknown key", refusal("return { profile = {} }").message)
    assert.equal("config.lua:[1]: unknown key", refusal("return { {} }").message)
  end)

  for fields, message in pairs {
    ["auth = 'users'"] = 'auth: expected "app", "user", "custom" or "token", got another text',
    ["client_id = 7"] = "client_id: expected a text, got 7",
    ["client_id = ''"] = "client_id: expected a text, got an empty text",
    ["client_secret = true"] =
      "client_secret: expected a text, or { command = }, { file = } or { env = }, got a boolean",
    ["client_secret = {}"] = "client_secret: expected exactly one of command, file and env",
    ["client_secret = { file = 'a', env = 'B' }"] =
      "client_secret: expected exactly one of command, file and env",
    ["limits = { max_percent = 101 }"] =
      "limits.max_percent: expected a number from 0 to 100, got 101",
    ["limits = { max_percent = 0/0 }"] =
      "limits.max_percent: expected a number from 0 to 100, got " .. tostring(0 / 0),
    ["limits = { max_disconnects = -1 }"] =
      "limits.max_disconnects: expected a whole number, 0 or more, got -1",
    ["port = 70000"] = "port: expected a whole number from 1 to 65535, got 70000",
    ["scopes = 'a b'"] = "scopes: expected a table, got another text",
    ["scopes = { a = 'b' }"] = "scopes.a: expected a list without names and without gaps",
    ["scopes = { 'a b' }"] = "scopes[1]: expected one scope, without spaces, got another text",
  } do
    it("is refused: " .. fields, function()
      assert.equal("config.lua: profiles.acme." .. message, refusal(profile(fields)).message)
    end)
  end

  it("is a protected tenant that is no tenant id: a misspelt id would protect nothing", function()
    assert.matches("^config.lua: profiles.acme.protect%[\"Our own books\"%]: expected the id",
      refusal(profile "protect = { ['Our own books'] = 'x' }").message)
    assert.matches("^config.lua: profiles.acme.protect%[1%]: expected the id",
      refusal(profile "protect = { 'fe79f7dd-b6d4-4a92-ba7b-538af6289c58' }").message)
  end)

  it("is a profile's name that is no name for a directory", function()
    assert.matches("the name of a profile begins with a dot",
      refusal("return { profiles = { ['..'] = {} } }").message)
    assert.matches("profiles%[1%]: a profile has a name",
      refusal("return { profiles = { {} } }").message)
  end)

  it("is a default that is no profile", function()
    local err = refusal("return { default = 'acmee', profiles = { acme = {} } }")
    assert.equal('config.lua: default: there is no profile "acmee"', err.message)
    assert.equal('did you mean "acme"?', err.hint)
  end)
end)

describe("a configuration file", function()
  local function native(mode)
    return { file_status = function() return { mode = mode } end,
      script_fault = function() return nil end }
  end

  local function load(path, named, mode)
    return pcall(config_file.load, path, named, native(mode or 384))
  end

  it("need not be there unless somebody named it", function()
    local path = temp.directory() .. "/config.lua"
    assert.same({ true }, { load(path, false) })
    local ok, err = load(path, true)
    assert.is_false(ok)
    assert.equal("usage", err.kind)
    assert.matches("cannot be read: .*config.lua: No such file", err.message)
  end)

  it("may be read by others as long as it holds no secret", function()
    local path = temp.file "return { profiles = { acme = { client_secret = { env = 'X' } } } }"
    assert.is_true(load(path, true, tonumber("644", 8)))
  end)

  it("is refused when it holds a secret and others may read it", function()
    local path = temp.file "return { profiles = { acme = { client_secret = 'hunter2' } } }"
    assert.is_true(load(path, true, tonumber("600", 8)))
    for _, mode in ipairs { "640", "604", "644" } do
      local ok, err = load(path, true, tonumber(mode, 8))
      assert.is_false(ok)
      assert.equal("usage", err.kind)
      assert.matches("others may read it %(mode 0" .. mode .. "%)", err.message)
      assert.matches("chmod 600", err.hint)
    end
  end)

  it("is refused when it is a directory, or as large as no configuration is", function()
    local ok, err = load(temp.directory(), true)
    assert.is_false(ok)
    assert.matches("Is a directory", err.message)
    ok, err = load(temp.file(("-"):rep((1 << 20) + 1)), true)
    assert.is_false(ok)
    assert.matches("larger than a configuration", err.message)
  end)
end)
