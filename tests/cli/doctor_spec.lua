-- `xero-run doctor`: what is wrong with a configuration, a login or a state, and how to mend it.

local cjson = require "cjson"
local machine = require "support.machine"
local new_person = require "support.person".new
local place = require "support.place"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"

-- The doctor's findings by the name of the check, and its exit status.
local function doctor(person, ...)
  local result = person:run { "doctor", "--format", "json", ... }
  local found = {}
  for _, finding in ipairs(cjson.decode(result.out)) do found[finding.check] = finding end
  return found, result.status
end

describe("doctor", function()
  it("finds an app that works, line by line", function()
    local person <close> = new_person()
    local result = person:run { "doctor" }
    assert.equal(0, result.status, result.out)
    assert.matches("^ok    versions       xero%-run [%d.]+, Lua 5.4, libcurl ", result.out)
    assert.matches("\nok    configuration  no file; profile default\n", result.out)
    assert.matches("\nok    credentials    app %(.*with its secret\n", result.out)
    assert.matches("\nok    clock          within a minute of Xero's\n", result.out)
    assert.matches("\nok    access         34 tenants\n$", result.out)
  end)

  it("finds a login that works", function()
    local person <close> = new_person()
    person:log_in()
    local found, status = doctor(person)
    assert.equal(0, status)
    if not place.in_files then found.state = nil end -- which says what the database sees
    for _, finding in pairs(found) do assert.equal("ok", finding.state, finding.finding) end
    assert.matches("^good until ", found.login.finding)
    assert.equal("2 tenants", found.access.finding)
  end)

  it("says which part of the configuration is wrong", function()
    local person <close> = new_person()
    person:configure "return { profiles = { acme = { clent_id = 'x' } } }"
    local found, status = doctor(person)
    assert.equal(1, status)
    assert.matches("profiles.acme.clent_id: unknown key", found.configuration.finding)
    assert.equal('did you mean "client_id"?', found.configuration.mend)
  end)

  it("fails a configuration that others may write", function()
    local person <close> = new_person()
    local path = person:configure("return { profiles = { acme = {} } }", "622")
    local found, status = doctor(person)
    assert.equal(1, status)
    assert.equal("FAIL", found.configuration.state)
    assert.equal(("chmod go-w '%s'"):format(path), found.configuration.mend)
  end)

  it("says that the ready token of the environment hides the profile", function()
    local person <close> = new_person()
    person:configure "return { profiles = { acme = { auth = 'app' } } }"
    person.env.XERO_ACCESS_TOKEN = "abc"
    local found, status = doctor(person)
    assert.equal(1, status) -- for the token is none
    assert.equal("warn", found.credentials.state)
    assert.equal("unset XERO_ACCESS_TOKEN", found.credentials.mend)
  end)

  it("says how to mend a store that others can read", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    local person <close> = new_person()
    person:log_in()
    shell.output { "chmod", "640", person.state .. "/default/token.json" }
    local found, status = doctor(person)
    assert.equal(1, status)
    assert.equal("FAIL", found.login.state)
    assert.matches("^chmod 600 ", found.login.mend)
    shell.output { "chmod", "755", person.state .. "/default" }
    found = doctor(person)
    assert.equal("FAIL", found.state.state)
    assert.matches("^chmod 700 ", found.state.mend)
  end)

  it("says that a login was copied", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    if not machine.has_id() then
      pending(machine.NO_ID)
    end
    local person <close> = new_person()
    person:log_in()
    shell.output { "cp", "-r", person.state .. "/default", person.state .. "/copy" }
    local found = doctor(person, "-p", "copy")
    assert.matches("was copied", found.login.finding)
    assert.equal("log in here: xero-run -p copy login", found.login.mend)
  end)

  it("says that a login ended, or that it is of another app", function()
    local person <close> = new_person()
    person:log_in()
    local id = person.env.XERO_CLIENT_ID
    person.env.XERO_CLIENT_ID = "another"
    assert.matches("belongs to another app", doctor(person).login.finding)
    person.env.XERO_CLIENT_ID = id

    person:control { ["end"] = true }
    person:run { "list" }
    assert.matches("the login ended", doctor(person).login.finding)
  end)

  it("says that a renewal was cut off, which the next run finishes", function()
    local person <close> = new_person { "--fault", "token#2:hang" }
    person:log_in()
    person:control { advance = 1900 }
    local running = run.spawn { "list", env = person.env }
    process.await(function() return person:control().requests.token == 2 end, "the renewal")
    running:kill "KILL"
    running:wait()
    local found, status = doctor(person)
    assert.equal(0, status)
    if place.in_files then
      assert.matches("token.json.new was left by a run that was cut off", found.state.finding)
    end
    assert.equal("warn", found.login.state)
    assert.matches("^a renewal was begun at ", found.login.finding)
    assert.equal("ok", found.access.state)
    assert.equal("ok", doctor(person).login.state)
  end)

  it("says that a client secret cannot be had, without a word of it", function()
    local person <close> = new_person()
    person:configure [[return { profiles = { acme = {
      client_secret = { command = "echo hunter2; exit 1" } } } }]]
    person.env.XERO_CLIENT_SECRET = nil
    local found, status = doctor(person)
    assert.equal(1, status)
    assert.matches("the command did not give one: it ended with status 1",
      found.credentials.finding)
  end)
end)
