-- The store on a disk that fails: each of its system calls in turn gets an error, from strace. What
-- was stored stays whole, and one line says what could not be done.

local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local strace = require "torture.strace"
local temp = require "support.temp"

-- For fstat glibc asks the kernel for newfstatat, as for fstatat, and from Debian 13 on for fstat.
local function has_call_of_its_own()
  local file = temp.directory() .. "/trace"
  process.run { "strace", "-e", "trace=fstat", "-o", file, "true" }
  local trace <close> = io.open(file)
  return trace ~= nil and trace:read "a":find("fstat(", 1, true) ~= nil
end

local OWN_FSTAT = has_call_of_its_own()
local FSTAT = OWN_FSTAT and "fstat" or "newfstatat"

local USE = [=[
  local native = require "xero.native"
  local store = native.store { directory = arg[1], create = true }
  for _, step in ipairs { { "lock", 0.2 }, { "prepare", "token.json", 100 },
    { "replace", "token.json", native.secret "new" }, { "read", "token.json" },
    { "remove", "token.json" } } do
    local done, message = store[step[1]](store, table.unpack(step, 2))
    if not done then return print(step[1] .. ": " .. message) end
  end
  print "done" ]=]

-- Uses a store that holds "old", or one to be made in its directory; gives that directory, and what
-- was printed.
local function use(options, below)
  local directory = temp.directory()
  temp.write(directory .. "/token.json", "old")
  shell.output { "chmod", "600", directory .. "/token.json" }
  local words = { "strace", "-o", directory .. ".trace", "-P", directory }
  for _, name in ipairs { "token.json", "token.json.new", "token.lock" } do
    table.move({ "-P", directory .. "/" .. name }, 1, 2, #words + 1, words)
  end
  table.move(options, 1, #options, #words + 1, words)
  table.move({ run.program(), "-e", USE, "-", directory .. (below or "") }, 1, 5, #words + 1, words)
  words.env = { ASAN_OPTIONS = "detect_leaks=0" } -- LeakSanitizer refuses to work while traced
  local result = process.run(words)
  local trace = temp.read(directory .. ".trace")
  os.remove(directory .. ".trace")
  return directory, (result.out .. result.err):gsub("\n$", ""), trace
end

describe("a store", function()
  local missing = strace.missing()
  local function it_with_strace(name, f)
    it(name, function()
      if missing then return pending(missing) end
      f()
    end)
  end

  it_with_strace("syncs the file before it takes the place of the old one, and the directory after",
    function()
      local _, said, trace = use { "-e", "trace=write,ftruncate,fsync,renameat,unlinkat" }
      assert.equal("done", said)
      local calls = {}
      for name in trace:gmatch "([%w_]+)%(" do calls[#calls + 1] = name end
      assert.equal("unlinkat write ftruncate fsync renameat fsync unlinkat fsync",
        table.concat(calls, " "))
    end)

  it_with_strace("that cannot make its directory durable says so, and is not used", function()
    for fault, says in pairs {
      ["openat:error=EMFILE:when=1"] = "cannot open the directory above DIR/new: "
        .. "Too many open files",
      ["openat:error=EMFILE:when=2"] = "cannot open DIR/new: Too many open files",
      ["fsync:error=EIO:when=1"] = "cannot sync DIR/new: Input/output error",
    } do
      local call = fault:match "^%a+"
      local directory, said = use({ "-e", "trace=" .. call, "-e", "inject=" .. fault }, "/new")
      assert.matches(says:gsub("DIR", directory), said, 1, true)
      assert.is_nil(io.open(directory .. "/new/token.json"))
    end
  end)

  -- What happens to which call; what is said, with the directory for DIR; what the file holds then.
  for _, row in ipairs {
    { "openat", "error=EMFILE:when=1", "cannot open DIR: Too many open files", "old" },
    { FSTAT, "error=EIO:when=1", "cannot look at DIR: Input/output error", "old" },
    { "fstatfs", "error=EIO:when=1", "cannot ask for the file system of DIR: Input/output error",
      "old" },
    { FSTAT, "error=EIO:when=2", "cannot look at DIR: Input/output error", "old" },
    { "openat", "error=EMFILE:when=2", "cannot look above DIR: Too many open files", "old" },
    { "openat", "error=EIO:when=3", "cannot open DIR/token.lock: Input/output error", "old" },
    { FSTAT, "error=EIO:when=3", "cannot look at DIR/token.lock: Input/output error",
      "old" },
    { FSTAT, "error=EIO:when=4", "done" },
    { "newfstatat", OWN_FSTAT and "error=EIO:when=1" or "error=EIO:when=5", "done" },
    { FSTAT, OWN_FSTAT and "error=EIO:when=5" or "error=EIO:when=6",
      "cannot look at DIR/token.json: Input/output error", "new" },
    { "flock", "error=ENOLCK:when=1", "cannot lock DIR/token.lock: No locks available",
      "old" },
    { "flock", "error=EINTR:when=1", "done" },
    { "flock", "error=EAGAIN:when=1+", "lock: busy", "old" },
    { "unlinkat", "error=EIO:when=1", "prepare: cannot remove DIR/token.json.new: "
      .. "Input/output error", "old" },
    { "openat", "error=EDQUOT:when=4", "prepare: cannot create DIR/token.json.new: "
      .. "Disk quota exceeded", "old" },
    { "fallocate", "error=ENOSPC:when=1", "prepare: cannot reserve space for DIR/token.json.new: "
      .. "No space left on device", "old" },
    { "write", "error=EIO:when=1", "replace: cannot write DIR/token.json.new: Input/output error",
      "old" },
    { "write", "retval=0:when=1", "replace: cannot write DIR/token.json.new: "
      .. "No space left on device", "old" },
    { "write", "error=EINTR:when=1", "done" },
    { "write", "error=EINTR:when=1+", "replace: cannot write DIR/token.json.new: "
      .. "Interrupted system call", "old" },
    { "ftruncate", "error=EIO:when=1", "replace: cannot cut DIR/token.json.new: Input/output error",
      "old" },
    { "fsync", "error=EIO:when=1", "replace: cannot sync DIR/token.json.new: Input/output error",
      "old" },
    { "close", "error=EIO:when=1", "replace: cannot close DIR/token.json.new: Input/output error",
      "old" },
    { "close", "error=EINTR:when=1", "done" },
    { "renameat", "error=EIO:when=1", "replace: cannot put in place DIR/token.json.new: "
      .. "Input/output error", "old" },
    { "openat", "error=EMFILE:when=5", "replace: cannot open DIR: Too many open files", "new" },
    { "fsync", "error=EIO:when=2", "replace: cannot sync DIR: Input/output error", "new" },
    { "close", "error=EIO:when=2", "replace: cannot sync DIR: Input/output error", "new" },
    { "close", "error=EINTR:when=2", "done" },
    { "openat", "error=EIO:when=6", "cannot open DIR/token.json: Input/output error", "new" },
    { "read", "error=EIO:when=1", "cannot read DIR/token.json: Input/output error", "new" },
    { "read", "error=EINTR:when=1", "done" },
    { "read", "error=EINTR:when=1+", "cannot read DIR/token.json: Interrupted system call",
      "new" },
    { "close", "error=EIO:when=3", "cannot close DIR/token.json: Input/output error", "new" },
    { "close", "error=EINTR:when=3", "done" },
    { "unlinkat", "error=EIO:when=2", "remove: cannot remove DIR/token.json: Input/output error",
      "new" },
    { "fsync", "error=EIO:when=3", "remove: cannot sync DIR: Input/output error" },
  } do
    local call, fault, says, holds = table.unpack(row, 1, 4)
    it_with_strace(("that gets %s from %s says what it comes to"):format(fault, call), function()
      local directory, said = use { "-e", "trace=" .. call, "-e",
        ("inject=%s:%s"):format(call, fault) }
      assert.matches(says:gsub("DIR", directory), said, 1, true)
      local file = io.open(directory .. "/token.json", "rb")
      assert.equal(holds, file and file:read "a")
      if file then file:close() end
      assert.is_nil(io.open(directory .. "/token.json.new"))
    end)
  end
end)
