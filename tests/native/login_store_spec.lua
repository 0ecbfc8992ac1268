-- A stored login in use: a program that needs a token, a server that rotates, and what goes wrong
-- between them. The torture here is a sample; `make torture-store` plays every case.

local cases = require "torture.cases"
local machine = require "support.machine"
local memory = require "support.memory"
local native = require "xero.native"
local new_bench = require "torture.bench"
local place = require "support.place"
local process = require "support.process"
local shell = require "support.shell"
local strace = require "torture.strace"
local temp = require "support.temp"

local bench

setup(function() bench = new_bench() end)
teardown(function() bench:__close() end)

-- The hint's command must be all that is needed.
local function refused(message)
  local result = bench:use()
  assert.equal(1, result.status)
  assert.matches(message, result.err, 1, true)
  assert.equal(0, (bench:counts()))
  return result.err:match "hint: ([^\n]+)"
end

describe("a stored login", function()
  before_each(function()
    bench:set {}
  end)

  it("is renewed, saved and used", function()
    local result = bench:use()
    assert.equal(0, result.status, result.err)
    assert.matches("^%x+%-[%x-]+\n", result.out)
    assert.equal("", result.err)
    assert.is_true(bench:is_current())
    assert.equal(1, (bench:counts()))
  end)

  it("is used as it is while its access token is good", function()
    bench:use()
    bench:use()
    assert.equal(1, (bench:counts()))
  end)

  it("is renewed after a 401, once", function()
    bench:edit { expires_at = native.now() + 1000, access_token = "not-the-server-s" }
    assert.equal(0, bench:use().status)
    assert.equal(1, (bench:counts()))
    assert.is_true(bench:is_current())
  end)

  it("is finished at once where a refresh was begun and its answer lost", function()
    bench:set { lost = true }
    assert.equal(0, bench:use().status)
    assert.is_true(bench:is_current())
    assert.equal(0, (select(2, bench:counts())))
  end)

  it("that ended says so, later runs fail at once, and nothing is erased", function()
    local before = bench:stored()
    bench.person:control { ["end"] = true }
    local asked
    for _ = 1, 3 do
      local result = bench:use()
      assert.equal(4, result.status)
      assert.matches("the login ended: Xero no longer takes its refresh token since 2",
        result.err, 1, true)
      assert.matches("hint: log in again: xero-run login", result.err, 1, true)
      asked = asked or bench:counts()
    end
    assert.equal(asked, (bench:counts()))
    assert.equal(before.refresh_token, bench:stored().refresh_token)
  end)

  it("that others may read is refused with the command that mends it", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    shell.output { "chmod", "640", bench.file }
    shell.output { "sh", "-c", refused "is open to other users (mode 0640)" }
    assert.is_nil(bench:lost())
  end)

  it("of the future is refused, and so is a damaged one", function()
    local hint = place.in_files and "token.json.bad && xero-run -p default login"
      or "log in again: xero-run -p default login"
    bench:edit { version = 2 }
    assert.matches(hint, refused "was written by a newer xero-run", 1, true)
    bench:edit { version = 1, access_token = 5 }
    assert.matches(hint, refused "is damaged: access_token", 1, true)
    assert.equal(0, place.in_files and 0 or bench.person:run({ "login", "--quiet" }).status)
  end)

  it("that was copied from elsewhere is refused and explained", function()
    if not machine.has_id() then
      pending(machine.NO_ID)
    end
    if not place.in_files then return pending(place.ONLY_FILES) end
    bench:edit { host_tag = "elsewhere" }
    assert.equal("log in here: xero-run login",
      refused "the stored login was copied from another machine or profile")
  end)

  it("of another app is refused", function()
    bench:edit { client_id = "OTHER" }
    local result = bench:use()
    assert.equal(4, result.status)
    assert.matches("belongs to another app (client id OTHER)", result.err, 1, true)
  end)
end)

describe("a stored login that has a key", function()
  local keys = {}

  setup(function()
    for _, name in ipairs { "right", "wrong" } do
      keys[name] = temp.file(shell.output { "openssl", "rand", "-base64", "32" }, name)
      shell.output { "chmod", "600", keys[name] }
    end
  end)
  before_each(function()
    bench:set {}
    bench.person.env.XERO_RUN_STATE_KEY_FILE = keys.right
  end)
  after_each(function()
    bench.person.env.XERO_RUN_STATE_KEY_FILE = nil
    bench.person:log_in()
  end)

  local function fails(key, status, message)
    bench.person.env.XERO_RUN_STATE_KEY_FILE = key
    local before = bench.place:login()
    local result = bench:use()
    assert.equal(status, result.status, result.err)
    assert.matches(message, result.err, 1, true)
    assert.equal(before, bench.place:login())
    assert.is_nil(result.err:find(keys.right and temp.read(keys.right):sub(1, 20), 1, true))
  end

  it("is sealed by the next renewal, and nothing of its tokens can be read", function()
    local old = bench:stored()
    assert.equal(0, bench:use().status)
    local text = bench.place:login()
    assert.matches("^xero%-run sealed 1\n[%w+/=]+$", text)
    assert.is_nil(text:find(old.refresh_token, 1, true))
    assert.is_nil(text:find(bench.person:refresh_token(), 1, true))
    assert.equal(0, bench:use().status)
    assert.equal(1, (bench:counts()))
    bench.person:control { advance = 1900 }
    assert.equal(0, bench:use().status)
    assert.equal(2, (bench:counts()))
    assert.not_equal(text, bench.place:login())
  end)

  it("cannot be used with another key or without one, and loses nothing by that", function()
    assert.equal(0, bench:use().status)
    fails(keys.wrong, 2, "is sealed with another key, or damaged")
    fails(nil, 2, "is sealed, and the profile names no key to open it")
    fails("/nowhere", 2, "XERO_RUN_STATE_KEY_FILE: /nowhere: No such file")
    bench.person.env.XERO_RUN_STATE_KEY_FILE = keys.right
    assert.equal(0, bench:use().status)
    assert.equal(1, (bench:counts()))
  end)

  it("that is no key asks nothing of Xero", function()
    local short = temp.file("c2VzYW1l\n", "short")
    shell.output { "chmod", "600", short }
    fails(short, 2, "the state key of the profile cannot be used: it is not 32 bytes in base64")
    assert.equal(0, (bench:counts()))
  end)

  it("asks nothing of Xero where libsodium is missing", function()
    local directory = temp.directory()
    temp.write(directory .. "/libsodium.so.23", "")
    bench.person.env.LD_LIBRARY_PATH = directory
    fails(keys.right, 2, "hint: apt install libsodium23")
    bench.person.env.LD_LIBRARY_PATH = nil
    assert.equal(0, (bench:counts()))
  end)

  it("is taken from where the profile says", function()
    local path = bench.person:configure(([[return { profiles = { default = {
      state_key = { command = "cat %s" } } } }]]):format(keys.right))
    bench.person.env.XERO_RUN_STATE_KEY_FILE = nil
    local result = bench:use()
    os.remove(path)
    assert.equal(0, result.status, result.err)
    assert.matches("^xero%-run sealed 1\n", bench.place:login())
  end)
end)

describe("a stored login that is being renewed", function()
  for signal, status in pairs { HUP = 129, INT = 130, TERM = 143 } do
    it("is saved before SIG" .. signal .. " ends the program", function()
      local slow <close> = new_bench { "--fault", "token#2:latency=700" } -- the first is the login
      slow:set {}
      local program = process.spawn(slow:command())
      process.await(function() return slow:counts() > 0 end, "the token request")
      program:kill(signal)
      assert.equal(status, program:wait().status)
      assert.is_true(slow:is_current())
    end)
  end
end)

describe("a stored login that another program is renewing", function()
  local holder

  before_each(function()
    bench:set {}
    holder = bench.place:hold_login()
  end)
  after_each(function() holder:close() end)

  it("is waited for as long as --lock-timeout says", function()
    local result = bench:use()
    assert.equal(7, result.status)
    assert.matches(place.in_files and "another process holds " .. bench.profile .. "/token.lock"
      or "another run holds the login in postgresql://", result.err, 1, true)
    assert.matches("--lock-timeout", result.err, 1, true)
    assert.equal(0, (bench:counts()))
  end)

  it("is used as it is while its access token is valid", function()
    holder:close()
    bench:edit { expires_at = native.now() + 30 }
    holder = bench.place:hold_login()
    local result = bench:use()
    assert.equal(0, result.status)
    assert.matches("the old access token serves until", result.err, 1, true)
  end)

  it("is not waited for after a signal", function()
    local started = native.monotonic()
    local words = bench:command "60s"
    local waiting = process.spawn(words)
    native.sleep(0.5)
    waiting:kill "TERM"
    assert.equal(143, waiting:wait().status)
    assert.is_true(native.monotonic() - started < 5)
  end)
end)

describe("the tokens of a stored login", function()
  -- How many copies of the four tokens there are in a program that renewed them.
  local function copies(what)
    bench:set {}
    local old = bench:stored()
    return memory.copies({ what }, bench.person.env, function()
      local new = bench:stored()
      return { old.access_token, old.refresh_token, new.access_token, new.refresh_token }
    end)
  end

  it("are in memory while they are needed", function()
    local found = copies "keep"
    if not found[1] then return pending "the memory of a program cannot be read here" end
    assert.is_true(found[3] > 0 and found[4] > 0)
  end)

  it("leave no copy in memory after that", function()
    local found = copies "drop"
    if not found[1] then return pending "the memory of a program cannot be read here" end
    assert.same({ 0, 0, 0, 0 }, found)
  end)
end)

describe("a stored login in a bad place", function()
  local mounted

  before_each(function()
    bench:set {}
    if not place.in_files then return end
    mounted = os.execute(("mount -t tmpfs -o size=64k,mode=700 none %s 2>/dev/null"):format(
      bench.profile))
    if mounted then bench:set {} end
  end)
  after_each(function()
    if mounted then shell.output { "umount", bench.profile } end
  end)

  it("is not renewed on a full disk: nothing is asked for that cannot be saved", function()
    if not mounted then return pending "mount is not allowed here" end
    shell.output { "sh", "-c", "touch $1/token.lock; cat /dev/zero >$1/full 2>/dev/null || true",
      "sh", bench.profile }
    assert.equal("free some space there: df -h " .. bench.profile,
      refused "No space left on device")
    os.remove(bench.profile .. "/full")
    assert.is_nil(bench:lost())
  end)

  it("is not renewed where nothing can be written", function()
    if not mounted then return pending "mount is not allowed here" end
    shell.output { "mount", "-o", "remount,ro", bench.profile }
    assert.matches("XERO_RUN_STATE", refused "Read-only file system", 1, true)
  end)

  it("serves there as long as its access token is good", function()
    if not mounted then return pending "mount is not allowed here" end
    bench:edit { expires_at = native.now() + 30 }
    shell.output { "mount", "-o", "remount,ro", bench.profile }
    local result = bench:use()
    assert.matches("^%x+%-[%x-]+\n", result.out)
    assert.matches("Read-only file system; the old access token serves until", result.err, 1, true)
    assert.equal(0, (bench:counts()))
  end)
end)

describe("a stored login that is tortured", function()
  local SAMPLE = 90 -- every so many cases

  local function play(scene, kind)
    local missing = strace.missing()
    if missing then return pending(missing) end
    assert.is_nil(cases.sample(bench, scene, kind, SAMPLE))
  end

  it("survives a kill during its renewal", function() play("refresh", "kills") end)
  it("survives a kill during the recovery from one", function() play("recovery", "kills") end)
  it("survives errors during its renewal", function() play("refresh", "errors") end)
  it("survives errors during the recovery", function() play("recovery", "errors") end)
end)
