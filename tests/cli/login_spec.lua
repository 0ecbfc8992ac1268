-- `xero-run login`: a person logs in by the browser or by pasting, and what goes wrong with that.

local new_person = require "support.person".new
local place = require "support.place"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local function token_file(person)
  return person.place:login()
end

-- A browser that is a script of sh: $1 is the address to open.
local function browse_by(person, script)
  person.env.BROWSER = "sh " .. temp.file(script) .. " %s"
end

local REDIRECT = "curl -sS -m 10 -o /dev/null -w '%{redirect_url}' \"$1\""

describe("a login", function()
  it("by the browser is kept privately, and its status is shown", function()
    local person <close> = new_person()
    local result = person:run { "login" }
    assert.equal(0, result.status, result.err)
    assert.matches("\nmode +user\n", result.out)
    assert.matches("\nconnections +2\n", result.out)
    assert.matches("\nscopes +openid profile email offline_access\n", result.out)
    if place.in_files then
      assert.equal("700 directory\n600 regular file\n600 regular empty file\n", shell.output {
        "stat", "-c", "%a %F", person.state .. "/default",
        person.state .. "/default/token.json", person.state .. "/default/token.lock",
      })
    end
    assert.matches("You can close this window", temp.read(person.page))
  end)

  it("serves the runs after it, which see what the person connected", function()
    local person <close> = new_person()
    person:control { tenants = { "Only Mine Ltd" } }
    person:log_in()
    local result = person:run { "list", "--format", "csv", "--auth-event-id", "latest" }
    assert.equal(0, result.status, result.err)
    assert.matches("Only Mine Ltd", result.out)
    assert.equal(2, select(2, result.out:gsub("\n", "")))
  end)

  it("needs no client secret", function()
    local person <close> = new_person()
    person:forget_secret()
    person:log_in()
    assert.equal(0, person:run({ "list" }).status)
    local request = person.sandbox:log()[2]
    assert.equal("token", request.op)
    assert.is_nil(request.headers.authorization)
    assert.matches("client_id=", request.body)
  end)

  it("is asked of nobody where it could not be kept", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    local person <close> = new_person()
    shell.output { "mkdir", "-p", "-m", "700", person.state .. "/default/token.json.new" }
    shell.output { "chmod", "700", person.state .. "/default" }
    local result = person:run { "login" }
    assert.equal(1, result.status)
    assert.matches("^xero%-run: cannot remove .*/token%.json%.new: ", result.err)
    assert.equal(0, #person.sandbox:log())
  end)

  it("says where it will not be used", function()
    local person <close> = new_person()
    person.env.XERO_ACCESS_TOKEN = "abc"
    local result = person:run { "login", "--quiet" }
    assert.equal(0, result.status)
    assert.matches("\nxero%-run: XERO_ACCESS_TOKEN goes before this login: [^\n]+\n$", result.err)
  end)

  it("asks for the scopes that are added", function()
    local person <close> = new_person()
    person:log_in("--scope", "files", "--scope", "accounting.settings files")
    assert.equal("openid profile email offline_access files accounting.settings",
      person.sandbox:log()[1].query.scope)
  end)

  it("replaces an earlier one", function()
    local person <close> = new_person()
    person:log_in()
    local first = person:refresh_token()
    person:log_in()
    assert.not_equal(first, person:refresh_token())
    assert.matches(person:refresh_token(), token_file(person), 1, true)
  end)

  it("prints the address where no browser can be opened, and waits", function()
    local person <close> = new_person()
    person.env.BROWSER = nil
    person.env.PATH = temp.directory()
    local running = run.spawn { "login", "--port", "0", env = person.env }
    local url = process.await(function()
      return running:err():match "\n  (http://%S+)\n"
    end, "the address")
    shell.output { "curl", "-sSL", "-m", "10", url }
    assert.equal(0, running:wait().status)
    assert.matches("^Open this address", running:err())
  end)

  it("takes the address that is pasted, without a browser here", function()
    local person <close> = new_person()
    local directory = temp.directory()
    local result = process.run {
      "sh", "-c", ([[
        cd %s && mkfifo in
        %s login --no-browser <in 2>err & pid=$!
        exec 3>in
        until set -- $(sed -n 's/^  \(http.*\)$/\1/p' err) && [ $# -gt 0 ]; do sleep 0.05; done
        %s >&3; echo >&3
        wait $pid
      ]]):format(directory, shell.quote(run.program()), REDIRECT), env = person.env,
    }
    assert.equal(0, result.status, temp.read(directory .. "/err"))
    assert.matches("\nconnections +2\n", result.out)
    assert.is_true(person:has_login())
  end)
end)

describe("a login that fails", function()
  local function refused(person, words, status)
    local result = person:run(words or { "login" })
    assert.equal(status or 4, result.status, result.err)
    assert.equal("", result.out)
    assert.is_false(person:has_login())
    return result.err
  end

  it("because the person declines is said", function()
    local person <close> = new_person()
    person:control { consent = "deny" }
    assert.matches("\nxero%-run: the login was denied in the browser %(access_denied%)\n",
      refused(person))
    assert.matches("Not logged in", temp.read(person.page))
  end)

  it("because the redirect belongs to another one is said", function()
    local person <close> = new_person()
    browse_by(person, [[
      port=$(echo "$1" | sed 's/.*localhost%3A\([0-9]*\).*/\1/')
      curl -sS -m 10 "http://localhost:$port/callback?code=abc&state=another" ]])
    assert.matches("xero%-run: the redirect does not belong to this login", refused(person))
    assert.equal(0, #person.sandbox:log())
  end)

  it("because the code has expired is said", function()
    local person <close> = new_person()
    browse_by(person, ([[
      to=$(%s)
      curl -sS -m 10 -o /dev/null -d '{"advance":300}' %s/sandbox
      curl -sS -m 10 "$to"
    ]]):format(REDIRECT, person.env.XERO_API_URL))
    local err = refused(person)
    assert.matches("xero%-run: Xero did not take the code: it was used or has expired\n", err)
    assert.matches("hint: .*5 minutes", err)
  end)

  it("because the client secret is wrong is said", function()
    local person <close> = new_person()
    person.env.XERO_CLIENT_SECRET = "wrong"
    assert.matches("xero%-run: Xero refused to give a token: invalid_client\nhint: .*client secret",
      refused(person))
  end)

  it("because the port is in use is said, and another one suggested", function()
    local person <close> = new_person()
    local port = person.env.XERO_API_URL:match "%d+$"
    local result = run { "login", "--port", port, env = person.env }
    assert.equal(2, result.status)
    assert.matches("xero%-run: the login cannot listen on localhost port " .. port
      .. ": .*in use\n", result.err)
    assert.matches("hint: %-%-port N", result.err)
  end)

  it("because nothing was pasted is said", function()
    local person <close> = new_person()
    local err = refused(person, { "login", "--no-browser", stdin = "hello\n" }, 2)
    assert.matches("that is not the address of the redirect", err)
  end)

  it("by a signal ends with that signal's status", function()
    local person <close> = new_person()
    browse_by(person, "exit 0")
    local running = run.spawn { "login", "--port", "0", env = person.env }
    process.await(function() return running:err():find "authorize" end, "the address")
    running:kill "INT"
    assert.equal(130, running:wait().status)
    assert.matches("xero%-run: interrupted by SIGINT", running:err())
  end)

  it("because the answer was lost sends the code no second time", function()
    local person <close> = new_person { "--fault", "token#1:reset,done" }
    assert.matches("xero%-run: no answer to POST /connect/token", refused(person, nil, 8))
    assert.equal(2, #person.sandbox:log())
  end)

  it("for want of a private place opens no browser", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    local person <close> = new_person()
    shell.output { "mkdir", "-m", "755", person.state, person.state .. "/default" }
    local result = person:run { "login" }
    assert.equal(1, result.status)
    assert.matches("hint: chmod", result.err)
    assert.equal(0, #person.sandbox:log())
  end)

  it("for the command line is a usage error", function()
    local person <close> = new_person()
    for _, words in ipairs {
      { "login", "--scope", "app.connections" }, { "login", "--port", "x" },
      { "--sandbox", "login" },
    } do
      words.env = person.env
      assert.equal(2, run(words).status)
    end
    person:configure [[return { profiles = { acme = { auth = "app", client_id = "C" } } }]]
    assert.matches('profile acme has auth = "app"', refused(person, nil, 2))
  end)
end)

describe("the tokens of a login", function()
  it("and the app's secret are not seen by the browser", function()
    local person <close> = new_person()
    local seen = temp.directory() .. "/seen"
    browse_by(person, ([[
      env >%s; tr '\0' ' ' </proc/$PPID/cmdline >>%s; ls /proc/self/fd | wc -l >>%s
      curl -sSL -m 10 -o /dev/null "$1"
    ]]):format(seen, seen, seen))
    person:log_in()
    local text = temp.read(seen)
    assert.is_nil(text:find(person.env.XERO_CLIENT_SECRET, 1, true))
    assert.is_nil(text:find("SECRET", 1, true))
    -- After the words of xero-run: the three standard descriptors, and the directory of ls.
    assert.matches(" 4\n$", text)
  end)

  it("are seen nowhere but in their file", function()
    local person <close> = new_person()
    local seen = {}
    local function look(result)
      seen[#seen + 1] = result.out .. result.err
    end
    look(person:run { "login", "--verbose" })
    local first = person:refresh_token()
    person:control { advance = 1900 }
    look(person:run { "list", "--verbose" })
    look(person:run { "status", "--verbose", "--format", "json" })
    look(person:run { "-e", "print(require('xero').token(), os.getenv 'XERO_CLIENT_SECRET')" })
    seen[#seen + 1] = temp.read(person.page)
    local output = table.concat(seen)
    local last = person:refresh_token()
    for _, secret in ipairs { first, last, person.env.XERO_CLIENT_SECRET, "eyJ" } do
      assert.is_nil(output:find(secret, 1, true))
    end
    assert.matches(last, token_file(person), 1, true)
  end)
end)
