-- Profiles of the configuration: where their secrets come from, and how they get their tokens.

local new_person = require "support.person".new
local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

local function count(result)
  assert.equal(0, result.status, result.err)
  return select(2, result.out:gsub("\n", ""))
end

local function list(person, ...)
  return person:run { "list", "--format", "ids", ... }
end

-- A person whose app is known to the configuration only; `secret` is how it names its secret.
local function with_app(person, secret, mode)
  local id = person.env.XERO_CLIENT_ID
  person.env.XERO_CLIENT_ID, person.env.XERO_CLIENT_SECRET = nil, nil
  return person:configure(([[return { profiles = { acme = {
    client_id = "%s", client_secret = %s } } }]]):format(id, secret), mode)
end

describe("the client secret of a profile", function()
  it("comes from a command, whose output nobody sees", function()
    local person <close> = new_person()
    local file = temp.file(person.env.XERO_CLIENT_SECRET .. "\nnot this\n")
    with_app(person, ("{ command = [[cat %s]] }"):format(file))
    assert.equal(34, count(list(person)))
  end)

  it("comes from a file that is private, named from beside the configuration", function()
    local person <close> = new_person()
    local secret = person.env.XERO_CLIENT_SECRET
    local path = with_app(person, '{ file = "secret" }')
    local file = path:gsub("config.lua$", "secret")
    temp.write(file, secret .. "\n")
    os.execute("chmod 644 " .. file)
    local result = list(person)
    assert.equal(2, result.status)
    assert.matches("the client secret of profile acme cannot be had: ", result.err)
    os.execute("chmod 600 " .. file)
    assert.equal(34, count(list(person)))
  end)

  it("comes from a variable, which children do not inherit", function()
    local person <close> = new_person()
    person.env.ACME = person.env.XERO_CLIENT_SECRET
    with_app(person, '{ env = "ACME" }')
    assert.equal(34, count(list(person)))
    local result = person:run { "-e", [[
      local xero = require "xero"
      xero.get_connections()
      xero.client{}:get_connections()
      os.execute "env"
    ]] }
    assert.equal(0, result.status, result.err)
    assert.is_nil(result.out:find("ACME", 1, true))
  end)

  it("comes from the configuration itself, when that is private", function()
    local person <close> = new_person()
    local secret = ("%q"):format(person.env.XERO_CLIENT_SECRET)
    with_app(person, secret, "640")
    local result = list(person)
    assert.equal(2, result.status)
    assert.matches("config.lua holds a client secret, and others may read it %(mode 0640%)\n"
      .. "hint: chmod 600 '", result.err)
    person.env.XERO_CLIENT_ID = nil
    os.execute("chmod 600 " .. person.home .. "/xero-run/config.lua")
    assert.equal(34, count(list(person)))
  end)

  it("is not asked for while a login is good", function()
    local person <close> = new_person()
    local secret = person.env.XERO_CLIENT_SECRET
    local asked = temp.directory() .. "/asked"
    with_app(person, ("{ command = [[echo x >>%s; echo %s]] }"):format(asked, secret))
    person:log_in()
    assert.equal("x\n", temp.read(asked))
    assert.equal(2, count(list(person)))
    assert.equal("x\n", temp.read(asked))
    person:control { advance = 1900 }
    assert.equal(2, count(list(person)))
    assert.equal("x\nx\n", temp.read(asked))
  end)
end)

describe("a profile", function()
  local TWO = [[return { default = "app", profiles = {
    app = { auth = "app" }, person = { auth = "user" } } }]]

  it("is the option's, the variable's or the default one", function()
    local person <close> = new_person()
    person:configure(TWO)
    person:log_in("-p", "person")
    assert.equal(36, count(list(person)))
    assert.equal(2, count(list(person, "--profile", "person")))
    assert.equal(2, count(run { "-p", "person", "list", "-f", "ids", env = person.env }))
    person.env.XERO_RUN_PROFILE = "person"
    assert.equal(2, count(list(person)))
    assert.equal(36, count(list(person, "-p", "app")))
  end)

  it("can be several in one script", function()
    local person <close> = new_person()
    person:configure(TWO)
    person:log_in("-p", "person")
    local result = person:run { "-e", [[
      local xero = require "xero"
      for _, name in ipairs { "app", "person" } do
        local client = xero.client { profile = name }
        print(client:token().mode, #client:get_connections())
      end
    ]] }
    assert.equal("app\t36\nuser\t2\n", result.out, result.err)
  end)

  it("that is not there is an error with the nearest one", function()
    local person <close> = new_person()
    person:configure(TWO)
    local result = list(person, "-p", "persn")
    assert.equal(2, result.status)
    assert.matches('config.lua has no profile "persn"\nhint: did you mean "person"%?\n', result.err)
  end)

  it("stands in the file that the option or the variable names", function()
    local person <close> = new_person()
    local path = temp.file(TWO)
    assert.matches("^profile +app %(" .. path:gsub("%p", "%%%0"),
      person:run({ "status", "--config", path }).out)
    person.env.XERO_RUN_CONFIG = "/no/such/file"
    assert.matches("profile +app", person:run({ "status", "--config", path }).out)
    local result = list(person)
    assert.equal(2, result.status)
    assert.matches("the configuration cannot be read: /no/such/file", result.err)
  end)

  it("is found without HOME, as in cron", function()
    local person <close> = new_person()
    local words = { "env", "-u", "HOME", run.program(), "status", env = person.env }
    person.env.XDG_CONFIG_HOME, person.env.XERO_RUN_STATE = nil, nil
    person:forget_secret()
    local result = process.run(words)
    assert.equal(4, result.status)
    assert.matches("no login is stored", result.err)
  end)

  it("is ignored at a private sandbox", function()
    local person <close> = new_person()
    person:configure "return { profile = 'a mistake' }"
    assert.equal(34, count(run { "--sandbox", "list", "-f", "ids", env = person.env }))
  end)
end)

describe("a custom connection", function()
  it("asks for a token without app.connections, and explains that Xero refuses", function()
    local person <close> = new_person()
    person:configure [[return { profiles = { acme = {
      auth = "custom", scopes = { "accounting.settings" } } } }]]
    local result = list(person)
    assert.equal(4, result.status)
    assert.matches("hint: Xero may not let a custom connection list or disconnect", result.err)
    assert.matches("scope=accounting.settings$", person.sandbox:log()[1].body)
  end)
end)

describe("a script that keeps its login itself", function()
  -- Keeps it in the file that the login made, as if that were a place of its own.
  local SCRIPT = [[
    local xero = require "xero"
    local path, fail = os.getenv "TOKENS", os.getenv "FAIL"
    local client = xero.client {
      token_getter = function()
        local file <close> = io.open(path)
        return xero.json.decode(file:read "a")
      end,
      token_saver = function(tokens)
        if fail then error "the disk is full" end
        local file <close> = io.open(path, "w")
        file:write(xero.json.encode(tokens))
        print "saved"
      end,
    }
    print(#client:get_connections(), #client:get_connections())
  ]]

  local function keeping()
    local person = new_person()
    person:log_in()
    person.env.TOKENS = temp.file(person.place:login())
    person.env.XERO_RUN_STATE = nil
    return person
  end

  it("is given tokens to save before they are used", function()
    local person <close> = keeping()
    person:control { advance = 1900 }
    local result = person:run { "-e", SCRIPT }
    assert.same({ "saved\n2\t2\n", "" }, { result.out, result.err })
    assert.matches(person:refresh_token(), temp.read(person.env.TOKENS), 1, true)
    assert.equal("2\t2\n", person:run({ "-e", SCRIPT }).out)
  end)

  it("goes on with the token in memory when it cannot save, says so and ends with 1", function()
    local person <close> = keeping()
    person:control { advance = 1900 }
    person.env.FAIL = "1"
    local result = person:run { "-e", SCRIPT }
    assert.equal("2\t2\n", result.out)
    assert.equal(1, result.status)
    assert.matches("the token was rotated but not saved, valid until %d%d:%d%d UTC: token_saver"
      .. " failed: .*the disk is full\n", result.err)
    assert.equal(1, person:control().logins[1].refreshes)
    assert.is_nil(result.err:find(person:refresh_token(), 1, true))
  end)
end)

describe("xero.token()", function()
  local SCRIPT = [[
    local token = require("xero").token()
    print(token.mode, #token.scopes, token.auth_event_id, math.type(token.expires_at) or "no time")
  ]]

  it("tells about the token in every mode", function()
    local person <close> = new_person()
    assert.matches("^app\t1\tae0.*3\t%l+\n$", person:run({ "-e", SCRIPT }).out)
    person:log_in()
    assert.matches("^user\t4\tae0.*4\t%l+\n$", person:run({ "-e", SCRIPT }).out)
    person.env.XERO_ACCESS_TOKEN = "abc"
    assert.equal("token\t0\tnil\tno time\n", person:run({ "-e", SCRIPT }).out)
  end)
end)

it("a profile that needs a login says how to log in with it", function()
  local person <close> = new_person()
  person:configure "return { profiles = { acme = { auth = 'user' }, books = { auth = 'user' } } }"
  local result = list(person, "-p", "books")
  assert.equal(4, result.status)
  assert.matches("\nhint: log in: xero-run -p books login\n", result.err, 1, true)
end)

-- setsid leaves the terminal, as cron does.
it("a configuration that others may write counts for nothing, as root or without a terminal",
  function()
    local person <close> = new_person()
    local path = person:configure("return { profiles = { acme = {} } }", "622")
    local result = process.run { "setsid", "-w", run.program(), "list", env = person.env }
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches("^xero%-run: the configuration .*/config%.lua can be written by others",
      result.err)
    assert.matches(("hint: chmod go-w '%s'\n"):format(path), result.err, 1, true)
  end)

describe("a profile that is asked for, where there is no configuration file", function()
  local FIRST = "c0000000-0000-4000-8000-000000000001"
  local POLICY = [[
    local policy = require "xero".policy
    return policy "tidy" { policy.disconnect "one" { id = "]] .. FIRST .. [[" } }
  ]]

  local person

  before_each(function() person = new_person() end)
  after_each(function() person:__close() end)

  local function deletes()
    return person:control().requests.delete or 0
  end

  local function refused(...)
    local result = person:run { ... }
    assert.equal(2, result.status, result.out .. result.err)
    assert.equal(("xero-run: there is no profile prod to protect or limit anything: %s/xero-run/"
      .. "config.lua is not there\nhint: --config or XERO_RUN_CONFIG names another file; without"
      .. " one, leave --profile away\n"):format(person.home), result.err)
    assert.equal(0, deletes())
  end

  it("disconnects nothing, for it would protect nobody", function()
    refused("disconnect", "-p", "prod", "--yes", FIRST)
    refused("disconnect", "-p", "prod", "--dry-run", FIRST)
    refused("-p", "prod", "-e", ('require "xero".delete_connection "%s"'):format(FIRST))
    refused("-e", ('require "xero".client { profile = "prod" }:delete_connection "%s"')
      :format(FIRST))
    person.env.XERO_RUN_PROFILE = "prod"
    refused("disconnect", "--yes", FIRST)
  end)

  it("makes no plan, which would lack those that it protects", function()
    local policy = temp.file(POLICY, "policy.lua")
    for _, command in ipairs { "plan", "explain", "apply" } do
      refused(command, "-p", "prod", policy)
    end
    refused("-p", "prod", policy)
  end)

  it("lists all the same, and doctor says what is missing", function()
    assert.equal(34, count(list(person, "-p", "prod")))
    local result = person:run { "doctor", "-p", "prod" }
    assert.equal(0, result.status, result.out)
    assert.matches("warn  configuration .*config.lua is not there: profile prod protects and limits"
      .. " nothing", (result.out:gsub("%s+", " "):gsub("warn ", "warn  ")))
  end)

  it("disconnects once the file is there, however it is named", function()
    local file = temp.file("return { profiles = { prod = {} } }", "config.lua")
    assert.equal(0, person:run({ "disconnect", "-p", "prod", "--config", file, "--yes", FIRST })
      .status)
    assert.equal(1, deletes())
  end)

  it("disconnects as the person who has logged in under it: it is the place of that login",
    function()
      person:log_in("-p", "prod")
      assert.equal(0, person:run({ "disconnect", "-p", "prod", "--yes",
        "c0000000-0000-4000-8000-000000000035" }).status)
      assert.equal(1, deletes())
    end)

  it("may be called default, as it is when nobody asks", function()
    assert.equal(0, person:run({ "disconnect", "-p", "default", "--yes", FIRST }).status)
  end)
end)
