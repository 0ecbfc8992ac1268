-- `xero-run status`: whose login it is and until when, and how near the tier is.

local cjson = require "cjson"
local machine = require "support.machine"
local new_person = require "support.person".new
local place = require "support.place"
local shell = require "support.shell"

local function status(person, ...)
  return person:run { "status", ... }
end

local function facts(person, ...)
  return cjson.decode(status(person, "--format", "json", ...).out)
end

describe("status", function()
  it("tells the mode and the number of tenants of an app", function()
    local person <close> = new_person()
    local result = status(person)
    assert.equal(0, result.status, result.err)
    assert.matches("^profile +default\nmode +app\nclient id +%x+\nconnections +34\n$", result.out)
  end)

  it("tells whose login it is, until when, and its scopes", function()
    local person <close> = new_person()
    person:log_in()
    local got = facts(person)
    assert.equal("user", got.mode)
    assert.is_true(got.logged_in)
    assert.equal("5a000000-0000-4000-8000-000000000001", got.user_id)
    assert.equal(2, got.connections)
    assert.same({ "openid", "profile", "email", "offline_access" }, got.scopes)
    for _, name in ipairs { "login_obtained_at", "login_ends_at", "token_expires_at" } do
      assert.matches("^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$", got[name])
    end
    assert.matches("\nlogin +last renewed .*; ends .* %(in 60 days%) if unused\n",
      status(person).out)
  end)

  it("tells how many more tenants the tier allows", function()
    local person <close> = new_person()
    local path = person:configure "return { profiles = { acme = { max_connections = 50 } } }"
    assert.matches("^profile +acme %(" .. path:gsub("%p", "%%%0") .. "%)\n", status(person).out)
    assert.matches("\nconnections +34 of 50 %(16 left%)\n$", status(person).out)
    assert.equal(16, facts(person).headroom)
  end)

  it("does not take a person's tenants for all that the tier counts", function()
    local person <close> = new_person()
    person:configure "return { profiles = { acme = { max_connections = 50 } } }"
    person:log_in()
    assert.matches("\nconnections +2 of this person; 50 are allowed, with those of others\n$",
      status(person).out)
    assert.is_nil(facts(person).headroom)
  end)

  it("tells what it knows where Xero does not answer, and ends with that error", function()
    local person <close> = new_person { "--fault", "list#*:status=503,retry-after=100" }
    person:log_in()
    local result = status(person)
    assert.equal(8, result.status)
    assert.matches("^profile +default\nmode +user\n", result.out)
    assert.matches("xero%-run: Xero answered 503", result.err)
  end)

  it("has two formats", function()
    local person <close> = new_person()
    assert.equal(2, status(person, "--format", "csv").status)
  end)
end)

describe("status without a login", function()
  it("says how to log in", function()
    local person <close> = new_person()
    person:forget_secret()
    local result = status(person)
    assert.equal(4, result.status)
    assert.matches("\nlogin +none\n", result.out)
    assert.equal("xero-run: profile default: no login is stored\nhint: xero-run login\n",
      result.err)
    assert.matches("\nhint: xero%-run %-p acme login\n$", status(person, "-p", "acme").err)
  end)

  it("says that a login has ended, once Xero said so", function()
    local person <close> = new_person()
    person:log_in()
    person:control { ["end"] = true }
    local result = status(person)
    assert.equal(4, result.status)
    assert.matches("\nlogin +ended ", result.out)
    assert.matches("xero%-run: profile default: the login ended", result.err)
    assert.is_true(person:has_login())
  end)
end)

describe("status --check", function()
  it("is silent and asks nobody while no login will be needed", function()
    local person <close> = new_person()
    person:log_in()
    local before = #person.sandbox:log()
    local result = status(person, "--check")
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.equal(before, #person.sandbox:log())
  end)

  it("ends with 4 when a login will be needed within the time", function()
    local person <close> = new_person()
    person:log_in()
    assert.equal(0, status(person, "--check", "--within", "59d").status)
    local result = status(person, "--check", "--within", "61d")
    assert.equal(4, result.status)
    assert.matches("profile default: the login ends .* %(in 60 days%)\nhint: xero%-run login\n$",
      result.err)
  end)

  it("ends with 4 where there is no login, and with 0 for an app", function()
    local person <close> = new_person()
    assert.equal(0, status(person, "--check").status)
    person:forget_secret()
    assert.equal(4, status(person, "--check").status)
  end)

  it("ends with 4 where the login is of another app, or was copied", function()
    local person <close> = new_person()
    person:log_in()
    if machine.has_id() and place.in_files then
      shell.output { "cp", "-r", person.state .. "/default", person.state .. "/copy" }
      local result = status(person, "--check", "-p", "copy")
      assert.equal(4, result.status)
      assert.matches("profile copy: the login was copied .*\nhint: log in here: xero%-run %-p copy"
        .. " login\n$", result.err)
    end
    person.env.XERO_CLIENT_ID = "another"
    local result = status(person, "--check")
    assert.equal(4, result.status)
    assert.matches("profile default: the login belongs to another app", result.err)
  end)

  it("refuses a login that cannot be read", function()
    local person <close> = new_person()
    person:log_in()
    person.place:write_login "{"
    local result = status(person, "--check")
    assert.equal(1, result.status)
    assert.matches("hint: log in again", result.err)
  end)
end)
