-- The store on real directories: what it writes, what it refuses and with which command to mend it.
-- Runs alone: a refusal is held to a second.

local native = require "xero.native"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local strace = require "torture.strace"
local system = require "system"
local temp = require "support.temp"

local is_root = shell.output { "id", "-u" } == "0\n"

local function sh(script, ...)
  return shell.output { "sh", "-c", script, "sh", ... }
end

local function mode(path)
  return (sh("stat -c %a -- \"$1\"", path):gsub("\n", ""))
end

-- A secret says nothing of itself: what the store holds is read from the disk.
local function secret(text)
  return native.secret(text)
end

local function open(directory, create)
  return native.store { directory = directory, create = create }
end

local function locked(directory)
  local store = open(directory)
  assert(store:lock(1))
  return store
end

-- Runs f, which must raise a store error, within a second; gives the error.
local function refusal(f, ...)
  local started = system.monotime()
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  assert.equal("store", type(err) == "table" and err.kind or err)
  assert.is_true(system.monotime() - started < 1, "took too long")
  return err
end

describe("a store's directory", function()
  it("is made with its parents, closed to everybody else", function()
    local base = temp.directory()
    open(base .. "/a/b/profile", true):close()
    assert.equal("700", mode(base .. "/a"))
    assert.equal("700", mode(base .. "/a/b"))
    assert.equal("700", mode(base .. "/a/b/profile"))
  end)

  it("is nil when there is none and none shall be made", function()
    assert.is_nil((open(temp.directory() .. "/none")))
  end)

  it("must be named by an absolute path", function()
    assert.has_error(function() open "relative" end)
  end)

  it("may be named with slashes behind it", function()
    local directory = temp.directory()
    open(directory .. "/new//", true):close()
    assert.equal("700", mode(directory .. "/new"))
  end)

  it("is refused when its path is longer than any message could say", function()
    assert.matches("is too long", refusal(open, "/" .. ("x"):rep(600)).message, 1, true)
  end)

  it("is refused when others may look into it, with the chmod that mends it", function()
    local directory = temp.directory()
    sh("chmod 750 \"$1\"", directory)
    local err = refusal(open, directory)
    assert.matches("mode 0750", err.message, 1, true)
    assert.equal("chmod 700 " .. directory, err.hint)
    sh(err.hint)
    open(directory):close()
  end)

  it("is not mended by opening it with create", function()
    local directory = temp.directory()
    sh("chmod 755 \"$1\"", directory)
    refusal(open, directory, true)
    assert.equal("755", mode(directory))
  end)

  it("is refused when a directory above it may be written by everybody", function()
    local base = temp.directory()
    sh("mkdir -p -m 700 \"$1/open/profile\"; chmod 777 \"$1/open\"", base)
    local err = refusal(open, base .. "/open/profile")
    assert.equal("chmod o-w " .. base .. "/open", err.hint)
    sh(err.hint)
    open(base .. "/open/profile"):close()
  end)

  it("may lie below a directory that only lets everybody add files, as /tmp does", function()
    local base = temp.directory()
    sh("mkdir -m 1777 \"$1/tmp\"; mkdir -m 700 \"$1/tmp/profile\"", base)
    open(base .. "/tmp/profile"):close()
  end)

  it("is refused when it is a symbolic link", function()
    local base = temp.directory()
    sh("mkdir -m 700 \"$1/real\"; ln -s real \"$1/link\"", base)
    local err = refusal(open, base .. "/link")
    assert.matches("is a symbolic link", err.message, 1, true)
    assert.matches("realpath " .. base .. "/link", err.hint, 1, true)
  end)

  it("is refused when it is a file", function()
    local file = temp.file ""
    assert.matches("is not a directory", refusal(open, file).message, 1, true)
  end)

  it("is refused when it belongs to somebody else", function()
    if not is_root then
      return pending "only root can give a directory away"
    end
    local directory = temp.directory()
    sh("chown 65534 \"$1\"", directory)
    local err = refusal(open, directory)
    assert.matches("belongs to another user", err.message, 1, true)
    assert.equal("run as that user: sudo -u '#65534' xero-run", err.hint)
    sh("chown 0 \"$1\"", directory)
  end)

  -- The answer of fstatfs begins with the number of the file system, 8 bytes.
  for name, number in pairs { NFS = "6969000000000000", FUSE = "4655736500000000",
    SMB = "42 4D 53 FE 00 00 00 00" } do
    it("is refused on " .. name .. ", where locks cannot be relied on", function()
      local missing = strace.missing()
      if missing then return pending(missing) end
      local result = process.run { "strace", "-o", "/dev/null", "-e", "trace=fstatfs", "-e",
        "inject=fstatfs:poke_exit=@arg2=" .. number:gsub(" ", ""), run.program(), "-e",
        "require 'xero.native'.store { directory = arg[1] }", "-", temp.directory(),
        env = { ASAN_OPTIONS = "detect_leaks=0" } }
      assert.equal(1, result.status)
      assert.matches(" is on " .. name .. ", where locks", result.err, 1, true)
      assert.matches("XERO_RUN_STATE", result.err, 1, true)
    end)
  end

  it("is quoted for the shell in the command that mends it", function()
    local directory = temp.directory() .. "/it's $HOME"
    sh("mkdir -m 755 \"$1\"", directory)
    sh(refusal(open, directory).hint)
    open(directory):close()
  end)
end)

describe("store:read", function()
  local directory

  before_each(function()
    directory = temp.directory()
  end)

  local function put(script)
    sh("umask 077; cd \"$1\" && " .. script, directory)
  end

  local function refused()
    local store <close> = open(directory)
    return refusal(store.read, store, "token.json")
  end

  -- The command of the hint must be all that is needed.
  local function mended(err, expected)
    sh(err.hint)
    local store <close> = open(directory)
    local found = store:read "token.json"
    assert.equal(expected, found ~= nil)
  end

  it("gives nil when there is no file", function()
    local store <close> = open(directory)
    assert.is_nil(store:read "token.json")
  end)

  it("gives the bytes as a secret", function()
    put "printf unique-token >token.json"
    local store <close> = open(directory)
    local bytes = store:read "token.json"
    assert.equal("secret", tostring(bytes))
  end)

  it("refuses a file that others may read", function()
    put "echo x >token.json; chmod 640 token.json"
    local err = refused()
    assert.matches(directory .. "/token.json is open to other users (mode 0640)", err.message, 1,
      true)
    assert.equal("chmod 600 " .. directory .. "/token.json", err.hint)
    mended(err, true)
  end)

  it("refuses a symbolic link", function()
    put "mkdir away; echo x >away/t; ln -s away/t token.json"
    local err = refused()
    assert.matches("token.json is a symbolic link", err.message, 1, true)
    mended(err, true)
  end)

  it("refuses a hard link", function()
    put "echo x >token.json; ln token.json other"
    local err = refused()
    assert.matches("has a second name", err.message, 1, true)
    mended(err, true)
  end)

  it("refuses a FIFO without waiting for a writer", function()
    put "mkfifo token.json"
    local err = refused()
    assert.matches("is not a plain file", err.message, 1, true)
    mended(err, false)
  end)

  it("refuses a directory", function()
    put "mkdir token.json"
    mended(refused(), false)
  end)

  it("refuses a file of another user", function()
    if not is_root then
      return pending "only root can give a file away"
    end
    put "echo x >token.json; chown 65534 token.json"
    local err = refused()
    assert.equal("sudo chown 0 " .. directory .. "/token.json", err.hint)
    put "chown 0 token.json"
  end)

  it("refuses a file of 1 GB without reading it", function()
    put "truncate -s 1G token.json"
    local err = refused()
    assert.matches("is larger than 65536 bytes", err.message, 1, true)
    mended(err, false)
  end)

  it("takes a bound of the caller's", function()
    put "printf 12345 >token.json"
    local store <close> = open(directory)
    assert.is_truthy(store:read("token.json", 5))
    refusal(store.read, store, "token.json", 4)
  end)

  it("takes plain names only", function()
    local store <close> = open(directory)
    for _, name in ipairs { "", "../token.json", "a/b", ".hidden", "-rf", ("x"):rep(65) } do
      assert.has_error(function() store:read(name) end)
    end
  end)

  it("changes nothing of what it refuses", function()
    put "echo x >token.json; chmod 644 token.json"
    refused()
    assert.equal("644", mode(directory .. "/token.json"))
  end)
end)

describe("store:replace", function()
  it("leaves the new bytes, mode 0600, and no temporary file", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:replace("token.json", secret "one"))
    assert(store:replace("token.json", secret "two"))
    assert.equal("two", temp.read(directory .. "/token.json"))
    assert.equal("600", mode(directory .. "/token.json"))
    assert.equal("token.json\ntoken.lock\n", sh("ls -A \"$1\"", directory))
  end)

  it("keeps a single byte", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:replace("token.json", secret "x"))
    assert.equal("x", temp.read(directory .. "/token.json"))
    assert(store:replace("copy", store:read "token.json"))
    assert.equal("x", temp.read(directory .. "/copy"))
  end)

  it("asks for the lock", function()
    local store <close> = open(temp.directory())
    local done, message = store:replace("token.json", secret "one")
    assert.is_nil(done)
    assert.matches("is not locked", message, 1, true)
  end)

  it("uses the prepared file and cuts it to the length of the bytes", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:prepare("token.json", 16384))
    assert.equal("16384\n", sh("stat -c %s \"$1/token.json.new\"", directory))
    assert(store:replace("token.json", secret "short"))
    assert.equal("short", temp.read(directory .. "/token.json"))
    assert.equal("token.json\ntoken.lock\n", sh("ls -A \"$1\"", directory))
  end)

  it("uses no file that was prepared for another name", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:prepare("marks.json", 100))
    assert(store:replace("token.json", secret "one"))
    assert.equal("one", temp.read(directory .. "/token.json"))
    assert(store:replace("marks.json", secret "two"))
    assert.equal("two", temp.read(directory .. "/marks.json"))
  end)

  it("removes what a killed process left, even a link to elsewhere", function()
    local directory, elsewhere = temp.directory(), temp.file "precious"
    sh("ln -s \"$2\" \"$1/token.json.new\"", directory, elsewhere)
    local store <close> = locked(directory)
    assert(store:prepare("token.json", 100))
    assert(store:replace("token.json", secret "one"))
    assert.equal("precious", temp.read(elsewhere))
    assert.equal("one", temp.read(directory .. "/token.json"))
  end)

  it("says what is in the way of the temporary file", function()
    local directory = temp.directory()
    sh("mkdir \"$1/token.json.new\"", directory)
    local store <close> = locked(directory)
    local done, message = store:replace("token.json", secret "one")
    assert.is_nil(done)
    assert.matches("cannot remove " .. directory .. "/token.json.new: Is a directory", message, 1,
      true)
  end)
end)

describe("store:remove", function()
  it("removes the file, and is content when there is none", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:replace("token.json", secret "one"))
    assert.is_true(store:remove "token.json")
    assert.is_true(store:remove "token.json")
    assert.equal("token.lock\n", sh("ls -A \"$1\"", directory))
  end)
end)

describe("store:lock", function()
  it("is busy while another holder has it, and free when that one lets go", function()
    local directory = temp.directory()
    local first <close> = locked(directory)
    local second <close> = open(directory)
    local started = system.monotime()
    local taken, why = second:lock(0.2)
    assert.is_nil(taken)
    assert.equal("busy", why)
    assert.is_true(system.monotime() - started >= 0.2)
    first:unlock()
    assert.is_true(second:lock(0))
  end)

  it("is taken once", function()
    local store <close> = locked(temp.directory())
    assert.matches("is locked already", refusal(store.lock, store, 1).message, 1, true)
  end)

  it("is asked for by all that writes", function()
    local store <close> = open(temp.directory())
    for _, step in ipairs { "prepare", "remove" } do
      local done, message = store[step](store, "token.json", 1)
      assert.is_nil(done)
      assert.matches("is not locked", message, 1, true)
    end
  end)

  it("is given back by close, and by a holder that dies", function()
    local directory = temp.directory()
    local first = locked(directory)
    first:close()
    first:close()
    local second <close> = open(directory)
    assert.is_true(second:lock(0))
  end)

  it("locks another name beside it", function()
    local directory = temp.directory()
    local first <close> = locked(directory)
    local second <close> = open(directory)
    assert.is_true(second:lock(0, "run.lock"))
    assert.is_true(first:is_locked())
  end)

  it("removes a prepared file that was not used", function()
    local directory = temp.directory()
    local store <close> = locked(directory)
    assert(store:prepare("token.json", 100))
    store:unlock()
    assert.equal("token.lock\n", sh("ls -A \"$1\"", directory))
  end)

  it("does not fall for a lock file that was removed by hand", function()
    local directory = temp.directory()
    local first <close> = locked(directory)
    sh("rm \"$1/token.lock\"", directory)
    local second <close> = locked(directory)
    assert.is_true(second:is_locked())
    first:unlock()
    local third <close> = open(directory)
    assert.is_nil(third:lock(0))
  end)

  it("does not fall for a lock file that was removed while it waited", function()
    local directory = temp.directory()
    local first = locked(directory)
    local waiter = run.spawn { "-e", [[
      local store = require "xero.native".store { directory = arg[1] }
      print "waiting"
      print(store:lock(30))]], "-", directory }
    waiter:expect "waiting"
    system.sleep(0.3) -- for it to open the file
    sh("rm \"$1/token.lock\"", directory)
    local second = locked(directory)
    first:close()
    system.sleep(0.3)
    assert.equal("waiting\n", waiter:out())
    second:close()
    waiter:expect "true"
  end)

  it("refuses a lock file that others may open", function()
    local directory = temp.directory()
    sh("touch \"$1/token.lock\"; chmod 666 \"$1/token.lock\"", directory)
    local store <close> = open(directory)
    local err = refusal(store.lock, store, 1)
    assert.equal("chmod 600 " .. directory .. "/token.lock", err.hint)
  end)
end)

describe("a store without room", function()
  local mounted

  local function mount(options)
    local directory = temp.directory()
    if os.execute(("mount -t tmpfs -o %s,mode=700 none %s 2>/dev/null"):format(options,
      shell.quote(directory))) then
      mounted = directory
      return directory
    end
  end

  after_each(function()
    if mounted then
      shell.output { "umount", mounted }
      mounted = nil
    end
  end)

  it("keeps the old bytes and says that the disk is full", function()
    local directory = mount "size=64k"
    if not directory then
      return pending "mount is not allowed here"
    end
    local store <close> = locked(directory)
    assert(store:replace("token.json", secret "old"))
    sh("head -c 1000000 /dev/zero >\"$1/full\" 2>/dev/null || true", directory)
    for _, call in ipairs { "prepare", "replace" } do
      local done, message, hint = store[call](store, "token.json",
        call == "prepare" and 16384 or secret(("x"):rep(9000)))
      assert.is_nil(done)
      assert.matches("No space left on device", message, 1, true)
      assert.equal("free some space there: df -h " .. directory, hint)
    end
    assert.equal("old", temp.read(directory .. "/token.json"))
    assert.equal("full\ntoken.json\ntoken.lock\n", sh("ls -A \"$1\"", directory))
  end)

  it("can be read from a read-only file system, and says why it cannot be locked", function()
    local directory = mount "size=64k"
    if not directory then
      return pending "mount is not allowed here"
    end
    locked(directory):close()
    sh("umask 077; echo x >\"$1/token.json\"; mount -o remount,ro \"$1\"", directory)
    local store <close> = open(directory)
    assert.is_truthy(store:read "token.json")
    local err = refusal(store.lock, store, 1)
    assert.matches("Read-only file system", err.message, 1, true)
    assert.matches("XERO_RUN_STATE", err.hint, 1, true)
  end)
end)
