-- A client over a pump that is scripted: one list, one disconnect, and what comes of bad answers.

local adopt = require("xero.connection").adopt
local client = require "xero.client"
local failure_of = require("support.raised").of_kind
local fake = require "support.fake"

local ID = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"
local OTHER = "11111111-1111-4111-8111-111111111111"
local NAME = "Demo (" .. ID .. ")"
local TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"

local function connection(fields)
  local one = { id = ID, tenantId = TENANT, tenantName = "Demo", tenantType = "ORGANISATION",
    createdDateUtc = "2019-12-07T18:46:19", updatedDateUtc = "2019-12-07T18:46:19" }
  for key, value in pairs(fields or {}) do one[key] = value end
  return one
end

-- As an earlier list gave it.
local function tenant(fields) return adopt { connection(fields) }[1] end

local function listed(fields) return fake.list { connection(fields) } end
local GONE = function() return fake.list {} end

-- A client with a ready token, so that the answers are those of the API alone.
local function ready(answers, environment)
  local native = fake.native()
  native.environment = environment or { XERO_ACCESS_TOKEN = "T" }
  native.pump_answers = answers
  native.log = fake.log()
  return client.new({}, { getenv = native.getenv, native = native, log = native.log }), native
end

local function app(answers)
  return ready(answers, { XERO_CLIENT_ID = "ID", XERO_CLIENT_SECRET = "S" })
end

local function ops(native)
  local names = {}
  for i, request in ipairs(native.requests) do names[i] = request.op end
  return table.concat(names, " ")
end

describe("get_connections", function()
  it("gives what Xero lists", function()
    local c, native = ready { listed { unknown = "kept" } }
    local list = c:get_connections()
    assert.equal(1, #list)
    assert.equal("Demo", list[1].name)
    assert.equal("kept", list[1].unknown)
    assert.equal("https://api.xero.com", native.requests[1].url)
    assert.equal(30, native.requests[1].timeout)
  end)

  it("takes no other success than 200 for a list", function()
    local empty = function() return { status = 204, body = "" } end
    local c = ready { empty(), empty(), empty(), empty(), empty() }
    assert.matches("Xero answered 204 in place of a list",
      failure_of("protocol", c.get_connections, c).message, 1, true)
  end)

  it("gives an empty list where there is nothing", function()
    assert.equal(0, #ready({ fake.list {} }):get_connections())
  end)

  it("asks for one consent only", function()
    local c, native = ready { fake.list {} }
    c:get_connections { auth_event_id = OTHER }
    assert.equal(OTHER, native.requests[1].auth_event_id)
  end)

  it("knows the latest consent from the token", function()
    local c, native = ready { fake.list {} }
    local token = fake.token("T", { claims = { authentication_event_id = OTHER } })
    c.session.source.token = function() return token end
    c:get_connections { auth_event_id = "latest" }
    assert.equal(OTHER, native.requests[1].auth_event_id)
  end)

  it("says so where the token belongs to no consent", function()
    failure_of("usage", function() ready({}):get_connections { auth_event_id = "latest" } end)
  end)

  it("sends nothing for an id that is none", function()
    local c, native = ready {}
    local failure = failure_of("usage", c.get_connections, c, { auth_event_id = "../x" })
    assert.matches("7cb59f93", failure.hint)
    assert.equal(0, #native.requests)
  end)

  it("takes a broken list for a lost answer", function()
    for _, body in ipairs { "", "[{\"id\":", "<html>", "{}", "\"[]\"", "null" } do
      local c, native = ready { { status = 200, body = body }, listed() }
      assert.equal(1, #c:get_connections())
      assert.equal(2, #native.requests)
    end
  end)

  it("ends with kind protocol where every list is broken", function()
    local broken = function() return { status = 200, body = "[" } end
    local c, native = ready { broken, broken, broken, broken, broken }
    failure_of("protocol", c.get_connections, c)
    assert.equal(5, #native.requests)
  end)

  it("waits as long as Xero asks", function()
    local c, native = ready { { status = 429, headers = { ["retry-after"] = "7" } }, listed() }
    c:get_connections()
    assert.same({ 7 }, native.sleeps)
  end)

  it("renews the token once after a 401", function()
    local c, native = app { fake.grant(fake.token "1"), { status = 401 },
      fake.grant(fake.token "2"), listed() }
    c:get_connections()
    assert.equal("grant list grant list", ops(native))
    assert.equal("2", native.requests[4].token.value)
  end)

  it("ends after a second 401", function()
    local c, native = app { fake.grant(fake.token()), { status = 401 }, fake.grant(fake.token()),
      { status = 401 } }
    failure_of("auth", c.get_connections, c)
    assert.equal("grant list grant list", ops(native))
  end)

  it("names the variable of a ready token that is refused", function()
    local c, native = ready { { status = 401 } }
    local failure = failure_of("auth", c.get_connections, c)
    assert.matches("XERO_ACCESS_TOKEN", failure.hint)
    assert.equal("list", ops(native))
  end)

  it("is cancelled by a signal", function()
    local c, native = ready {}
    native.pump_answers[1] = function()
      native.signal = "SIGINT"
      return listed()
    end
    local failure = failure_of("interrupted", c.get_connections, c)
    assert.equal("SIGINT", failure.signal)
    assert.same({ 1 }, native.cancelled)
  end)

  it("stops waiting at a signal", function()
    local c, native = ready { { status = 503 } }
    native.sleep = function() native.signal = "SIGTERM" end
    failure_of("interrupted", c.get_connections, c)
    assert.equal("list", ops(native))
  end)

  it("raises mistakes of the caller at the caller's line", function()
    local c = ready {}
    for _, options in ipairs { "text", { auth_event = ID }, { auth_event_id = 7 } } do
      local _, message = pcall(function() c:get_connections(options) end)
      assert.matches("client_spec.lua:%d+: ", message)
    end
  end)
end)

describe("delete_connection", function()
  it("takes an id or a connection", function()
    local c, native = ready { listed(), { status = 204 }, { status = 204 }, { status = 204 } }
    c:delete_connection(ID)
    c:delete_connection(ID:upper())
    c:delete_connection(tenant(), { reason = "demo" })
    assert.equal("list delete delete delete", ops(native))
    for i = 2, 4 do assert.equal(ID, native.requests[i].id) end
  end)

  it("looks an id up first, so that the journal says which tenant it was", function()
    local c, native = ready { listed(), { status = 204 } }
    c:delete_connection(ID)
    local journal = native.kept.files["journal.jsonl"].text
    assert.is_truthy(journal:find('"tenant":"' .. TENANT .. '","name":"Demo"', 1, true), journal)
  end)

  it("asks for the list no second time where it knows the id", function()
    local c, native = ready { listed(), { status = 204 } }
    c:get_connections()
    c:delete_connection(ID)
    assert.equal("list delete", ops(native))
  end)

  it("sends nothing where the list cannot be had", function()
    local c, native = ready { { status = 403 } }
    failure_of("forbidden", c.delete_connection, c, ID)
    assert.equal("list", ops(native))
  end)

  it("raises mistakes of the caller at the caller's line", function()
    local c = ready {}
    for _, arguments in ipairs { {}, { 7 }, { ID, "reason" }, { ID, { why = "x" } },
      { ID, { reason = 1 } } } do
      local _, message = pcall(function() c:delete_connection(table.unpack(arguments, 1, 2)) end)
      assert.matches("client_spec.lua:%d+: ", message)
    end
  end)

  it("sends nothing for what is no id", function()
    local c, native = ready {}
    assert.matches('"Demo" is not', failure_of("usage", c.delete_connection, c, "Demo").message)
    assert.matches("no id", failure_of("usage", c.delete_connection, c, {}).message)
    assert.equal(0, #native.requests)
  end)

  it("sends nothing in a dry run", function()
    local c, native = ready {}
    native.options.dry_run = true
    local said = {}
    local stderr = io.stderr
    -- luacheck: push ignore 122
    io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end }
    local ok, message = pcall(c.delete_connection, c, ID, { reason = "demo\27[2J" })
    io.stderr = stderr
    -- luacheck: pop
    assert.is_true(ok, message)
    assert.equal(0, #native.requests)
    assert.equal("dry run: would disconnect " .. ID .. ": demo\\x1b[2J\n", table.concat(said))
  end)

  it("says that a connection is not there", function()
    local c = ready { fake.list {}, { status = 404 } }
    local failure = failure_of("not_found", c.delete_connection, c, ID)
    assert.matches(ID:gsub("%-", "%%-"), failure.message)
    assert.equal(404, failure.status)
  end)

  it("takes a 404 for done where its own earlier send may have done it", function()
    ready({ { status = 404, sends = 2 } }):delete_connection(tenant())
    local c, native = ready { { error = "network", message = "reset", sends = 1 }, listed(),
      { status = 404 } }
    c:delete_connection(tenant())
    assert.equal("delete list delete", ops(native))
  end)

  it("explains a tenant's id without sending it", function()
    local c, native = ready { listed() }
    local failure = failure_of("not_found", c.delete_connection, c, TENANT)
    assert.matches("tenant id", failure.message)
    assert.is_truthy(failure.message:find(ID, 1, true))
    assert.equal("list", ops(native))
  end)

  it("explains a 403 for an id that is not listed", function()
    local c = ready { listed(), { status = 403 } }
    local failure = failure_of("forbidden", c.delete_connection, c, OTHER)
    assert.matches("there is no connection", failure.hint)
  end)

  it("leaves a 403 for a listed connection what it is", function()
    local c = ready { { status = 403 } }
    local failure = failure_of("forbidden", c.delete_connection, c, tenant())
    assert.matches("lack a scope", failure.hint)
  end)

  it("repeats what surely was not processed, without asking for the list", function()
    local c, native = ready {
      { error = "network", message = "refused", sends = 0 },
      { status = 429, headers = { ["retry-after"] = "1" } },
      { status = 503, headers = { ["retry-after"] = "2" } },
      { status = 204 },
    }
    c:delete_connection(tenant())
    assert.equal("delete delete delete delete", ops(native))
  end)

  it("settles what is not sure by the list: gone is done", function()
    for _, answer in ipairs {
      { error = "network", message = "reset", sends = 1 }, { error = "timeout", message = "slow" },
      { status = 500 }, { status = 502 }, { status = 504 }, { status = 503 }, { status = 200 },
      { error = "protocol", message = "garbage" },
    } do
      local c, native = ready { answer, GONE }
      c:delete_connection(tenant())
      assert.equal("delete list", ops(native))
    end
  end)

  it("tries again what is still there", function()
    local c, native = ready { { status = 500 }, listed(), { status = 204 } }
    c:delete_connection(tenant())
    assert.equal("delete list delete", ops(native))
  end)

  it("never disconnects again who has reconnected meanwhile", function()
    local c, native = ready {
      { status = 500 }, listed { updatedDateUtc = "2026-11-23T18:00:00" },
    }
    c:delete_connection(tenant())
    assert.equal("delete list", ops(native))
  end)

  it("knows a reconnection of a bare id, too", function()
    local c, native = ready {
      listed(), { status = 500 }, listed(), { status = 500 },
      listed { updatedDateUtc = "2026-11-23T18:00:00" },
    }
    c:delete_connection(ID)
    assert.matches("connected again", native.log.said[1])
    assert.equal("list delete list delete list", ops(native))
  end)

  it("gives up after 5 attempts", function()
    local answers = {}
    for _ = 1, 5 do
      answers[#answers + 1] = { status = 500 }
      answers[#answers + 1] = listed
    end
    local c, native = ready(answers)
    failure_of("http", c.delete_connection, c, tenant())
    assert.equal(("delete list "):rep(5), ops(native) .. " ")
  end)

  it("says that the outcome is unknown where the list cannot be had", function()
    local c = ready { { status = 500 }, { status = 403 } }
    local failure = failure_of("forbidden", c.delete_connection, c, tenant())
    assert.matches("unknown", failure.message)
  end)

  it("renews the token once", function()
    local c, native = app { fake.grant(fake.token "1"), { status = 401 },
      fake.grant(fake.token "2"), { status = 204 } }
    c:delete_connection(tenant())
    assert.equal("grant delete grant delete", ops(native))
  end)

  it("finishes what is in flight at a signal", function()
    local c, native = ready {}
    native.pump_answers[1] = function()
      native.signal = "SIGINT"
      return { status = 204 }
    end
    failure_of("interrupted", c.delete_connection, c, tenant())
    assert.same({ NAME .. " was disconnected" }, native.log.said)
    assert.same({}, native.cancelled)
  end)

  it("sends nothing more after a signal", function()
    local c, native = ready {}
    native.signal = "SIGTERM"
    failure_of("interrupted", c.delete_connection, c, tenant())
    assert.equal(0, #native.requests)
  end)

  it("does not settle after a signal what is not sure", function()
    local c, native = ready {}
    native.pump_answers[1] = function()
      native.signal = "SIGINT"
      return { status = 500 }
    end
    failure_of("interrupted", c.delete_connection, c, tenant())
    assert.same({ ("whether %s was disconnected is unknown"):format(NAME) }, native.log.said)
    assert.equal("delete", ops(native))
  end)
end)
