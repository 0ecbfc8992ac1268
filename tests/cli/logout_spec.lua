-- `xero-run logout`: forgets a login, or with --revoke ends it and what it has connected.

local cjson = require "cjson"
local new_person = require "support.person".new
local temp = require "support.temp"

local function connections(person)
  local result = person:run { "list", "--format", "ids" }
  return select(2, result.out:gsub("\n", ""))
end

local function revocations(person)
  local count = 0
  for _, request in ipairs(person.sandbox:log()) do
    if request.op == "revoke" then count = count + 1 end
  end
  return count
end

-- What an app sees, whatever login there is.
local function of_app(person)
  local env = person.env
  person.env = person.sandbox:with { XERO_RUN_STATE = temp.directory() }
  local count = connections(person)
  person.env = env
  return count
end

describe("logout", function()
  it("forgets the login here, asks nothing and leaves Xero alone", function()
    local person <close> = new_person()
    person:log_in()
    local before = #person.sandbox:log()
    local result = person:run { "logout" }
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.is_false(person:has_login())
    assert.equal(before, #person.sandbox:log())
    assert.is_nil(person:control().logins[1].ended)
  end)

  it("is no error where there is no login", function()
    local person <close> = new_person()
    assert.equal(0, person:run({ "logout" }).status)
  end)

  it("forgets a login that cannot be read", function()
    local person <close> = new_person()
    person:log_in()
    person.place:write_login "{"
    assert.equal(0, person:run({ "logout" }).status)
    assert.is_false(person:has_login())
  end)

  it("forgets nothing in a dry run, but says what it would do", function()
    local person <close> = new_person()
    person:log_in()
    local result = person:run { "logout", "--dry-run" }
    assert.same({ 0, "", "dry run: would forget the login of profile default\n" },
      { result.status, result.out, result.err })
    assert.is_true(person:has_login())
  end)

  it("forgets that of its profile only", function()
    local person <close> = new_person()
    person:log_in()
    person:log_in("-p", "other")
    assert.equal(0, person:run({ "logout", "-p", "other" }).status)
    assert.is_true(person:has_login())
    assert.is_false(person:has_login "other")
  end)
end)

describe("logout --revoke", function()
  it("ends the login at Xero and so disconnects the person's tenants", function()
    local person <close> = new_person()
    person:log_in()
    assert.equal(36, of_app(person))
    local result = person:run { "logout", "--revoke", "--yes" }
    assert.equal(0, result.status, result.err)
    assert.is_false(person:has_login())
    assert.equal("revoked", person:control().logins[1].ended)
    assert.equal(34, of_app(person))
  end)

  it("works for an app without a secret, with an access token that has expired", function()
    local person <close> = new_person()
    person:forget_secret()
    person:log_in()
    person:control { advance = 1900 }
    assert.equal(0, person:run({ "logout", "--revoke", "--yes" }).status)
    assert.equal("revoked", person:control().logins[1].ended)
  end)

  it("shows every tenant and has the profile and the number typed", function()
    local person <close> = new_person()
    person:log_in()
    local result = person:run { "logout", "--revoke", tty = true, stdin = "default 2\n" }
    assert.equal(0, result.status, result.out)
    assert.matches("Maple Street Bakery %(c0.*Harbour Lights Ltd %(c0.*This disconnects 2 tenants"
      .. ' for good and ends the login. Type "default 2" to go on: ', result.out)
    assert.equal(1, revocations(person))
  end)

  it("does nothing without that", function()
    local person <close> = new_person()
    person:log_in()
    for _, answer in ipairs { "y", "default", "default 3", "" } do
      local result = person:run { "logout", "--revoke", tty = true, stdin = answer .. "\n" }
      assert.equal(5, result.status, result.out)
    end
    assert.equal(5, person:run({ "logout", "--revoke" }).status)
    assert.equal(0, revocations(person))
    assert.equal(2, connections(person))
  end)

  it("sends nothing in a dry run, but says what it would do", function()
    local person <close> = new_person()
    person:log_in()
    local result = person:run { "logout", "--revoke", "--dry-run" }
    assert.equal(0, result.status)
    assert.matches("^dry run: would end the login of profile default and disconnect 2 tenants:\n"
      .. "  Maple Street Bakery %(c0", result.err)
    assert.equal(0, revocations(person))
    assert.is_true(person:has_login())
  end)

  it("is held back by the profile's protection and limits", function()
    local person <close> = new_person()
    person:log_in("-p", "acme")
    for text, status in pairs {
      ['protect = { ["7E000000-0000-4000-8000-000000000036"] = "our books" }'] = "protected",
      ["limits = { max_disconnects = 1 }"] = "limit",
      ["limits = { max_percent = 50 }"] = "limit",
    } do
      person:configure("return { profiles = { acme = { " .. text .. " } } }")
      local result = person:run { "logout", "--revoke", "--yes" }
      assert.equal(5, result.status)
      assert.matches(status == "protected" and "is protected: our books" or "is more than",
        result.err)
    end
    assert.equal(0, revocations(person))
  end)

  it("journals each tenant before it asks, and what became of it", function()
    for fault, verdict in pairs { [""] = "deleted", ["status=400"] = "failed" } do
      local person <close> = new_person(fault ~= "" and { "--fault", "revoke#*:" .. fault } or nil)
      person:log_in()
      person:run { "logout", "--revoke", "--yes" }
      local journal = cjson.decode(person:run({ "journal", "--format", "json" }).out)
      assert.equal(2, #journal)
      for _, entry in ipairs(journal) do
        assert.same({ verdict, "logout --revoke" }, { entry.verdict, entry.reason })
      end
      assert.equal(0, person:run({ "journal", "verify" }).status)
    end
  end)

  it("keeps the login where Xero did not revoke it", function()
    local person <close> = new_person { "--fault", "revoke#*:status=400" }
    person:log_in()
    local result = person:run { "logout", "--revoke", "--yes" }
    assert.not_equal(0, result.status)
    assert.is_true(person:has_login())
    assert.equal(2, connections(person))
  end)

  it("says that there is no login", function()
    local person <close> = new_person()
    local result = person:run { "logout", "--revoke", "--yes" }
    assert.equal(4, result.status)
    assert.matches("no login is stored", result.err)
  end)
end)
