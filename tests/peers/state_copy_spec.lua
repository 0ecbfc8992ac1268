-- xero-run state copy: from files to PostgreSQL and back, without ever two live copies of a login.

local new_person = require "support.person".new
local place = require "support.place"
local postgres = require "support.postgres"
local run = require "support.run"
local strace = require "torture.strace"
local temp = require "support.temp"

local server

setup(function() server = postgres.start() end)
teardown(function() server:stop() end)

-- A person with a login in one place, and a second place.
local function begin(from, to)
  local person = new_person(nil, from)
  person.other = to
  person:log_in()
  return person
end

local function at(person, where, words)
  words.env = {}
  for name, value in pairs(person.env) do words.env[name] = value end
  words.env.XERO_RUN_STATE, words.env.OTHER = where.value, person.other.value
  words.env.HERE = person.place.value
  return run(words)
end

local function copy(person, from, to)
  local function name(where) return where == person.place and "env:HERE" or "env:OTHER" end
  return at(person, from, { "state", "copy", name(from), name(to) })
end

local function works(person, where)
  return at(person, where, { "list", "-f", "ids" }).status == 0
end

local function has_login(where)
  local text = where:login()
  return text ~= nil and not text:find('"moved_to"', 1, true)
end

local function files() return place.new(temp.directory()) end
local function database() return place.of(server:database()) end

describe("xero-run state copy", function()
  for direction, make in pairs {
    ["to PostgreSQL"] = function() return files(), database() end,
    ["to files"] = function() return database(), files() end,
    ["from one directory to another"] = function() return files(), files() end,
  } do
    it(direction .. " and back moves the login, and the journal is one chain", function()
      local person <close> = begin(make())
      local here, there = person.place, person.other
      assert.equal(0, at(person, here, { "disconnect", "-y", "Maple Street Bakery" }).status)
      local result = copy(person, here, there)
      assert.equal(0, result.status, result.err)
      assert.is_true(works(person, there))
      local refused = at(person, here, { "list" })
      assert.equal(1, refused.status)
      assert.matches("the stored login was moved to ", refused.err, 1, true)
      assert.matches("let XERO_RUN_STATE or the profile name that state", refused.err, 1, true)

      person:control { advance = 1900 }
      assert.equal(0, at(person, there, { "disconnect", "-y", "Harbour Lights Ltd" }).status)
      assert.equal("4 lines, each as it was written\n",
        at(person, there, { "journal", "verify" }).out)

      assert.equal(0, copy(person, there, here).status)
      assert.is_true(works(person, here))
      assert.is_false(works(person, there))
      assert.equal("4 lines, each as it was written\n",
        at(person, here, { "journal", "verify" }).out)
      assert.equal(0, copy(person, here, there).status)
      assert.is_true(works(person, there))
    end)
  end

  it("that was done already does nothing", function()
    local person <close> = begin(files(), database())
    assert.equal(0, copy(person, person.place, person.other).status)
    local login = person.other:login()
    assert.equal(0, copy(person, person.place, person.other).status)
    assert.equal(login, person.other:login())
  end)

  local function refused(person, from, to, status, message)
    local before, after = from:login(), to:login()
    local result = copy(person, from, to)
    assert.equal(status, result.status, result.err)
    assert.matches(message, result.err, 1, true)
    assert.same({ before, after }, { from:login(), to:login() })
  end

  it("overwrites no login", function()
    local person <close> = begin(files(), database())
    at(person, person.other, { "login", "--quiet", "--port", "0" })
    refused(person, person.place, person.other, 2, "has a login already")
  end)

  it("mixes no journals", function()
    local person <close> = begin(files(), database())
    at(person, person.other, { "disconnect", "-y", "c0000000-0000-4000-8000-000000000001" })
    refused(person, person.place, person.other, 2, "is not a beginning of")
  end)

  it("copies from no state where there is none, and not onto itself", function()
    local person <close> = begin(files(), files())
    refused(person, person.other, person.place, 2, "there is nothing in ")
    refused(person, person.place, person.place, 2, "both are the same state")
  end)

  it("takes no password on the command line", function()
    local result = run { "state", "copy", "/tmp", "postgresql://a:sesame@127.0.0.1/b", env = {} }
    assert.equal(2, result.status)
    assert.matches("can be seen by every user", result.err, 1, true)
    assert.is_nil(result.err:find("sesame", 1, true))
  end)

  it("that is killed leaves one live login, or none, and is finished by the next", function()
    local missing = strace.missing()
    if missing then return pending(missing) end
    for _, call in ipairs { "fdatasync", "fsync", "renameat", "sendto" } do
      for n = 1, call == "sendto" and 40 or 8, call == "sendto" and 9 or 4 do
        local person <close> = begin(files(), database())
        local here, there = person.place, person.other
        at(person, here, { "disconnect", "-y", "Maple Street Bakery" })
        strace.inject({ run.program(), "state", "copy", "env:HERE", "env:OTHER", env = {
          HERE = here.value, OTHER = there.value, HOME = person.home,
        } }, call, ("signal=KILL:when=%d"):format(n))
        local what = ("%s %d"):format(call, n)
        assert.is_false(has_login(here) and has_login(there), what)
        local result = copy(person, here, there)
        assert.equal(0, result.status, what .. ": " .. result.err)
        assert.is_true(works(person, there) and not works(person, here), what)
        assert.equal("2 lines, each as it was written\n",
          at(person, there, { "journal", "verify" }).out, what)
      end
    end
  end)
end)
