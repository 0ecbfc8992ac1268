-- A login is for the server that it was made at: no other one is shown its tokens, whatever the
-- variables, the profile or a script name.

local cjson = require "cjson"
local new_person = require "support.person".new
local place = require "support.place"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local person, other, home

local function with_urls(of)
  person.env.XERO_API_URL, person.env.XERO_IDENTITY_URL = of.XERO_API_URL, of.XERO_IDENTITY_URL
end

-- What the login looks like in the store.
local function stored()
  return cjson.decode(person.place:login())
end

local function edit(changes)
  local fields = stored()
  for key, value in pairs(changes) do fields[key] = value or nil end
  person.place:write_login(cjson.encode(fields))
end

local function count(what, request)
  return #what:log() - (request or 0)
end

-- Runs in the other world; neither server must hear of it, and the login must stay as it is.
local function refused(words)
  local before, asked, heard = person.place:login(), count(other), count(person.sandbox)
  local result = person:run(words)
  assert.equal(4, result.status, result.out .. result.err)
  assert.equal(asked, count(other))
  assert.equal(heard, count(person.sandbox))
  assert.equal(before, person.place:login())
  return result.err
end

describe("a login that was made for another server", function()
  setup(function()
    person, other = new_person(), sandbox.start()
    home = { XERO_API_URL = person.env.XERO_API_URL,
      XERO_IDENTITY_URL = person.env.XERO_IDENTITY_URL }
    person:log_in()
  end)
  teardown(function()
    person:__close()
    other:stop()
  end)
  before_each(function()
    with_urls(home)
    if not person:has_login() then person:log_in() end
    with_urls(other.env)
  end)

  it("is not shown to it, and the line says which is which, and what to do", function()
    assert.equal(("xero-run: the stored login was made for %s; XERO_API_URL names %s\nhint: unset"
      .. " XERO_API_URL and XERO_IDENTITY_URL, use another profile (-p), or log in to that server:"
      .. " xero-run login\n"):format(home.XERO_API_URL, other.env.XERO_API_URL), refused { "list" })
  end)

  it("is not renewed there, nor is a renewal finished there that was begun at home", function()
    local whole = stored()
    edit { expires_at = os.time() - 100, obtained_at = os.time() - 1900 }
    assert.matches("was made for", refused { "list" })
    edit { refresh_started_at = os.time() - 10 }
    assert.matches("was made for", refused { "list" })
    edit { refresh_started_at = false, previous_refresh_token = "before", previous_at = os.time() }
    assert.matches("was made for", refused { "list" })
    person.place:write_login(cjson.encode(whole))
  end)

  it("is refused where only one of both servers is another", function()
    person.env.XERO_IDENTITY_URL = home.XERO_IDENTITY_URL
    assert.matches("; XERO_API_URL names .*\nhint: unset XERO_API_URL, ", refused { "list" })
    person.env.XERO_API_URL = home.XERO_API_URL
    person.env.XERO_IDENTITY_URL = other.env.XERO_IDENTITY_URL
    assert.matches("; XERO_IDENTITY_URL names .*\nhint: unset XERO_IDENTITY_URL, ",
      refused { "list" })
  end)

  it("is refused where the profile or a script names the server", function()
    with_urls(home)
    local script = temp.file(([[require "xero".client { api_url = "%s" }:get_connections()]])
      :format(other.env.XERO_API_URL), "other.lua")
    assert.matches('client option "api_url" names .*\nhint: use another profile %(%-p%)',
      refused { script })
    with_urls {}
    local path = person:configure(([[return { profiles = { default = {
      identity_url = "%s", api_url = "%s" } } }]]):format(home.XERO_IDENTITY_URL,
      other.env.XERO_API_URL))
    local said = refused { "list" }
    os.remove(path)
    assert.matches("; api_url of profile default names ", said, 1, true)
  end)

  it("is not sent to Xero either", function()
    with_urls {}
    person.env.HTTPS_PROXY = "http://127.0.0.1:1" -- should it be sent after all
    assert.equal(("xero-run: the stored login was made for %s; this run asks https://api.xero.com\n"
      .. "hint: use another profile (-p), or log in to that server: xero-run login\n")
      :format(home.XERO_API_URL), refused { "list" })
    person.env.HTTPS_PROXY = nil
  end)

  it("is not revoked there", function()
    assert.matches("was made for", refused { "logout", "--revoke", "--yes" })
  end)

  it("is not revoked at home either where it has just taken the place of one from there", function()
    local mine <close> = new_person { "--fault", "list#1:latency=1000" }
    mine:log_in()
    local running = run.spawn { "logout", "--revoke", "--yes", env = mine.env }
    process.await(function() return mine:control().requests.list end, "the list")
    local fields = cjson.decode(mine.place:login())
    fields.identity_url = other.env.XERO_IDENTITY_URL
    mine.place:write_login(cjson.encode(fields))
    local result = running:wait()
    assert.equal(4, result.status)
    assert.matches("the stored login was made for " .. fields.identity_url, result.err, 1, true)
    assert.is_nil(mine:control().logins[1].ended)
    assert.is_true(mine:has_login())
  end)

  it("is told by status and doctor", function()
    local line = "was made for " .. home.XERO_API_URL
    assert.matches("login " .. line, refused { "status" }, 1, true)
    assert.matches("profile default: the login " .. line, refused { "status", "--check" }, 1, true)
    local result = person:run { "doctor", "--format", "json" }
    assert.equal(1, result.status)
    for _, finding in ipairs(cjson.decode(result.out)) do
      assert.not_equal("access", finding.check)
      if finding.check == "login" then
        assert.matches("the login " .. line, finding.finding, 1, true)
        assert.matches("unset XERO_API_URL and XERO_IDENTITY_URL", finding.mend, 1, true)
      end
    end
    for _, request in ipairs(other:log()) do assert.not_equal("POST", request.method) end
  end)

  it("is replaced by a login there, which says so before anybody logs in", function()
    local env = person.env
    person.env = person.sandbox.with({ env = env }, other:with { XERO_RUN_STATE = false })
    local result = person:run { "login", "--quiet" }
    person.env = env
    assert.equal(0, result.status, result.err)
    assert.matches("^xero%-run: this login takes the place of one that was made for "
      .. home.XERO_API_URL:gsub("%p", "%%%0") .. ": %-p NAME keeps both\n", result.err)
    assert.equal(other.env.XERO_API_URL, stored().api_url)
    assert.equal(0, person:run({ "list" }).status)
    with_urls(home)
    assert.matches("was made for " .. other.env.XERO_API_URL, refused { "list" }, 1, true)
    person:run { "logout" }
  end)

  it("can be forgotten, without asking either", function()
    local asked = count(other)
    assert.equal(0, person:run({ "logout" }).status)
    assert.equal(asked, count(other))
    assert.is_false(person:has_login())
  end)
end)

describe("a login at its own server", function()
  it("is used however the address is written", function()
    local mine <close> = new_person()
    mine:log_in()
    mine.env.XERO_API_URL = mine.env.XERO_API_URL:gsub("http", "HTTP") .. "//"
    assert.equal(0, mine:run({ "list" }).status)
  end)

  it("is renewed, and still bound to it", function()
    local mine <close> = new_person()
    mine:log_in()
    mine:control { advance = 1900 }
    assert.equal(0, mine:run({ "list" }).status)
    local fields = cjson.decode(mine.place:login())
    assert.equal(mine.env.XERO_API_URL, fields.api_url)
    assert.equal(mine.env.XERO_IDENTITY_URL, fields.identity_url)
    assert.is_string(fields.previous_refresh_token)
  end)
end)

describe("a login that moves to another state", function()
  it("is still for its server only", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    person, other = new_person(), sandbox.start()
    local _ <close> = person
    local _ <close> = other
    person:log_in()
    local new = place.new(temp.directory() .. "/new")
    assert.equal(0, person:run({ "state", "copy", person.state, new.value }).status)
    person.place, person.state, person.env.XERO_RUN_STATE = new, new.directory, new.value
    assert.equal(0, person:run({ "list" }).status)
    with_urls(other.env)
    assert.matches("was made for", refused { "list" })
  end)
end)

describe("a login that a script keeps", function()
  it("goes where the script says", function()
    local mine <close> = new_person()
    mine:log_in()
    mine.env.TOKEN = cjson.decode(mine.place:login()).access_token
    local result = mine:run { "-e", [[
      local client = require "xero".client {
        token_getter = function() return { access_token = os.getenv "TOKEN", expires_in = 900 } end,
        token_saver = function() end,
      }
      print(#client:get_connections())
    ]] }
    assert.same({ 0, "2\n" }, { result.status, result.out })
  end)
end)

describe("a login that does not say for which server it is", function()
  it("counts as one of Xero's own", function()
    person, other = new_person(), sandbox.start()
    local _ <close> = person
    local _ <close> = other
    person:log_in()
    edit { api_url = false, identity_url = false }
    assert.matches("was made for https://api.xero.com; XERO_API_URL names", refused { "list" }, 1,
      true)
  end)
end)
