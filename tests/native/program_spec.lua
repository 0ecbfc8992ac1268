-- Programs of the user's, secrets from variables, and the PKCE pair, inside the built binary.

local native = require "xero.native"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local function has_appeared(path)
  return function()
    local file = io.open(path, "r")
    local text = file and file:read "a"
    if file then file:close() end
    return text and text:find "\n$" and text
  end
end

describe("a secret from a command", function()
  -- Whether the first line of the output is this text: what a token takes, it takes whole.
  local function gives(command)
    return native.secret_from_command(command, 10)
  end

  it("is the first line that it prints", function()
    for _, command in ipairs { "echo a", "printf 'a\\r\\nmore\\n'", "printf a" } do
      assert.equal("secret", tostring(gives(command)))
    end
  end)

  for command, message in pairs {
    ["echo hunter2; exit 3"] = "it ended with status 3",
    ["echo hunter2; kill -9 $$"] = "it was ended by signal 9",
    ["true"] = "its first line is empty",
    ["echo; echo hunter2"] = "its first line is empty",
    ["printf 'hunt\\ter2'"] = "its first line holds control characters",
    ["printf 'hunter2\\000'"] = "its first line holds control characters",
    ["yes hunter2"] = "it printed too much",
    ["no-such-program-here hunter2 2>/dev/null"] = "it ended with status 127",
  } do
    it("is refused, without a word of the output: " .. command, function()
      assert.same({ nil, message }, { gives(command) })
    end)
  end

  it("is not waited for longer than it may take, even when it has closed its output", function()
    local started = native.monotonic()
    assert.same({ nil, "it took too long" }, { native.secret_from_command("sleep 20", 0.1) })
    assert.same({ nil, "it took too long" },
      { native.secret_from_command("echo a; exec >&-; sleep 20", 0.1) })
    assert.is_true(native.monotonic() - started < 5)
  end)

  it("cannot read what is typed: its stdin is empty", function()
    assert.equal("secret", tostring(gives "cat; echo hunter2"))
  end)

  it("inherits neither the host's secrets nor its descriptors", function()
    local path = temp.directory() .. "/seen"
    local script = ([[
      local native = require "xero.native"
      local file = io.open(%q, "r")
      assert(native.secret_from_command("env >%s; ls /proc/self/fd >>%s; echo x", 10))
    ]]):format(shell.quote(temp.file "x"):gsub("'", ""), path, path)
    local result = run { "-e", script, env = {
      XERO_CLIENT_SECRET = "hunter2-unique", XERO_ACCESS_TOKEN = "token-unique",
    } }
    assert.equal(0, result.status, result.err)
    local seen = temp.read(path)
    assert.is_nil(seen:find("unique", 1, true))
    assert.matches("\n0\n1\n2\n3\n$", seen) -- 3 is the directory that ls itself reads
  end)
end)

describe("what a program prints", function()
  local function prints(command, seconds, most, directory)
    return { native.run_program({ "sh", "-c", command }, seconds or 10, most or 100, directory) }
  end

  it("is its whole output, beside the beginning of its complaints", function()
    assert.same({ "a\n\0b", "c\n" }, prints [[printf 'a\n\000b'; echo c >&2]])
    assert.same({ "", "" }, prints "true")
    local output, complaints = table.unpack(prints([[
      head -c 3000000 /dev/zero; head -c 100000 /dev/zero | tr '\000' x >&2
    ]], 10, 3000000))
    assert.equal(3000000, #output)
    assert.equal(("x"):rep(511), complaints)
  end)

  it("comes from the directory that is named", function()
    local directory = temp.directory()
    assert.same({ directory .. "\n", "" }, prints("pwd", 10, 100, directory))
  end)

  for command, message in pairs {
    ["echo a; echo b >&2; exit 3"] = "it ended with status 3",
    ["echo a; echo b >&2; kill -9 $$"] = "it was ended by signal 9",
    ["echo b >&2; yes"] = "it printed too much",
  } do
    it("is none when it went wrong: " .. command, function()
      assert.same({ nil, message, "b\n" }, prints(command))
    end)
  end

  it("is not waited for longer than it may take, and all that it started ends", function()
    local path = temp.directory() .. "/pid"
    local started = native.monotonic()
    assert.same({ nil, "it took too long", "" },
      prints("sh -c 'echo $$ >" .. path .. "; exec sleep 20' | cat", 0.5))
    assert.is_true(native.monotonic() - started < 5)
    local pid = temp.read(path):match "%d+"
    process.await(function()
      local state = io.open("/proc/" .. pid .. "/stat", "r")
      local text = state and state:read "a" or "Z"
      if state then state:close() end
      return text:find "%) Z" or text == "Z"
    end, "the end of the pipeline")
  end)

  it("is none of a program that is not there", function()
    local output, message = native.run_program({ "no-such-program-here" }, 1, 100)
    assert.is_nil(output)
    assert.matches("^no%-such%-program%-here: No such file", message)
  end)
end)

describe("a program that is let go", function()
  it("runs on its own, with its words as they are", function()
    local path = temp.directory() .. "/words"
    assert.is_true(native.start_program {
      "sh", "-c", 'printf "%s\\n" "$@" >' .. path .. ".new && mv " .. path .. ".new " .. path,
      "sh", "http://localhost/?a=1&b=$(id)", "'",
    })
    local words = process.await(has_appeared(path), "the program's file")
    assert.equal("http://localhost/?a=1&b=$(id)\n'\n", words)
  end)

  it("is told when it is not there", function()
    local started, message = native.start_program { "no-such-program-here", "x" }
    assert.is_nil(started)
    assert.matches("^no%-such%-program%-here: No such file", message)
  end)
end)

describe("a secret from a variable", function()
  it("leaves the environment when it is taken", function()
    local result = run { "-e", [[
      local native = require "xero.native"
      assert(tostring(native.secret_from_env "ACME_SECRET") == "secret")
      assert(os.getenv "ACME_SECRET" == nil and native.secret_from_env "ACME_SECRET" == nil)
      assert(native.secret_from_env "MISSING" == nil and native.secret_from_env "EMPTY" == nil)
      os.execute "env"
      for _ = 1, 2 do assert(tostring(native.secret_from_env "XERO_CLIENT_SECRET") == "secret") end
    ]], env = { ACME_SECRET = "hunter2-unique", XERO_CLIENT_SECRET = "x", EMPTY = "" } }
    assert.equal(0, result.status, result.err)
    assert.is_nil(result.out:find("unique", 1, true))
  end)
end)

describe("the PKCE pair", function()
  it("is a secret and its challenge, new each time", function()
    local verifier, challenge = native.pkce()
    assert.equal("secret", tostring(verifier))
    assert.matches("^[%w_-]+$", challenge)
    assert.equal(43, #challenge)
    assert.not_equal(challenge, select(2, native.pkce()))
  end)
end)
