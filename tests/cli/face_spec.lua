-- The library as a script meets it: what `require "xero"` has, and what it says of mistakes.

local run = require "support.run"

local function lua(code, ...)
  local words = { env = {}, ... }
  table.move({ "-e", code }, 1, 2, #words + 1, words)
  return run(words)
end

local function printed(code, ...)
  local result = lua(code, ...)
  assert.equal(0, result.status, result.err)
  return result.out
end

describe('require "xero"', function()
  it("loads nothing but itself", function()
    assert.equal("xero xero.native\n", printed [[
      require "xero"
      local names = {}
      for name in pairs(package.loaded) do
        if name:find "^xero" or name == "cjson" or name == "argparse" then
          names[#names + 1] = name
        end
      end
      table.sort(names)
      print(table.concat(names, " "))]])
  end)

  it("loads what a script names when it names it", function()
    assert.equal("1800\ttrue\n", printed [[
      local xero = require "xero"
      print(xero.time.duration "30m" // 1 | 0, package.loaded["xero.time"] == xero.time)]])
    assert.equal("table table table table function function\n", printed [[
      local x = require "xero"
      local types = {}
      for _, name in ipairs { "time", "json", "log", "table", "args", "confirm" } do
        types[#types + 1] = type(x[name])
      end
      print(table.concat(types, " "))]])
  end)

  it("has no name that it does not know", function()
    assert.equal("nil\n", printed [[print(require "xero".get_conections)]])
  end)

  it("says its version, and whether the run is dry", function()
    assert.equal("string\tfalse\n", printed [[local x = require "xero"
      print(type(x.version), x.dry_run)]])
    assert.equal("true\n", printed([[print(require "xero".dry_run)]], "--dry-run"))
  end)

  it("raises mistakes of the caller as strings with the caller's line", function()
    for _, call in ipairs { "get_connections(7)", "get_connections { id = 'x' }",
      "delete_connection()", "delete_connection('x', 'y')", "client(7)", "confirm()" } do
      local result = lua('local x = require "xero"\nx.' .. call)
      assert.equal(1, result.status)
      assert.matches("^xero%-run: %(command line%):2: ", result.err)
    end
  end)

  it("says with the caller's line that a method of a client takes a colon", function()
    for _, call in ipairs { "get_connections()", "get_connections { auth_event_id = 'latest' }",
      "delete_connection('x')", "delete_connections({ 'x' })", "token()" } do
      local result = lua('local client = require "xero".client()\nclient.' .. call, "--sandbox")
      assert.equal(1, result.status)
      assert.matches(("^xero%%-run: %%(command line%%):2: calling '%s' on bad self "):format(
        call:match "^[%w_]+"), result.err)
      assert.matches("): write client:", result.err, 1, true)
    end
  end)

  it("raises what is no id as an error object of kind usage", function()
    for _, argument in ipairs { "'x'", "{}", "{ id = 7 }" } do
      local result = lua('require "xero".delete_connection(' .. argument .. ")",
        "--dry-run", "--sandbox")
      assert.equal(2, result.status, result.err)
      assert.matches("^xero%-run: [^\n]+\nhint: [^\n]+\n$", result.err)
    end
  end)

  it("shares one default client, with one token", function()
    local result = lua([[local x = require "xero"
      x.get_connections() x.get_connections() x.token()]], "--sandbox", "--verbose")
    local _, grants = result.err:gsub("/connect/token", "")
    assert.equal(1, grants)
  end)

  it("gives each client of a script its own app", function()
    local result = lua([[local x = require "xero"
      x.client { client_id = "A", client_secret = "B", api_url = "http://127.0.0.1:1",
        identity_url = "http://127.0.0.1:1", timeout = "1s" }:get_connections()]])
    assert.equal(8, result.status, result.err)
  end)

  it("names the option of a client that it does not know", function()
    local result = lua [[require "xero".client { client_ib = "A" }]]
    assert.equal(2, result.status)
    assert.matches("hint: did you mean \"client_id\"", result.err)
  end)

  it("tells about the token, and never the token", function()
    assert.equal("app\tapp.connections\ttrue\n", printed([[
      local token = require "xero".token()
      print(token.mode, table.concat(token.scopes, " "), token.expires_at > os.time())]],
      "--sandbox"))
  end)
end)
