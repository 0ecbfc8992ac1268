-- The sandbox without a socket: requests and replies are tables.

local fault = require "xero.sandbox_fault"
local json = require "xero.json"
local native = require "xero.native"
local sandbox = require "xero.sandbox"
local server = require "xero.sandbox_server"
local tenants = require "xero.sandbox_tenants"
local time = require "xero.time"
local uuid = require "xero.uuid"
local xero_error = require "xero.error"

local START = 1795000000
local DAY = 86400

local clock, xero, token

local function chance()
  local state = 1
  return function()
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  end
end

local function open(options)
  clock = START
  options = options or {}
  options.now = function() return clock end
  options.random = chance()
  for i, spec in ipairs(options.faults or {}) do options.faults[i] = fault.parse(spec) end
  xero = sandbox.new(options)
end

local function ask(method, path, fields)
  fields = fields or {}
  local headers = fields.headers or {}
  if fields.bearer ~= false and not headers.authorization then
    headers.authorization = "Bearer " .. (fields.bearer or token or "")
  end
  return xero:handle {
    method = method, path = path, query = fields.query or {}, headers = headers,
    body = fields.body or "",
  }
end

local function grant(body, headers)
  headers = headers or {}
  headers["content-type"] = headers["content-type"] or "application/x-www-form-urlencoded"
  return ask("POST", "/connect/token", { bearer = false, body = body, headers = headers })
end

local function credentials()
  return ("&client_id=%s&client_secret=%s"):format(xero.client_id, xero.client_secret)
end

local function log_in()
  local reply = grant("grant_type=client_credentials&scope=app.connections" .. credentials())
  token = json.decode(reply.body).access_token
end

local function list(event)
  local reply = ask("GET", "/connections", { query = { authEventId = event } })
  assert.equal(200, reply.status, reply.body)
  return json.decode(reply.body)
end

local function delete(number)
  return ask("DELETE", "/connections/" .. tenants.id("connection", number))
end

local function has(number)
  for _, connection in ipairs(list()) do
    if connection.id == tenants.id("connection", number) then return true end
  end
  return false
end

local function body_of(reply)
  return assert(json.decode(reply.body))
end

describe("the sandbox's token endpoint", function()
  before_each(function() open() end)

  it("gives a token for 30 minutes to the app, by secret in the body", function()
    local reply = grant("grant_type=client_credentials&scope=app.connections" .. credentials())
    assert.equal(200, reply.status)
    assert.equal("no-store", reply.headers["Cache-Control"])
    local body = body_of(reply)
    assert.equal("Bearer", body.token_type)
    assert.equal(1800, body.expires_in)
    assert.equal("app.connections", body.scope)
    assert.is_nil(body.refresh_token)
  end)

  it("takes HTTP Basic, form-encoded and then base64-encoded", function()
    open { client_id = "an id", client_secret = "s:+%/é" }
    -- "an+id:s%3A%2B%25%2F%C3%A9"
    local reply = grant("grant_type=client_credentials", {
      authorization = "Basic YW4raWQ6cyUzQSUyQiUyNSUyRiVDMyVBOQ==",
    })
    assert.equal(200, reply.status, reply.body)
  end)

  it("makes tokens of three parts with Xero's claims", function()
    log_in()
    local header, payload, signature = token:match "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$"
    assert.not_nil(header)
    assert.equal(43, #signature)
    for _, claim in ipairs {
      "nbf", "exp", "iss", "aud", "client_id", "sub", "auth_time", "xero_userid",
      "global_session_id", "jti", "authentication_event_id", "scope",
    } do
      -- The JSON of the claims, found in base64url at any of the three offsets.
      local found = false
      for offset = 0, 2 do
        local text = native.base64url(("x"):rep(offset) .. '"' .. claim .. '":')
        found = found or payload:find(text:sub(offset * 2 + 1, -3), 1, true) ~= nil
      end
      assert.is_true(found, claim)
    end
  end)

  it("gives another token each time", function()
    log_in()
    local first = token
    log_in()
    assert.not_equal(first, token)
  end)

  local refusals = {
    ["invalid_client for a wrong secret"] = { "invalid_client", function()
      return grant("grant_type=client_credentials&client_id=" .. xero.client_id
        .. "&client_secret=no")
    end },
    ["invalid_client for an unknown app"] = { "invalid_client", function()
      return grant "grant_type=client_credentials&client_id=no&client_secret=no"
    end },
    ["invalid_client for nobody"] = { "invalid_client", function()
      return grant "grant_type=client_credentials"
    end },
    ["invalid_client for a broken Basic"] = { "invalid_client", function()
      return grant("grant_type=client_credentials", { authorization = "Basic ====" })
    end },
    ["invalid_request for two ways of authentication"] = { "invalid_request", function()
      return grant("grant_type=client_credentials" .. credentials(),
        { authorization = "Basic YTpi" })
    end },
    ["invalid_request for a field that is there twice"] = { "invalid_request", function()
      return grant("grant_type=client_credentials&grant_type=x" .. credentials())
    end },
    ["invalid_request for a body that is no form"] = { "invalid_request", function()
      return grant("{}", { ["content-type"] = "application/json" })
    end },
    ["invalid_request for no grant type"] = { "invalid_request", function()
      return grant(credentials())
    end },
    ["unsupported_grant_type for a password"] = { "unsupported_grant_type", function()
      return grant("grant_type=password" .. credentials())
    end },
    ["invalid_scope for a scope that takes a person"] = { "invalid_scope", function()
      return grant("grant_type=client_credentials&scope=openid" .. credentials())
    end },
  }
  for name, case in pairs(refusals) do
    it("answers " .. name, function()
      local reply = case[2]()
      assert.equal(400, reply.status)
      assert.equal(case[1], body_of(reply).error)
      assert.is_false(reply.done)
    end)
  end

  it("takes POST only", function()
    local reply = ask("GET", "/connect/token")
    assert.equal(405, reply.status)
    assert.equal("POST", reply.headers["Allow"])
  end)
end)

describe("the sandbox's connections", function()
  before_each(function()
    open()
    log_in()
  end)

  it("are some thirty, of every known shape", function()
    local all = list()
    assert.is_true(#all >= 30)
    local types, names, shapes = {}, {}, {}
    for _, connection in ipairs(all) do
      types[connection.tenantType] = true
      local name = connection.tenantName
      if name == json.null then shapes.null = true
      elseif name == nil then shapes.missing = true
      else
        shapes.two = shapes.two or names[name] ~= nil
        names[name] = true
        for shape, pattern in pairs {
          emoji = "🥐", cjk = "株式会社", combining = "e\u{301}", escape = "\27%[31m",
          bell = "\7", c1 = "\u{9b}", bidi = "\u{202e}", newline = "\n", empty = "^$",
        } do
          shapes[shape] = shapes[shape] or name:find(pattern) ~= nil
        end
      end
      shapes.no_event = shapes.no_event or connection.authEventId == nil
      shapes.again = shapes.again or connection.updatedDateUtc > connection.createdDateUtc
    end
    assert.same({
      ORGANISATION = true, PRACTICE = true, PRACTICEMANAGER = true, WORKFLOWMAX = true,
    }, types)
    assert.same({
      null = true, missing = true, two = true, emoji = true, cjk = true, combining = true,
      escape = true, bell = true, c1 = true, bidi = true, newline = true, empty = true,
      no_event = true, again = true,
    }, shapes)
  end)

  it("have UUIDs that are the same at every start, each connection its own", function()
    local seen = {}
    for number, connection in ipairs(list()) do
      assert.equal(tenants.id("connection", number), connection.id)
      assert.is_true(uuid.is(connection.id))
      assert.is_true(uuid.is(connection.tenantId))
      assert.is_true(connection.authEventId == nil or uuid.is(connection.authEventId))
      assert.is_nil(seen[connection.id])
      seen[connection.id] = true
    end
  end)

  it("have dates in Xero's form, counted back from now", function()
    for _, connection in ipairs(list()) do
      for _, field in ipairs { "createdDateUtc", "updatedDateUtc" } do
        assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%d%d%d%d%d$", connection[field])
        local age = START - time.parse(connection[field])
        assert.is_true(age > 0 and age < 5 * 365 * DAY)
      end
    end
  end)

  it("hold demo companies on both sides of 30 days", function()
    local old, young = 0, 0
    for _, connection in ipairs(list()) do
      local name = connection.tenantName
      if type(name) == "string" and name:find "^Demo Company" then
        if START - time.parse(connection.createdDateUtc) > 30 * DAY then
          old = old + 1
        else
          young = young + 1
        end
      end
    end
    assert.is_true(old >= 3 and young >= 2)
  end)

  it("have one tenant that is connected twice", function()
    local count = {}
    for _, connection in ipairs(list()) do
      count[connection.tenantId] = (count[connection.tenantId] or 0) + 1
    end
    assert.equal(2, count[tenants.id("tenant", 19)])
  end)

  it("are listed by consent, the latest of which the token names", function()
    local some = list(tenants.id("event", 3))
    assert.is_true(#some > 0 and #some < #list())
    for _, connection in ipairs(some) do
      assert.equal(tenants.id("event", 3), connection.authEventId)
    end
    assert.same(some, list(tenants.id("event", 3):upper()))
    assert.same({}, list "11111111-1111-4111-8111-111111111111")
    assert.equal("[]", ask("GET", "/connections", {
      query = { authEventId = "11111111-1111-4111-8111-111111111111" },
    }).body)
  end)

  it("are listed under both spellings of the path, with Xero's headers", function()
    for _, path in ipairs { "/connections", "/Connections" } do
      local reply = ask("GET", path)
      assert.equal(200, reply.status)
      assert.is_true(uuid.is(reply.headers["Xero-Correlation-Id"]))
      assert.matches("^99%d%d$", reply.headers["X-AppMinLimit-Remaining"])
    end
  end)

  it("count an app's requests by the minute", function()
    local first = ask("GET", "/connections").headers["X-AppMinLimit-Remaining"]
    assert.equal(first - 1, tonumber(delete(1).headers["X-AppMinLimit-Remaining"]))
    clock = clock + 60
    assert.equal("9999", ask("GET", "/connections").headers["X-AppMinLimit-Remaining"])
  end)

  it("go when they are deleted: 204 once, then 404", function()
    local before = #list()
    local reply = delete(5)
    assert.same({ 204, "" }, { reply.status, reply.body })
    assert.equal(before - 1, #list())
    assert.is_false(has(5))
    reply = delete(5)
    assert.equal(404, reply.status)
    assert.equal(404, body_of(reply).status)
  end)

  it("are found without regard to the case of an id", function()
    assert.equal(204, ask("DELETE", "/Connections/" .. tenants.id("connection", 1):upper()).status)
  end)

  it("are not found by ids that are none", function()
    assert.equal(404, ask("DELETE", "/connections/no-id").status)
    assert.equal(404, ask("DELETE", "/connections/11111111-1111-4111-8111-111111111111").status)
  end)

  it("answer a tenant's id, and a consent's, with the misleading 403", function()
    local reply = ask("DELETE", "/connections/" .. tenants.id("tenant", 1))
    assert.equal(403, reply.status)
    assert.equal("AuthenticationUnsuccessful", body_of(reply).Detail)
    reply = ask("DELETE", "/connections/" .. tenants.id("event", 1))
    assert.equal(403, reply.status)
    assert.equal("AuthenticationUnsuccessful", body_of(reply).detail)
  end)

  it("are made up in any number", function()
    open { connections = 250 }
    log_in()
    local all = list()
    assert.equal(250, #all)
    assert.equal("Organisation 00250", all[250].tenantName)
    open { connections = 0 }
    log_in()
    assert.same({}, list())
  end)
end)

describe("the sandbox refuses", function()
  before_each(function()
    open()
    log_in()
  end)

  it("no token, and an unknown one, with 401", function()
    for _, bearer in ipairs { "unknown", "" } do
      local reply = ask("GET", "/connections", { bearer = bearer })
      assert.equal(401, reply.status)
      local body = body_of(reply)
      assert.equal("Unauthorized", body.Title)
      assert.equal(json.null, body.Type)
      assert.same({}, body.Extensions)
    end
    assert.equal(401, ask("GET", "/connections", { bearer = false }).status)
    assert.equal(401, xero:handle {
      method = "DELETE", path = "/connections/x", query = {}, headers = {}, body = "",
    }.status)
  end)

  it("a token after 30 minutes, as Xero says it", function()
    clock = clock + 1799
    assert.equal(200, ask("GET", "/connections").status)
    clock = clock + 1
    local reply = ask("GET", "/connections")
    assert.equal(401, reply.status)
    assert.matches("^TokenExpired: token expired at %d%d/%d%d/%d%d%d%d %d%d:%d%d:%d%d$",
      body_of(reply).Detail)
    assert.equal(401, delete(1).status)
  end)

  it("a token without the scope with 403", function()
    token = body_of(grant("grant_type=client_credentials" .. credentials())).access_token
    assert.equal(403, ask("GET", "/connections").status)
  end)

  it("other paths with 404 and other methods with 405", function()
    assert.equal(404, ask("GET", "/").status)
    assert.equal(404, ask("GET", "/connections/a/b").status)
    local reply = ask("POST", "/connections")
    assert.equal(405, reply.status)
    assert.equal("GET", reply.headers["Allow"])
    assert.equal("DELETE", ask("GET", "/connections/x").headers["Allow"])
  end)

  it("a consent that is no UUID with 400", function()
    assert.equal(400, ask("GET", "/connections", { query = { authEventId = "x" } }).status)
  end)
end)

describe("a fault", function()
  local function faulty(...)
    open { faults = { ... } }
    log_in()
  end

  it("meets the k-th request of its operation", function()
    faulty "delete#2:status=503,retry-after=1"
    assert.equal(204, delete(1).status)
    list()
    local reply = delete(2)
    assert.equal(503, reply.status)
    assert.equal("1", reply.headers["Retry-After"])
    assert.equal(204, delete(2).status)
  end)

  it("meets a range, an open range, or all", function()
    faulty("list#2-3:status=500", "delete#2-*:status=500", "any#*:latency=20")
    local seen = {}
    for i = 1, 4 do seen[i] = ask("GET", "/connections").status end
    assert.same({ 200, 500, 500, 200 }, seen)
    for i = 1, 3 do seen[i] = delete(i).status end
    assert.same({ 204, 500, 500 }, { seen[1], seen[2], seen[3] })
    assert.equal(0.02, delete(4).delay)
  end)

  it("leaves the work undone, unless it says done", function()
    faulty("delete#1:status=500", "delete#2:status=500,done")
    local reply = delete(1)
    assert.same({ 500, false, true }, { reply.status, reply.done, has(1) })
    reply = delete(2)
    assert.same({ 500, true, false }, { reply.status, reply.done, has(2) })
  end)

  it("resets or hangs, with the work done or not", function()
    faulty("delete#1:reset", "delete#2:hang,done")
    local reply = delete(1)
    assert.same({ "reset", false, true }, { reply.silent, reply.done, has(1) })
    reply = delete(2)
    assert.same({ "hang", true, false }, { reply.silent, reply.done, has(2) })
    assert.is_nil(reply.status)
  end)

  it("truncates the true answer", function()
    faulty "list#1:truncate=10"
    local reply = ask("GET", "/connections")
    assert.same({ 200, 10, true }, { reply.status, reply.truncate, reply.done })
    assert.equal(#list(), #body_of(reply))
  end)

  it("sends garbage, HTML or nothing in place of the list", function()
    faulty("list#1:garbage", "list#2:html", "list#3:empty", "list#4:html,status=502")
    local reply = ask("GET", "/connections")
    assert.equal(200, reply.status)
    assert.matches("^application/json", reply.headers["Content-Type"])
    assert.is_nil(json.decode(reply.body))
    reply = ask("GET", "/connections")
    assert.same({ 200, "text/html" }, { reply.status, reply.headers["Content-Type"] })
    reply = ask("GET", "/connections")
    assert.same({ 200, "" }, { reply.status, reply.body })
    reply = ask("GET", "/connections")
    assert.equal(502, reply.status)
    assert.matches("<html>", reply.body)
  end)

  it("limits, with the headers that were asked for", function()
    faulty("list#1:retry-after=66975,problem=day",
      "list#2:retry-after=Sun, 06 Nov 1994 08:49:37 GMT,problem=minute", "list#3:retry-after=2, 5")
    local reply = ask("GET", "/connections")
    assert.same({ 429, "66975", "day" }, {
      reply.status, reply.headers["Retry-After"], reply.headers["X-Rate-Limit-Problem"],
    })
    reply = ask("GET", "/connections")
    assert.equal("Sun, 06 Nov 1994 08:49:37 GMT", reply.headers["Retry-After"])
    assert.equal("minute", reply.headers["X-Rate-Limit-Problem"])
    assert.equal("2, 5", ask("GET", "/connections").headers["Retry-After"])
  end)

  it("redirects", function()
    faulty("list#1:redirect=https://example.com/a,status=307", "list#2:redirect=/x")
    local reply = ask("GET", "/connections")
    assert.same({ 307, "https://example.com/a" }, { reply.status, reply.headers["Location"] })
    assert.equal(302, ask("GET", "/connections").status)
  end)

  it("lets the tenant connect again under the same id", function()
    faulty("delete#1:reconnect", "delete#2:reset,reconnect")
    clock = clock + 100
    assert.equal(204, delete(1).status)
    assert.equal("reset", delete(2).silent)
    for number, connection in ipairs(list()) do
      if number > 2 then break end
      assert.equal(tenants.id("connection", number), connection.id)
      assert.near(clock, time.parse(connection.updatedDateUtc), 1)
      assert.is_true(connection.createdDateUtc < connection.updatedDateUtc)
    end
  end)

  it("sends an expired token's body with 401, and OAuth's with the token endpoint's 400", function()
    faulty("list#1:status=401", "token#2:status=400")
    assert.matches("^TokenExpired", body_of(ask("GET", "/connections")).Detail)
    assert.equal("invalid_grant", body_of(grant("grant_type=x" .. credentials())).error)
  end)

  it("joins others; the later of two that contradict each other holds", function()
    faulty("list#*:status=500,latency=5", "list#1:status=503", "list#2:reset", "list#2:hang")
    local reply = ask("GET", "/connections")
    assert.same({ 503, 0.005 }, { reply.status, reply.delay })
    assert.equal("hang", ask("GET", "/connections").silent)
  end)
end)

describe("a fault's spec", function()
  it("is read into operation, range and actions", function()
    assert.same({ op = "delete", first = 2, last = 2, actions = { status = 503 } },
      fault.parse "delete#2:status=503")
    assert.same({ op = "any", first = 3, last = math.huge, actions = { hang = true } },
      fault.parse "any#3-*:hang")
  end)

  local mistakes = {
    { "", "no OP#WHICH: at the start, at character 1" },
    { "delete", "no OP#WHICH: at the start, at character 7" },
    { "delete:reset", "no OP#WHICH: at the start, at character 7" },
    { "delte#1:reset", "unknown operation 'delte', at character 1", "did you mean 'delete'" },
    { "list#x:reset", "no count of requests, at character 6" },
    { "list#0:reset", "no request can be meant, at character 6" },
    { "list#3-2:reset", "no request can be meant, at character 6" },
    { "list#1-:reset", "no count of requests, at character 6" },
    { "list#1:", "unknown action '', at character 8" },
    { "list#1:rest", "unknown action 'rest', at character 8", "did you mean 'reset'" },
    { "list#1:done,statsu=503", "unknown action 'statsu', at character 13", "'status'" },
    { "list#1:status", "'status' needs another value, at character 8", "200 to 599" },
    { "list#1:status=99", "'status' needs another value, at character 8", "200 to 599" },
    { "list#1:problem=week", "'problem' needs another value", "minute, day, appminute" },
    { "list#1:reset=1", "'reset' takes no value, at character 8" },
    { "list#1:done,done", "'done' is said twice, at character 13" },
    { "list#1:reset,hang", "'reset' and 'hang' exclude each other" },
    { "list#1:html,garbage", "'garbage' and 'html' exclude each other" },
    { "list#1:reset,status=500", "'reset' leaves no answer for 'status'" },
    { "list#1:\27[31m", "unknown action '\\x1b[31m'" },
  }
  for _, case in ipairs(mistakes) do
    it(("says where it is wrong: %q"):format(case[1]), function()
      local ok, err = pcall(fault.parse, case[1])
      assert.is_false(ok)
      assert.is_true(xero_error.is(err, "usage"), tostring(err))
      assert.is_truthy(err.message:find(case[2], 1, true), err.message)
      assert.is_truthy(err.hint:find(case[3] or "", 1, true), err.hint)
      assert.not_matches("%c", err.message)
    end)
  end
end)

describe("the sandbox's log", function()
  local function line(request, reply)
    return json.decode(server.log_line(request, reply))
  end

  it("has what was on the wire, and no secrets", function()
    local text = server.log_line({
      method = "POST", path = "/connect/token", query = {}, arrived = 0,
      headers = { authorization = "Basic c2VjcmV0", accept = "*/*" },
      body = "grant_type=x&client_secret=hidden&refresh_token=hidden&code=hidden",
    }, { number = 3, op = "token", status = 400, done = false })
    assert.not_matches("hidden", text)
    assert.not_matches("c2VjcmV0", text)
    assert.not_matches("\n", text)
    assert.same({
      n = 3, op = "token", method = "POST", path = "/connect/token", query = {},
      headers = { authorization = "Basic", accept = "*/*" },
      body = "grant_type=x&client_secret=…&refresh_token=…&code=…",
      status = 400, done = false,
    }, json.decode(text))
  end)

  it("has null for the status of a request that gets no answer", function()
    local entry = line({ method = "GET", path = "/", query = {}, headers = {}, body = "" },
      { number = 1, op = "list", silent = "hang", done = false })
    assert.equal(json.null, entry.status)
  end)

  it("is JSON whatever bytes come", function()
    local entry = line({
      method = "GET", path = "/\xff", query = { ["\xfe"] = "\xfd" }, headers = { a = "\x80" },
      body = "\xc3",
    }, { number = 1, op = "unknown", status = 404, done = false })
    assert.equal("/\\xff", entry.path)
    assert.equal("\\xfd", entry.query["\\xfe"])
  end)
end)

describe("the sandbox's server", function()
  -- A server whose clock stands still between requests; notes what is sent when.
  local function simulate(arrivals, options)
    open(options)
    log_in()
    local now, sent = 0, {}
    local function handle(name)
      local function note(how)
        return function(_, reply)
          sent[#sent + 1] = ("%s %s %s %.1f"):format(name, how, reply and reply.status, now)
        end
      end
      return { answer = note "answer", reset = note "reset", truncate = note "truncate" }
    end
    local fake = {}
    function fake.next(_, seconds)
      local first = arrivals[1]
      if first and (not seconds or first.at <= now + seconds) then
        table.remove(arrivals, 1)
        now = math.max(now, first.at)
        return {
          method = "GET", path = "/connections", query = {}, body = "", arrived = now,
          headers = { authorization = "Bearer " .. token }, handle = handle(first.name),
        }
      end
      now = now + (seconds or math.huge)
    end
    server.serve {
      server = fake, sandbox = xero,
      native = {
        monotonic = function() return now end,
        interrupted = function() return now == math.huge end,
      },
    }
    return sent
  end

  it("sends each reply when it is due, and lets none wait for another", function()
    assert.same({ "b answer 200 1.0", "a answer 200 2.0", "c answer 200 3.5" }, simulate({
      { name = "a", at = 0 }, { name = "b", at = 1 }, { name = "c", at = 1.5 },
    }, { faults = { "list#1:latency=2000", "list#3:latency=2000" } }))
  end)

  it("keeps the order of replies that are due at once", function()
    assert.same({ "a answer 200 0.5", "b answer 200 0.5" }, simulate({
      { name = "a", at = 0 }, { name = "b", at = 0 },
    }, { faults = { "any#*:latency=500" } }))
  end)

  it("resets, truncates, and never answers", function()
    assert.same({ "a reset nil 0.0", "c truncate 200 0.2" }, simulate({
      { name = "a", at = 0 }, { name = "b", at = 0.1 }, { name = "c", at = 0.2 },
    }, { faults = { "list#1:reset", "list#2:hang", "list#3:truncate=3" } }))
  end)
end)
