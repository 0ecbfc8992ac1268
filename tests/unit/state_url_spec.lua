-- The URL of a state in PostgreSQL: what is read of it, and what is never shown.

local config_file = require "xero.config_file"
local errors = require "xero.error"
local state_url = require "xero.state_url"

local function parsed(text) return assert(state_url.parse(text)) end

describe("the URL of a state", function()
  it("is told from a directory", function()
    for _, url in ipairs { "postgresql://a/b", "postgres://a", "postgresql:oops" } do
      assert.is_true(state_url.is(url), url)
    end
    for _, path in ipairs { "/var/lib/xero-run", "postgres", "./postgres:", "mysql://a/b" } do
      assert.is_false(state_url.is(path), path)
    end
  end)

  it("is named without user, password and parameters", function()
    for url, place in pairs {
      ["postgresql://db/xero"] = "postgresql://db/xero",
      ["postgresql://ann:sesame@db:5433/xero?sslmode=require"] = "postgresql://db:5433/xero",
      ["postgresql://ann:se@same@a,b:1/xero"] = "postgresql://a,b:1/xero",
      ["postgresql:///xero?host=/run/postgresql&password=sesame"] = "postgresql:///xero",
      ["postgres://ann:sesame@[::1]"] = "postgresql://[::1]",
    } do
      assert.equal(place, parsed(url).place)
    end
  end)

  it("has a password, or none", function()
    assert.is_true(parsed("postgresql://ann:sesame@db/x").has_password)
    assert.is_true(parsed("postgresql://db/x?password=sesame").has_password)
    assert.is_false(parsed("postgresql://ann@db:5432/x").has_password)
    assert.is_false(parsed("postgresql://ann@db/x?passfile=/run/p").has_password)
  end)

  it("that is none is refused without being shown", function()
    for text, message in pairs {
      ["postgresql:sesame"] = "is not a URL such as postgresql://host/database",
      ["postgresql://a/b c"] = "holds a blank or a quote; write %20 for a blank",
      ["postgresql://a/\nb"] = "holds a blank or a quote; write %20 for a blank",
    } do
      local url, got = state_url.parse(text)
      assert.is_nil(url)
      assert.equal(message, got)
    end
  end)
end)

describe("the way to the database", function()
  local function sslmode(text, environment)
    return state_url.sslmode(parsed(text), function(name) return (environment or {})[name] end)
  end

  it("is to be encrypted and verified to another machine, where nobody says otherwise", function()
    for _, url in ipairs { "postgresql://db/x", "postgresql://localhost,db/x",
      "postgresql://db.localhost.example/x", "postgresql://localhost/x?host=db",
      "postgresql://db/x?hostaddr=10.0.0.1" } do
      assert.equal("verify-full", sslmode(url), url)
    end
    assert.equal("verify-full", sslmode("postgresql:///x", { PGHOST = "db" }))
  end)

  it("is libpq's affair on the same machine", function()
    for _, url in ipairs { "postgresql:///x", "postgresql://localhost/x", "postgresql://[::1]:1/x",
      "postgresql://127.0.0.1/x", "postgresql://%2Frun%2Fpostgresql/x",
      "postgresql:///x?host=/run/postgresql" } do
      assert.is_nil(sslmode(url), url)
    end
    assert.is_nil(sslmode("postgresql:///x", { PGHOST = "/run/postgresql" }))
  end)

  it("is what the URL, a variable or a service of libpq says", function()
    assert.is_nil(sslmode "postgresql://db/x?sslmode=require")
    assert.is_nil(sslmode "postgresql://?service=xero")
    assert.is_nil(sslmode("postgresql://db/x", { PGSSLMODE = "verify-ca" }))
  end)
end)

describe("the state of a profile in the configuration", function()
  local function fault(value)
    local text = ("return { profiles = { p = { state = %q } } }"):format(value)
    local ok, err = pcall(config_file.parse, text, "config.lua")
    if ok then return nil end
    assert.is_true(errors.is(err, "usage"))
    return err.message
  end

  it("is the URL of a database", function()
    assert.is_nil(fault "postgresql://db/xero")
    assert.equal("config.lua: profiles.p.state: expected a URL such as postgresql://host/database,"
      .. " got another text", fault "/var/lib/xero")
    assert.equal("config.lua: profiles.p.state: it is not a URL such as"
      .. " postgresql://host/database", fault "postgresql:sesame")
  end)
end)
