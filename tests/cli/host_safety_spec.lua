-- What the host does for the safety of secrets, and what it does not load.

local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

local SECRET = "sesame-4711"
local secrets = { XERO_CLIENT_SECRET = SECRET, XERO_ACCESS_TOKEN = SECRET, XERO_CLIENT_ID = "app" }

describe("a secret in the environment", function()
  it("is neither in os.getenv, nor in children, nor in /proc, and the rest stays", function()
    local result = run { env = secrets, "-e", [[
      for _, name in ipairs { "CLIENT_SECRET", "ACCESS_TOKEN", "CLIENT_ID" } do
        print(os.getenv("XERO_" .. name))
      end
      os.execute "env"
      print(io.popen "env":read "a")
      print(io.open "/proc/self/environ":read "a")
      print(io.popen("cat /proc/" .. io.open "/proc/self/stat":read "n" .. "/environ"):read "a")
    ]] }
    assert.equal(0, result.status, result.err)
    assert.matches("^nil\nnil\napp\n", result.out)
    assert.matches("XERO_CLIENT_ID=app", result.out, 1, true)
    assert.falsy(result.out:find(SECRET, 1, true))
  end)

  it("and the connections to Xero are no child's: it has no socket of TCP", function()
    local world <close> = sandbox.start()
    local result = run { env = world.env, "-e", [[
      print(#require("xero").get_connections() > 0)
      os.execute "readlink /proc/$$/fd/* | tr -d 'a-z:[]' | grep -wf - /proc/net/tcp | grep -v st"
    ]] }
    assert.same({ 0, "true\n", "" }, { result.status, result.out, result.err })
  end)

  it("reaches Lua only as a value that does not show it", function()
    local result = run { env = secrets, "-e", [[
      local native = require "xero.native"
      print(native.secret_from_env "XERO_CLIENT_SECRET", native.secret_from_env "XERO_ACCESS_TOKEN")
    ]] }
    assert.same({ 0, "secret\tsecret\n" }, { result.status, result.out })
  end)

  it("that is empty counts as not set", function()
    local result = run { env = { XERO_CLIENT_SECRET = "" }, "-e", [[
      print((require "xero.native".secret_from_env "XERO_CLIENT_SECRET"))
    ]] }
    assert.equal("nil\n", result.out)
  end)

  it("is gone where it stands there twice", function()
    local result = process.run { "python3", "-c", ([[
import os, ctypes
libc = ctypes.CDLL(None)
strings = [b"XERO_CLIENT_SECRET=%s", b"A=1", b"XERO_CLIENT_SECRET=%s2", None]
script = b"os.execute 'env' print(io.open('/proc/self/environ'):read 'a')"
words = [%q.encode(), b"-e", script, None]
environ = (ctypes.c_char_p * len(strings))(*strings)
libc.execve(words[0], (ctypes.c_char_p * len(words))(*words), environ)
    ]]):format(SECRET, SECRET, run.program()) }
    assert.equal(0, result.status, result.err)
    assert.matches("A=1", result.out, 1, true)
    assert.falsy(result.out:find(SECRET, 1, true))
  end)
end)

describe("the process", function()
  it("makes files that are private", function()
    local path = temp.directory() .. "/file"
    local result = run { "-e", ("io.open(%q, 'w'):close() os.execute 'umask'"):format(path) }
    assert.matches("^0?077\n$", result.out)
    assert.equal("600\n", shell.output { "stat", "-c", "%a", path })
  end)

  it("dumps no core, and logs no TLS keys", function()
    local result = run { env = { SSLKEYLOGFILE = "/tmp/keys" }, "-e", [[
      print(os.getenv "SSLKEYLOGFILE")
      print(io.open "/proc/self/limits":read "a":match "Max core file size%s+(%d+)%s+(%d+)")
    ]] }
    assert.equal("nil\n0\t0\n", result.out)
  end)

  it("opens nothing where a script prints, though standard output be closed", function()
    local result = process.run { "sh", "-c", shell.quote(run.program()) .. [[ -e '
      local file = io.open("file", "w")
      pcall(print, "printed")
      file:close()
      io.stderr:write(io.open "file":read "a", "|")' >&- ]], cwd = temp.directory() }
    assert.matches("^|xero%-run: cannot write", result.err)
  end)
end)

describe("a search path", function()
  local place = temp.directory()
  temp.write(place .. "/cjson.lua", "print 'a trap'")
  temp.write(place .. "/trap.lua", "print 'a trap'")

  it("has no relative entries, so that nothing of the working directory is loaded", function()
    local result = run { cwd = place, "-e", [[
      print(pcall(require, "trap"))
      print(type(require "cjson".decode))
      print((package.path .. ";" .. package.cpath .. ";"):find "%f[^;\0]%.")
      for entry in (package.path .. ";" .. package.cpath):gmatch "[^;]+" do
        assert(entry:sub(1, 1) == "/", entry)
      end
    ]] }
    assert.equal(0, result.status, result.err)
    assert.matches("^false\t", result.out)
    assert.matches("\nfunction\n", result.out)
    assert.not_matches("a trap", result.out)
  end)

  it("loses relative entries of LUA_PATH and LUA_CPATH, too", function()
    local env = { LUA_PATH = "./?.lua;/kept/?.lua;?.lua;;", LUA_CPATH = "?.so;./?.so;/kept/?.so" }
    local result = run { cwd = place, env = env, "-e", "print(package.path) print(package.cpath)" }
    assert.matches("^/kept/%?.lua;/usr", result.out)
    assert.matches("\n/kept/%?.so\n$", result.out)
    assert.not_matches("%f[^;]%.?/?%?", result.out)
  end)

  it("does not let the directory of a script hide what the binary carries", function()
    temp.write(place .. "/script.lua", "print(type(require 'cjson'.decode))")
    assert.equal("function\n", run({ place .. "/script.lua" }).out)
  end)
end)

-- setsid leaves the terminal, as cron does.
describe("a script, as root or without a terminal,", function()
  local function run_of(mode, text, ...)
    local file = temp.file(text or "print 'ran'", "script.lua")
    shell.output { "chmod", mode, file }
    local words = { "setsid", "-w", run.program(), ... }
    words[#words + 1] = file
    return process.run(words), file
  end

  it("that others may write is not run", function()
    local result, file = run_of "606"
    assert.equal(2, result.status)
    assert.equal("", result.out)
    assert.matches(("^xero%%-run: %s can be written by others, and is not run [^\n]+\n"
      .. "hint: chmod go%%-w '%s'\n$"):format(file:gsub("%p", "%%%0"), file:gsub("%p", "%%%0")),
      result.err)
  end)

  it("that others may write is not planned as a policy either", function()
    local result = run_of("606", "error 'ran'", "plan")
    assert.equal(2, result.status)
    assert.matches("can be written by others", result.err, 1, true)
  end)

  it("that a group of several may write is not run", function()
    local file = temp.file "print 'ran'"
    if not os.execute(("chgrp 65534 %s 2>/dev/null"):format(file)) then
      return pending "only root gives files away"
    end
    shell.output { "chmod", "660", file }
    local result = process.run { "setsid", "-w", run.program(), "./file",
      cwd = file:match "^(.*)/" }
    assert.equal(2, result.status)
    assert.matches("can be written by its group", result.err, 1, true)
  end)

  it("that only its owner may write is run, whoever may read it", function()
    assert.equal("ran\n", run_of("755").out)
  end)

  it("that comes through a pipe is run", function()
    assert.equal("ran\n", run({ "-", stdin = "print 'ran'" }).out)
  end)
end)

describe("--lib", function()
  it("loads the library from a directory, for development", function()
    local place = temp.directory()
    shell.output { "mkdir", place .. "/xero" }
    temp.write(place .. "/xero/uuid.lua", "return 'mine'")
    local words = { "--lib", ".", "-e", "print((require 'xero.uuid'))", cwd = place }
    assert.equal("mine\n", run(words).out)
  end)

  it("that is not there is a mistake", function()
    local result = run { "--lib", "/nowhere", "-e", "" }
    assert.same({ 2, "xero-run: --lib: /nowhere: No such file or directory\n" },
      { result.status, result.err })
  end)
end)

it("nothing of the library is loaded before it is used", function()
  local result = run { "-e", [[
    for name in pairs(package.loaded) do
      if name:find "xero" or name:find "cjson" or name:find "argparse" then print(name) end
    end
  ]] }
  assert.same({ 0, "" }, { result.status, result.out })
end)
