-- A script that relies on a source, as cron would run it: whatever is wrong with the source ends it
-- with exit status 6 and says what was expected and what was found; no step beyond it is taken.

local native = require "xero.native"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local ID = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
local OTHER = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"
local GOOD = ("id,status\n%s,active\n%s,active\n"):format(ID, OTHER)

-- A script beside its data: a source of the kind with the options, as Lua writes them.
local function script(kind, options, history)
  local directory = temp.directory()
  temp.write(directory .. "/policy.lua", ([[
    local xero = require "xero"
    local crm = xero.source.%s("crm", { %s })
    local loaded = crm:load { history = %s }
    print(loaded.rows .. " listed")
  ]]):format(kind, options, history or "nil"))
  return directory .. "/policy.lua", directory
end

local function assert_refused(result, expected, found)
  assert.equal(6, result.status, result.err)
  assert.equal("", result.out)
  local message = result.err:match "^xero%-run: ([^\n]*)"
  assert.matches('source "crm" is refused: ', message, 1, true)
  assert.matches("expected " .. expected, message, 1, true)
  assert.matches("found " .. found, message, 1, true)
end

local function csv(text, options, history)
  local path, directory = script("csv", 'path = "list.csv", column = "id", ' .. (options or ""),
    history)
  if text then temp.write(directory .. "/list.csv", text) end
  return path, directory
end

describe("a script with a source", function()
  it("may have it from a module beside it, which just returns it", function()
    local directory = temp.directory()
    temp.write(directory .. "/crm.lua", 'return require "xero".source.csv("crm", '
      .. '{ path = "list.csv", column = "id" })')
    temp.write(directory .. "/list.csv", GOOD)
    temp.write(directory .. "/policy.lua", 'return require "xero".policy "p" { '
      .. 'require "xero".policy.keep "listed" { listed = require "crm" } }')
    for _, words in ipairs { {}, { "plan" } } do
      words[#words + 1] = directory .. "/policy.lua"
      table.insert(words, 1, "--sandbox")
      local result = run(words)
      assert.equal(0, result.status, result.err)
    end
  end)

  it("goes on where the source is as it was said to be, whatever directory it runs in", function()
    local path = csv(GOOD, 'where = { status = "active" }, min_rows = 2, max_age = "1h", '
      .. 'max_shrink = "20%"', "{ rows = 2, at = 0 }")
    local result = run { path, cwd = "/" }
    assert.equal(0, result.status, result.err)
    assert.equal("2 listed\n", result.out)
    assert.equal("", result.err)
  end)

  for name, case in pairs {
    ["is missing"] = { nil, "", "a file", "none: No such file or directory" },
    ["is empty"] = { "", "", "CSV with a header", "nothing" },
    ["has a header only"] = { "id,status\n", "", "at least 1 id", "0 in 0 rows" },
    ["has too few rows"] = { GOOD, "min_rows = 3", "at least 3 ids", "2 in 2 rows" },
    ["has too few rows that count"] = { GOOD, 'where = { status = "live" }', "at least 1 id",
      "0 in 2 rows" },
    ["has shrunk"] = { GOOD, 'max_shrink = "20%"', "at most 20 % fewer than the 3 ids",
      "2, which is 1 fewer", "{ rows = 3, at = 0 }" },
    ["has another column"] = { "tenant\n" .. ID .. "\n", "", 'a column "id"', '"tenant"' },
    ["has bad ids"] = { "id\n" .. ID .. "\n12345\n", "", 'UUIDs in "id"', 'line 3 "12345"' },
    ["is not UTF-8"] = { "id,name\n" .. ID .. ",caf\xE9\n", "", "UTF-8", "the byte 0xE9" },
    ["is HTML"] = { "<html><body>Please log in</body></html>", "", "CSV with a header",
      "an HTML page" },
    ["has a ragged row"] = { GOOD .. "x\n", "", "2 fields on line 4", "1" },
  } do
    it("ends with 6 where its CSV " .. name, function()
      assert_refused(run { (csv(case[1], case[2], case[5])) }, case[3], case[4])
    end)
  end

  it("ends with 6 where its CSV is too old", function()
    local path, directory = csv(GOOD, 'max_age = "36h"')
    shell.output { "touch", "-d", "3 days ago", directory .. "/list.csv" }
    assert_refused(run { path }, "data at most 1 day 12 hours old", "data 3 days old")
  end)

  it("ends with 6 where its file cannot be read", function()
    local path, directory = csv(nil)
    shell.output { "mkdir", directory .. "/list.csv" }
    assert_refused(run { path }, "a file", "a directory")
    shell.output { "rmdir", directory .. "/list.csv" }
    shell.output { "mkfifo", directory .. "/list.csv" }
    assert_refused(run { path }, "a file", "no regular file")
  end)

  for name, case in pairs {
    ["is truncated"] = { ('[{"id":"%s"},{"id":"7c'):format(ID), "JSON", "" },
    ["is HTML"] = { "<!DOCTYPE html>\n<title>502</title>", "JSON", "an HTML page" },
    ["is no list"] = { '{"error":"no"}', "a list", "an object" },
  } do
    it("ends with 6 where its JSON " .. name, function()
      local path, directory = script("json", 'path = "list.json", column = "id"')
      temp.write(directory .. "/list.json", case[1])
      assert_refused(run { path }, case[2], case[3])
    end)
  end

  for name, case in pairs {
    ["fails"] = { "echo no database >&2; exit 2", "it ended with status 2: no database" },
    ["takes too long"] = { "sleep 60 | cat", "it took too long" },
  } do
    it("ends with 6 where its command " .. name, function()
      local path = script("command", ('command = %q, column = "id", timeout = "500ms"')
        :format(case[1]))
      assert_refused(run { path }, "a command that succeeds", case[2])
    end)
  end

  it("ends with 6 where a variable for its headers is not there", function()
    local path = script("http", 'url = "http://127.0.0.1:1/", headers = { A = { env = "CRM" } }')
    assert_refused(run { path }, "the variable CRM, for the header A", "none")
  end)

  it("ends with 2 where the source is misspelt, and says where", function()
    local path = csv(GOOD, 'were = { status = "active" }')
    local result = run { path }
    assert.equal(2, result.status)
    assert.matches(path .. ':2: source "crm": unknown option "were"', result.err, 1, true)
    assert.matches('hint: did you mean "where"?', result.err, 1, true)
  end)

  it("ends with 2 where its kind is misspelt, and says which there are", function()
    local path = temp.file('local xero = require "xero"\nxero.source.cvs("crm", {})', "policy.lua")
    local result = run { path }
    assert.equal(2, result.status)
    assert.matches("policy.lua:2: xero.source.cvs: there is no such kind of source", result.err, 1,
      true)
    assert.matches('hint: did you mean "xero.source.csv"?', result.err, 1, true)
  end)
end)

describe("a script with a source on a server", function()
  -- What the server does for each path, and what the script says of it.
  local cases = {
    ["/404"] = { answer = { status = 404, body = "[]" }, "status 200", "404" },
    ["/500"] = { answer = { status = 500, body = "[]" }, "status 200", "500" },
    ["/302"] = { answer = { status = 302, headers = { Location = "/" } }, "status 200",
      "302, a redirect" },
    ["/login"] = { answer = { status = 200, body = "<html>Log in</html>" }, "CSV with a header",
      "an HTML page" },
    ["/hang"] = { "an answer", "none: no answer to GET http://127.0.0.1:" },
  }

  -- Starts a script for each URL, serves them all, and gives their results.
  local function served(server, urls, env)
    local running, requests = {}, {}
    for path, url in pairs(urls) do
      running[path] = run.spawn { "--verbose", (script("http", ([[url = %q, column = "id",
        timeout = "300ms", headers = { Authorization = { env = "CRM_TOKEN", prefix = "Bearer " } }
        ]]):format(url))), env = env }
    end
    process.await(function()
      local request = server:next(0.01)
      if request then
        requests[#requests + 1] = request
        local case = cases[request.path]
        local answer = case and case.answer
          or not case and { status = 200, body = GOOD, headers = { ["X-A"] = "b" } }
        if answer then request.handle:answer(answer) end
      end
      for _, each in pairs(running) do
        if not each:ended() then return false end
      end
      return true
    end, "the scripts", 30)
    local results = {}
    for path, each in pairs(running) do results[path] = each:wait() end
    return results, requests
  end

  local server, base

  before_each(function()
    server = assert(native.httpd {})
    base = "http://127.0.0.1:" .. server:port()
  end)
  after_each(function()
    server:close()
  end)

  it("asks with the token of the environment, of which nothing is shown", function()
    local results, requests = served(server, { good = base .. "/list?key=s3cret" },
      { CRM_TOKEN = "t0ken" })
    local result = results.good
    assert.equal(0, result.status, result.err)
    assert.equal("2 listed\n", result.out)
    assert.matches("^xero%-run: GET http://127.0.0.1:%d+/… 200 ", result.err)
    for _, secret in ipairs { "t0ken", "s3cret", "Bearer", "list" } do
      assert.is_nil(result.err:find(secret, 1, true))
    end
    assert.equal("Bearer t0ken", requests[1].headers.authorization)
    assert.equal("s3cret", requests[1].query.key)
    assert.equal(1, #requests)
  end)

  it("ends with 6 where that answers anything but a list, or nothing in time", function()
    local urls = {}
    for path in pairs(cases) do urls[path] = base .. path end
    local results = served(server, urls, { CRM_TOKEN = "t0ken" })
    for path, case in pairs(cases) do
      local result = results[path]
      result.err = result.err:gsub("xero%-run: GET [^\n]*\n", "")
      assert_refused(result, case[1], case[2])
      assert.is_nil(result.err:find("t0ken", 1, true))
    end
  end)
end)
