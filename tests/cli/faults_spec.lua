-- Every status and fault that a server can answer with, and what becomes of it: the kind of the
-- error, the exit status, what goes over the wire, and whether the tenant is connected afterwards.
--
-- Each row has a sandbox of its own, and all rows run at once.

local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local ID = "c0000000-0000-4000-8000-000000000005"

local LIST = 'return require "xero".get_connections()'
local DELETE = ('return require "xero".delete_connection "%s"'):format(ID)
-- As a script does that has the list before it disconnects.
local LIST_AND_DELETE = ([[
  local xero = require "xero"
  for _, connection in ipairs(xero.get_connections()) do
    if connection.id == "%s" then return xero.delete_connection(connection) end
  end]]):format(ID)

-- Prints the kind of what the script raises, and then lets the host end with it.
local AROUND = [[
  local ok, err = pcall(function() %s end)
  print(ok and "ok" or type(err) == "table" and err.kind or "a string: " .. tostring(err))
  if not ok then error(err, 0) end]]

local EXIT = { ok = 0, usage = 2, auth = 4, forbidden = 4, not_found = 1, rate_limit = 8,
  network = 8, tls = 8, timeout = 8, protocol = 8 }

---@class Row
---@field [1] string|string[] the faults
---@field kind string "ok", or the kind of the error
---@field wire string the operations that reach the server, in order; "list*5" is five of them
---@field exit? integer where the kind does not tell: http
---@field says? string a pattern of the message
---@field gone? boolean whether the tenant is disconnected afterwards
---@field timeout? string of a request

local function expanded(wire)
  return (wire:gsub("(%a+)%*(%d+)", function(op, count)
    return (op .. " "):rep(tonumber(count)):sub(1, -2)
  end))
end

local function begin(row, script)
  local faults = type(row[1]) == "table" and row[1] or { row[1] }
  local words = {}
  for _, fault in ipairs(faults) do table.move({ "--fault", fault }, 1, 2, #words + 1, words) end
  local world = sandbox.start(words)
  local file = temp.file(AROUND:format(script), "script.lua")
  local client = run.spawn { "--timeout", row.timeout or "20s", file, env = world.env }
  return { row = row, world = world, client = client }
end

local function wire_of(log)
  local ops = {}
  for i, request in ipairs(log) do ops[i] = request.op end
  return table.concat(ops, " ")
end

local function check(case)
  local row = case.row
  local result = case.client:wait(60)
  local log = case.world:log()
  assert.equal(row.kind .. "\n", result.out, result.err)
  assert.equal(row.exit or EXIT[row.kind], result.status, result.err)
  assert.equal(expanded(row.wire), wire_of(log), result.err)
  if row.kind == "ok" then
    assert.equal("", result.err)
  else
    local message, hint = result.err:match "^xero%-run: ([^\n]+)\n(.*)$"
    assert.is_string(message, result.err)
    assert.is_truthy(hint == "" or hint:find "^hint: [^\n]+\n$", result.err)
    if row.says then assert.matches(row.says, result.err) end
  end
  if row.gone ~= nil then
    local list = run { "list", "-f", "ids", "--timeout", "5s", env = case.world.env }
    assert.equal(0, list.status, list.err)
    assert.equal(row.gone, list.out:find(ID, 1, true) == nil, "is it gone?")
  end
end

local tables = {}

local function rows_of(name, script, rows)
  table.insert(tables, { name = name, script = script, rows = rows })
end

rows_of("get_connections", LIST, {
  { "list#*:latency=1", kind = "ok", wire = "token list" },
  { "list#*:status=400", kind = "http", exit = 1, wire = "token list", says = "400" },
  { "list#1:status=401", kind = "ok", wire = "token list token list" },
  { "list#*:status=401", kind = "auth", wire = "token list token list" },
  { "list#*:status=403", kind = "forbidden", wire = "token list" },
  { "list#*:status=404", kind = "http", exit = 1, wire = "token list" },
  { "list#*:status=418", kind = "http", exit = 1, wire = "token list" },
  { "list#1:status=408", kind = "ok", wire = "token list*2" },
  { "list#1-2:status=500", kind = "ok", wire = "token list*3" },
  { "list#*:status=500", kind = "http", exit = 8, wire = "token list*5", says = "5 times" },
  { "list#*:status=501", kind = "http", exit = 8, wire = "token list" },
  { "list#1:status=502", kind = "ok", wire = "token list*2" },
  { "list#1:status=503", kind = "ok", wire = "token list*2" },
  { "list#1:status=504,html", kind = "ok", wire = "token list*2" },
  { "list#*:status=503,retry-after=600", kind = "http", exit = 8, wire = "token list",
    says = "try again at %d%d:%d%d UTC" },
  { "list#1:retry-after=1", kind = "ok", wire = "token list*2" },
  { "list#1:retry-after=Sun, 06 Nov 1994 08:49:37 GMT", kind = "ok", wire = "token list*2" },
  { "list#*:retry-after=66975,problem=day", kind = "rate_limit", wire = "token list",
    says = "try again at %d%d:%d%d UTC" },
  { "list#*:problem=day", kind = "rate_limit", wire = "token list" },
  { "list#*:problem=minute,retry-after=61", kind = "rate_limit", wire = "token list" },
  { "list#*:status=429", kind = "rate_limit", wire = "token list*5" },
  { "list#*:redirect=http://127.0.0.1:1/", kind = "http", exit = 1, wire = "token list",
    says = "not followed" },
  { "list#*:status=308,redirect=/connections", kind = "http", exit = 1, wire = "token list" },
  { "list#1:reset", kind = "ok", wire = "token list*2" },
  { "list#*:reset", kind = "network", wire = "token list*5" },
  { "list#1:hang", kind = "ok", wire = "token list*2", timeout = "1s" },
  { "list#*:hang", kind = "timeout", wire = "token list*5", timeout = "300ms" },
  { "list#1:truncate=10", kind = "ok", wire = "token list*2" },
  { "list#1:garbage", kind = "ok", wire = "token list*2" },
  { "list#*:garbage", kind = "protocol", wire = "token list*5" },
  { "list#1:html", kind = "ok", wire = "token list*2" },
  { "list#1:empty", kind = "ok", wire = "token list*2" },
})

rows_of("a token request", LIST, {
  { "token#*:status=400", kind = "auth", wire = "token" },
  { "token#*:status=401", kind = "auth", wire = "token" },
  { "token#*:status=403", kind = "auth", wire = "token" },
  { "token#1-2:status=503", kind = "ok", wire = "token*3 list" },
  { "token#*:status=500", kind = "http", exit = 8, wire = "token*5", says = "/connect/token" },
  { "token#1:retry-after=1", kind = "ok", wire = "token*2 list" },
  { "token#*:retry-after=3600", kind = "rate_limit", wire = "token" },
  { "token#*:redirect=http://127.0.0.1:1/", kind = "http", exit = 1, wire = "token" },
  { "token#1:reset", kind = "ok", wire = "token*2 list" },
  { "token#*:reset", kind = "network", wire = "token*5" },
  { "token#1:hang", kind = "ok", wire = "token*2 list", timeout = "1s" },
  { "token#1:truncate=20", kind = "ok", wire = "token*2 list" },
  { "token#1:garbage", kind = "ok", wire = "token*2 list" },
  { "token#*:empty", kind = "protocol", wire = "token*5" },
})

-- An id is looked up first.
rows_of("delete_connection of an id", DELETE, {
  { "delete#9:reset", kind = "ok", wire = "token list delete", gone = true },
  { "delete#*:status=400", kind = "http", exit = 1, wire = "token list delete", gone = false },
  { "delete#1:status=401", kind = "ok", wire = "token list delete token delete", gone = true },
  { "delete#*:status=401", kind = "auth", wire = "token list delete token delete", gone = false },
  { "delete#*:status=403", kind = "forbidden", wire = "token list delete", gone = false },
  { "delete#*:status=404,done", kind = "not_found", wire = "token list delete", gone = true },
  { "delete#*:redirect=/connections", kind = "http", exit = 1, wire = "token list delete",
    gone = false },
  { "delete#1:retry-after=1", kind = "ok", wire = "token list delete*2", gone = true },
  { "delete#*:retry-after=3600,problem=day", kind = "rate_limit", wire = "token list delete",
    gone = false },
  { "delete#1:status=503,retry-after=1", kind = "ok", wire = "token list delete*2", gone = true },
  { "delete#*:status=500", kind = "http", exit = 8, wire = "token list" .. (" delete list"):rep(5),
    gone = false },
  { "delete#1:status=200", kind = "ok", wire = "token list delete list delete", gone = true },
  { { "delete#1:reset,done", "list#2:status=403" }, kind = "forbidden",
    wire = "token list delete list",
    says = "unknown", gone = true },
  { { "delete#1:status=500", "delete#2:status=404,done" }, kind = "ok",
    wire = "token list delete list delete", gone = true },
})

-- What leaves it open whether the work was done, with and without its having been done.
local uncertain = {}
for _, fault in ipairs { "status=408", "status=500", "status=502", "status=503", "status=504",
  "reset", "hang", "status=500,truncate=9", "garbage", "status=500,html" } do
  local timeout = fault == "hang" and "1s" or nil
  table.insert(uncertain, { "delete#1:" .. fault, kind = "ok",
    wire = "token list delete list delete",
    gone = true, timeout = timeout })
  table.insert(uncertain, { ("delete#1:%s,done"):format(fault), kind = "ok",
    wire = "token list delete list", gone = true, timeout = timeout })
end
rows_of("an uncertain delete_connection", DELETE, uncertain)

describe("a fault", function()
  local cases = {}

  -- Retries wait, so everything begins before the first row is looked at.
  setup(function()
    for _, of in ipairs(tables) do
      for _, row in ipairs(of.rows) do cases[row] = begin(row, of.script) end
    end
  end)

  teardown(function()
    for _, case in pairs(cases) do
      case.client:kill()
      case.world.process:kill()
    end
    for _, case in pairs(cases) do
      case.client:stop()
      case.world:stop()
    end
  end)

  for _, of in ipairs(tables) do
    for _, row in ipairs(of.rows) do
      local fault = type(row[1]) == "table" and table.concat(row[1], " ") or row[1]
      it(("of %s ends with %s: %s"):format(of.name, row.kind, fault), function()
        check(cases[row])
      end)
    end
  end
end)

describe("delete_connection of a connection that reconnects meanwhile", function()
  for _, fault in ipairs { "status=500", "reset" } do
    it("is done after " .. fault .. ", and the tenant stays connected", function()
      local world <close> = sandbox.start { "--fault", "delete#1:" .. fault .. ",reconnect" }
      local result = run { temp.file(LIST_AND_DELETE, "script.lua"), env = world.env }
      assert.equal(0, result.status, result.err)
      assert.matches("connected again", result.err)
      assert.equal("token list delete list", wire_of(world:log()))
    end)
  end
end)

describe("an id that is not a connection's", function()
  local world
  setup(function() world = sandbox.start() end)
  teardown(function() world:stop() end)

  local function delete(id)
    return run { "-e", ('require "xero".delete_connection "%s"'):format(id), env = world.env }
  end

  it("is explained when it is a tenant's", function()
    local result = delete "7e000000-0000-4000-8000-000000000005"
    assert.equal(1, result.status)
    assert.matches("^xero%-run: [^\n]*tenant id of [^\n]*" .. ID:gsub("%-", "%%-"), result.err)
  end)

  it("is said to be none when it is nobody's", function()
    assert.matches("there is no connection", delete("11111111-1111-4111-8111-111111111111").err)
  end)

  it("is told with what Xero's support asks for, where it was sent", function()
    local result = run { env = world.env, "-e", [[
      local id = "11111111-1111-4111-8111-111111111111"
      local ok, err = pcall(require "xero".delete_connection, id)
      print(ok, err.kind, err.status, err.attempts, err.correlation_id ~= nil)]] }
    assert.equal("false\tnot_found\t404\t1\ttrue\n", result.out, result.err)
  end)

  it("is never sent when it is no id at all", function()
    local before = #world:log()
    for _, id in ipairs { "", "x", "../connections", ID .. "/", ID .. "%0d" } do
      assert.equal(2, delete(id).status)
    end
    assert.equal(before, #world:log())
  end)
end)

describe("a server that cannot be trusted or reached", function()
  local TOKEN = { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "SECRET" }

  it("is sent nothing when its certificate is not known", function()
    local world <close> = sandbox.start { "--https" }
    local result = run { "list", env = world:with { SSL_CERT_FILE = false } }
    assert.equal(8, result.status)
    assert.matches("^xero%-run: [^\n]+\nhint: SSL_CERT_FILE [^\n]+\n$", result.err)
    assert.same({}, world:log())
  end)

  it("is tried five times", function()
    local result = run { "list", env = { XERO_ACCESS_TOKEN = "T",
      XERO_API_URL = "http://127.0.0.1:1" } }
    assert.equal(8, result.status)
    assert.matches("5 times", result.err)
    assert.is_nil(result.err:find("SECRET", 1, true))
  end)

  it("refuses wrong credentials in one line, without showing them", function()
    local world <close> = sandbox.start()
    local result = run { "list", env = world:with(TOKEN) }
    assert.equal(4, result.status)
    local hint = result.err:match "^xero%-run: [^\n]*invalid_client[^\n]*\nhint: ([^\n]*)\n$"
    assert.matches("XERO_CLIENT_SECRET", hint)
    assert.equal("token", wire_of(world:log()))
  end)
end)
