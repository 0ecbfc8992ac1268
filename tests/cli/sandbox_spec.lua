-- `xero-run sandbox` as a user runs it, asked by curl.
-- Runs alone: what must not wait for an answer that takes 1.5 s is held to less.

local json = require "xero.json"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local system = require "system"
local temp = require "support.temp"

local function curl(env, ...)
  local words = { "env", "-u", "CURL_CA_BUNDLE", "-u", "SSL_CERT_DIR" }
  for name, value in pairs(env) do words[#words + 1] = name .. "=" .. value end
  table.move({ "curl", "-sS", "-m", "10", ... }, 1, 4 + select("#", ...), #words + 1, words)
  local pipe = io.popen(shell.join(words) .. " 2>&1")
  return function()
    local text = pipe:read "a"
    local _, _, status = pipe:close()
    return text, status
  end
end

local function log_in(server)
  local env = server.env
  local text = curl(env, "-u", env.XERO_CLIENT_ID .. ":" .. env.XERO_CLIENT_SECRET,
    "-d", "grant_type=client_credentials", "-d", "scope=app.connections",
    env.XERO_IDENTITY_URL .. "/connect/token")()
  server.authorization = "Authorization: Bearer " .. assert(json.decode(text), text).access_token
end

-- Starts a request; the function that it gives waits for the answer.
local function ask(server, path, ...)
  return curl(server.env, server.env.XERO_API_URL .. path, "-H", server.authorization, ...)
end

local function start(options)
  local server = sandbox.start(options)
  log_in(server)
  return server
end

describe("xero-run sandbox", function()
  it("prints export lines, an empty line, and nothing else", function()
    local server <close> = sandbox.start()
    local out = server.process:out()
    assert.matches("^export XERO_CLIENT_ID='%w+'\nexport XERO_CLIENT_SECRET='%w+'\n", out)
    for _, name in ipairs { "API", "IDENTITY", "LOGIN" } do
      assert.matches(("\nexport XERO_%s_URL='http://127%%.0%%.0%%.1:%%d+'\n"):format(name), out)
    end
    log_in(server)
    ask(server, "/connections")()
    assert.equal("\n\n", out:match "\n\n$")
    assert.equal(out, server.process:out())
    assert.equal("", server.process:err())
  end)

  it("prints lines that a shell understands, whatever is in them", function()
    local directory = temp.directory() .. "/it's a $HOME"
    shell.output { "mkdir", directory }
    local server <close> = sandbox.start { "--https", "--ca-file", directory .. "/ca.pem" }
    local script = temp.file(server.process:out() .. 'printf %s "$SSL_CERT_FILE"\n')
    assert.equal(directory .. "/ca.pem", shell.output { "sh", script })
  end)

  describe("has a state of its own", function()
    -- A run in the terminal of a person who has pasted the lines.
    local function disconnect(server, home)
      return process.run { "env", "HOME=" .. home, run.program(), "disconnect", "-y",
        "c0000000-0000-4000-8000-000000000001", env = server.env }
    end

    local function files_in(directory)
      return shell.output { "find", directory, "-type", "f", "-printf", "%f\n" }
    end

    it("so that nothing is written where the real one is, and it ends with it", function()
      local server <close> = sandbox.start()
      local home, state = temp.directory(), server.env.XERO_RUN_STATE
      assert.equal("700\n", shell.output { "stat", "-c", "%a", state })
      local result = disconnect(server, home)
      assert.equal(0, result.status, result.err)
      assert.matches("journal.jsonl", files_in(state))
      assert.equal("", files_in(home))
      server.process:stop()
      assert.is_nil(io.open(state))
    end)

    it("or one of one's choice, which stays", function()
      local state = temp.directory()
      local server <close> = sandbox.start { "--state", state:match "[^/]+$",
        cwd = state:match "^(.*)/" }
      assert.equal(state, server.env.XERO_RUN_STATE)
      assert.equal(0, disconnect(server, temp.directory()).status)
      server.process:stop()
      assert.matches("journal.jsonl", files_in(state))
    end)
  end)

  it("gives a token, lists and deletes", function()
    local server <close> = start()
    local list = json.decode((ask(server, "/connections")()))
    assert.is_true(#list >= 30)
    local path = "/connections/" .. list[1].id
    assert.equal("204", (ask(server, path, "-X", "DELETE", "-w", "%{http_code}")()))
    assert.equal("404", (ask(server, path, "-X", "DELETE", "-w", "%{http_code}",
      "-o", "/dev/null")()))
    assert.equal(#list - 1, #json.decode((ask(server, "/connections")())))
  end)

  it("serves on a port of one's choice, and says when that is taken", function()
    local server <close> = sandbox.start()
    local port = server.env.XERO_API_URL:match "%d+$"
    local result = run { "sandbox", "--port", port }
    assert.equal(2, result.status)
    assert.matches("^xero%-run: cannot listen on 127%.0%.0%.1 port " .. port, result.err)
    assert.equal("", result.out)
  end)

  it("has as many tenants as wanted", function()
    local server <close> = start { "--connections", "10000" }
    assert.equal(10000, #json.decode((ask(server, "/connections")())))
  end)

  it("can be slow with all, and makes nobody wait for another", function()
    local server <close> = start { "--fault", "list#1:latency=1500", "--fault", "list#2:hang" }
    local started = system.monotime()
    local slow = ask(server, "/connections", "-o", "/dev/null")
    local function seen(count)
      local deadline = system.monotime() + 5
      repeat
        system.sleep(0.02)
        local lists = 0
        for _, entry in ipairs(server:log()) do
          if entry.op == "list" then lists = lists + 1 end
        end
      until lists >= count or system.monotime() > deadline
    end
    seen(1)
    local hanging = ask(server, "/connections", "-m", "1")
    seen(2)
    ask(server, "/connections", "-o", "/dev/null")()
    assert.is_true(system.monotime() - started < 1.4)
    assert.equal(28, select(2, hanging()))
    slow()
    local took = system.monotime() - started
    assert.is_true(took >= 1.5 and took < 5, "took " .. took)
  end)

  it("waits before each answer with --latency", function()
    local server <close> = sandbox.start { "--latency", "300" }
    local started = system.monotime()
    log_in(server)
    assert.is_true(system.monotime() - started >= 0.3)
  end)

  it("breaks connections and bodies as the faults say", function()
    local server <close> = start {
      "--fault", "list#1:reset", "--fault", "list#2:truncate=100", "--fault", "list#3:garbage",
      "--fault", "delete#1:reset,done",
    }
    assert.equal(56, select(2, ask(server, "/connections")()))
    assert.equal(18, select(2, ask(server, "/connections")()))
    assert.is_nil(json.decode((ask(server, "/connections")())))
    local id = json.decode((ask(server, "/connections")()))[1].id
    assert.equal(56, select(2, ask(server, "/connections/" .. id, "-X", "DELETE")()))
    assert.not_equal(id, json.decode((ask(server, "/connections")()))[1].id)
    local entry
    for _, one in ipairs(server:log()) do
      if one.op == "delete" then entry = one end
    end
    assert.is_true(entry.done)
  end)

  it("logs each request as a line, in a file for its user alone, without secrets", function()
    local server <close> = start()
    ask(server, "/connections?authEventId=ae000000-0000-4000-8000-000000000003")()
    local log = server:log()
    assert.equal(2, #log)
    assert.same({ 1, "token", "POST", "/connect/token", 200, "Basic" }, {
      log[1].n, log[1].op, log[1].method, log[1].path, log[1].status,
      log[1].headers.authorization,
    })
    assert.same({ 2, "list", "GET", "/connections", 200, "Bearer" }, {
      log[2].n, log[2].op, log[2].method, log[2].path, log[2].status,
      log[2].headers.authorization,
    })
    assert.equal("ae000000-0000-4000-8000-000000000003", log[2].query.authEventId)
    local text = temp.read(server.log_file)
    assert.is_nil(text:find(server.env.XERO_CLIENT_SECRET, 1, true))
    assert.is_nil(text:find(server.authorization:match "%S+$", 1, true))
    assert.equal("600\n", shell.output { "stat", "-c", "%a", server.log_file })
  end)

  for signal, status in pairs { INT = 130, TERM = 143 } do
    it(("ends with %d on SIG%s, and frees its port"):format(status, signal), function()
      local server <close> = sandbox.start()
      server.process:kill(signal)
      assert.equal(status, server.process:wait().status)
      local again <close> = sandbox.start { "--port", server.env.XERO_API_URL:match "%d+$" }
      assert.equal(server.env.XERO_API_URL, again.env.XERO_API_URL)
    end)
  end

  describe("with --https", function()
    it("makes a certificate, and removes its file at the end", function()
      local server <close> = start { "--https" }
      local file = server.env.SSL_CERT_FILE
      assert.equal("600\n", shell.output { "stat", "-c", "%a", file })
      assert.matches("^https://", server.env.XERO_API_URL)
      assert.is_true(#json.decode((ask(server, "/connections")())) >= 30)
      server.process:stop()
      assert.is_nil(io.open(file))
    end)

    it("resets and breaks off as over plain http", function()
      local server <close> = start {
        "--https", "--fault", "list#1:reset", "--fault", "list#2:truncate=50",
      }
      assert.equal(56, select(2, ask(server, "/connections")()))
      assert.equal(18, select(2, ask(server, "/connections")()))
    end)

    it("leaves a certificate in the file that was asked for", function()
      local file = temp.directory() .. "/ca.pem"
      local server <close> = start { "--https", "--ca-file", file }
      assert.equal(file, server.env.SSL_CERT_FILE)
      server.process:stop()
      assert.matches("BEGIN CERTIFICATE", temp.read(file))
    end)

    it("points CURL_CA_BUNDLE to the certificate too, where that is set and would win", function()
      local server <close> = start { "--https", env = { CURL_CA_BUNDLE = "/etc/other.pem" } }
      assert.equal(server.env.SSL_CERT_FILE, server.env.CURL_CA_BUNDLE)
      assert.is_nil(sandbox.start({ "--https" }).env.CURL_CA_BUNDLE)
    end)

    it("takes a given certificate", function()
      local certificate, key = require("xero.native").certificate { names = { "127.0.0.1" } }
      local server <close> = start {
        "--certificate", temp.file(certificate, "given.pem"), "--key", temp.file(key, "given.key"),
      }
      assert.matches("given.pem$", server.env.SSL_CERT_FILE)
      assert.is_true(#json.decode((ask(server, "/connections")())) >= 30)
    end)
  end)

  it("explains its faults with --help", function()
    local result = run { "sandbox", "--help" }
    assert.equal(0, result.status)
    for _, action in ipairs {
      "status=N", "retry-after=V", "problem=P", "redirect=URL", "garbage", "html", "empty",
      "truncate=N", "reset", "hang", "latency=MS", "date=V", "done",
      "reconnect",
    } do
      assert.is_truthy(result.out:find("\n   " .. action .. " ", 1, true), action)
    end
    for line in result.out:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
  end)

  local mistakes = {
    { { "--fault", "list#1:rest" }, "unknown action 'rest', at character 8" },
    { { "--port", "65536" }, "%-%-port takes a number from 0 to 65535" },
    { { "--connections", "many" }, "%-%-connections takes a number" },
    { { "--conections", "1" }, "unknown option '%-%-conections'" },
    { { "--key", "x" }, "%-%-certificate and %-%-key go together" },
    { { "--certificate", "/none", "--key", "/none" }, "cannot read /none" },
    { { "--certificate", "/", "--key", "/" }, "cannot read /: Is a directory" },
    { { "--certificate", "/x", "--key", "/x", "--ca-file", "/x" }, "%-%-ca%-file is for" },
    { { "--log", "/none/log" }, "cannot write /none/log" },
    { { "--log", "" }, "cannot write" },
    { { "--state", "" }, "the word is empty" },
  }
  for _, case in ipairs(mistakes) do
    it(("ends with 2 for %s"):format(table.concat(case[1], " ")), function()
      local result = run { "sandbox", table.unpack(case[1]) }
      assert.equal(2, result.status, result.err)
      assert.matches("^xero%-run: [^\n]*" .. case[2], result.err)
      assert.equal("", result.out)
    end)
  end
end)
