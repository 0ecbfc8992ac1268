-- `xero-run list`: what it shows in each format, and whom its options choose.

local cjson = require "cjson"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

describe("xero-run list", function()
  local world, all

  local function list(...)
    local result = run { env = world.env, "list", ... }
    assert.equal(0, result.status, result.err)
    assert.equal("", result.err)
    return result.out
  end

  local function listed(...)
    return cjson.decode(list("--format", "json", ...))
  end

  local function ids(connections)
    local found = {}
    for i, connection in ipairs(connections) do found[i] = connection.id end
    return found
  end

  -- The ids of those connections of the whole list for which `holds` is true.
  local function expected(holds)
    local found = {}
    for _, connection in ipairs(all) do
      if holds(connection) then found[#found + 1] = connection.id end
    end
    assert.is_true(#found > 0 and #found < #all, "the demo tenants do not tell this apart")
    return found
  end

  setup(function()
    world = sandbox.start()
    all = listed()
  end)

  teardown(function() world:stop() end)

  it("shows a table for people", function()
    local out = list()
    assert.matches("^ID +CONNECTED +TYPE +NAME", out)
    assert.matches("Demo Company", out)
    assert.matches("%(no name%)", out)
    for _, id in ipairs(ids(all)) do assert.is_truthy(out:find(id, 1, true), id) end
  end)

  it("never shows a terminal the control characters of a name", function()
    for _, format in ipairs { "table", "csv", "json", "jsonl", "ids" } do
      local result = run { "list", "--format", format, tty = true,
        env = world:with { NO_COLOR = "1" } }
      assert.equal(0, result.status, result.out)
      assert.is_nil(result.out:find "[%z\1-\8\11\12\14-\31\127]", format)
    end
  end)

  it("gives Xero's own fields as json, in Xero's order", function()
    local request = world:log()
    assert.equal("GET", request[#request].method)
    assert.is_true(#all > 20)
    assert.is_string(all[1].tenantId)
    assert.is_string(all[1].createdDateUtc)
    assert.is_nil(all[1].name)
  end)

  it("gives one JSON object a line as jsonl", function()
    local count = 0
    for line in list("--format", "jsonl"):gmatch "[^\n]+" do
      count = count + 1
      assert.equal(all[count].id, cjson.decode(line).id)
    end
    assert.equal(#all, count)
  end)

  it("gives ids alone, one a line", function()
    assert.equal(table.concat(ids(all), "\n") .. "\n", list("-f", "ids"))
  end)

  it("gives csv with a line of titles", function()
    local out = list("--format", "csv")
    local _, lines = out:gsub("\r\n", "")
    assert.is_true(lines > #all, "a line for each, and the titles")
    assert.equal(out:match "^[^\r]+\r\n", list("--format", "csv", "--name", "nobody"))
  end)

  it("picks names by a glob, case ignored", function()
    assert.same(expected(function(c)
      return type(c.tenantName) == "string" and c.tenantName:find "^Demo Company" ~= nil
    end), ids(listed("--name", "demo company*")))
  end)

  it("picks a type", function()
    assert.same(expected(function(c) return c.tenantType == "PRACTICE" end),
      ids(listed("--type", "practice")))
  end)

  it("says of a type that is misspelt which was meant, and takes one that may be new", function()
    local result = run { "list", "--type", "organization", env = world.env }
    assert.equal(2, result.status)
    assert.matches("--type: 'organization' is no type; did you mean ORGANISATION?", result.err, 1,
      true)
    assert.same({}, ids(listed("--type", "LEDGER")))
  end)

  it("picks a tenant", function()
    assert.same({ all[2].id }, ids(listed("--tenant-id", all[2].tenantId:upper())))
  end)

  it("lets Xero pick the tenants of one consent", function()
    local consent
    for _, connection in ipairs(all) do consent = consent or connection.authEventId end
    assert.same(expected(function(c) return c.authEventId == consent end),
      ids(listed("--auth-event-id", consent)))
    local log = world:log()
    assert.equal(consent, log[#log].query.authEventId)
  end)

  it("knows the consent of the current token as the latest", function()
    local list_of_latest = listed("--auth-event-id", "latest")
    assert.is_true(#list_of_latest > 0 and #list_of_latest < #all)
    for _, connection in ipairs(list_of_latest) do
      assert.equal(list_of_latest[1].authEventId, connection.authEventId)
    end
  end)

  it("takes the secret from a file that nobody else may read", function()
    local file = temp.file(world.env.XERO_CLIENT_SECRET .. "\n")
    local env = world:with { XERO_CLIENT_SECRET = false, XERO_CLIENT_SECRET_FILE = file }
    assert.equal(0, run({ "list", env = env }).status)
    assert(os.execute("chmod 644 " .. file))
    local result = run { "list", env = env }
    assert.equal(2, result.status)
    assert.matches("^xero%-run: XERO_CLIENT_SECRET_FILE", result.err)
  end)

  it("picks those that were connected long ago", function()
    local limit = os.date("!%Y-%m-%dT%H:%M:%S", os.time() - 90 * 86400)
    assert.same(expected(function(c) return c.createdDateUtc < limit end),
      ids(listed("--older-than", "90d")))
  end)

  it("sorts when asked to", function()
    local sorted = listed("--sort", "created")
    for i = 2, #sorted do
      assert.is_true(sorted[i - 1].createdDateUtc <= sorted[i].createdDateUtc)
    end
    local names = listed("--sort", "name")
    for i = 2, #names do
      local before, after = names[i - 1].tenantName or "", names[i].tenantName or ""
      assert.is_true(before:lower() <= after:lower())
    end
  end)

  it("refuses what it does not know", function()
    for _, words in ipairs { { "--sort", "colour" }, { "--older-than", "soon" }, { "--nmae", "x" },
      { "extra" }, { "--format", "xml" }, { "--auth-event-id", "x" },
      { "--tenant-id", "garbage" }, { "--tenant-id", all[2].tenantId .. "0" } } do
      local result = run { "list", words[1], words[2], env = world.env }
      assert.equal(2, result.status, result.err)
      assert.matches("^xero%-run: ", result.err)
      assert.equal("", result.out)
    end
  end)

  it("is quiet about an empty list where nobody looks, and says so on a terminal", function()
    local empty <close> = sandbox.start { "--connections", "0" }
    local result = run { "list", "-f", "json", env = empty.env }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal("[]", (result.out:gsub("%s", "")))
    result = run { "list", env = empty.env, tty = true }
    assert.matches("no connections", result.out)
  end)

  it("says a request on stderr with --verbose, and no secret", function()
    local result = run { "--verbose", "list", "-f", "ids", env = world.env }
    assert.matches("POST /connect/token 200 %d+ ms", result.err)
    assert.matches("GET /connections 200 %d+ ms", result.err)
    assert.is_nil(result.err:find(world.env.XERO_CLIENT_SECRET, 1, true))
  end)

  it("says in one line what is missing to get in", function()
    local result = run { "list" }
    assert.equal(2, result.status)
    assert.matches("^xero%-run: no credentials[^\n]*\nhint: [^\n]*XERO_CLIENT_ID[^\n]*\n$",
      result.err)
  end)

  it("runs against a sandbox of its own", function()
    local result = run { "--sandbox", "list", "-f", "ids", env = { XERO_CLIENT_ID = "mine" } }
    assert.equal(0, result.status, result.err)
    assert.matches("^%x+%-%x+%-%x+%-%x+%-%x+\n", result.out)
  end)

  it("names nobody with --anonymise, and says when they connected all the same", function()
    local out = list("--format", "json", "--anonymise")
    local anonymised = cjson.decode(out)
    assert.equal(#all, #anonymised)
    for i, connection in ipairs(all) do
      assert.is_nil(out:find(connection.id, 1, true))
      assert.is_nil(out:find(connection.tenantId, 1, true))
      assert.equal(connection.updatedDateUtc, anonymised[i].updatedDateUtc)
      if type(connection.tenantName) == "string" and connection.tenantName ~= "" then
        assert.matches("^Tenant %d+$", anonymised[i].tenantName)
      end
    end
  end)
end)
