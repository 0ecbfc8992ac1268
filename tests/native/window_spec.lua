-- The window: disconnects over the pump, so many at a time, for as long as all goes well.

local exchange = require "support.exchange"
local native = require "xero.native"
local raised = require "support.raised"

local pump, server, url
local token = native.token(native.secret "known.token")

local function id(i) return ("%08x-0000-4000-8000-000000000000"):format(i) end
local function number(request) return tonumber(request.path:match "/(%x+)%-", 16) end

-- A window in which 1 to n wait.
local function window(n)
  local w = pump:window { url = url, timeout = 5 }
  for i = 1, n do assert.is_true(w:add(i, id(i))) end
  return w
end

-- The tags of what went well.
local function told(w)
  local tags = {}
  for tag in w.next, w do tags[#tags + 1] = tag end
  return tags
end

local function requests()
  return function() return server:next(0) end
end

-- What the window sends, each request without an answer; after that it has sent what it may.
local function arrived(w, waiting)
  waiting = waiting or {}
  for _ = 1, 20 do
    assert.is_nil(w:wait(0.002, 16))
    for request in requests() do waiting[#waiting + 1] = request end
  end
  return waiting
end

local function numbers(waiting)
  local list = {}
  for i, request in ipairs(waiting) do list[i] = number(request) end
  table.sort(list)
  return list
end

-- Answers whatever comes, by what `answer` gives for its number, until the window has something
-- else to tell or nothing under way.
local function serve(w, batch, answer)
  local seen = {}
  for _ = 1, 500 do
    local got = w:wait(0.005, batch)
    if got then return got, seen end
    for request in requests() do
      seen[#seen + 1] = number(request)
      request.handle:answer(answer and answer(number(request)) or { status = 204 })
    end
  end
  return nil, seen
end

describe("the window", function()
  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  it("sends nothing before it is opened", function()
    local w = window(3)
    assert.same({}, arrived(w))
    assert.is_nil(w:wait(5, 16), "and does not wait for it")
  end)

  it("has so many under way, and sends the next when one went well", function()
    local w = window(5)
    w:open(token, 2)
    local waiting = arrived(w)
    assert.same({ 1, 2 }, numbers(waiting))
    waiting[1].handle:answer { status = 204 }
    local more = arrived(w)
    assert.same({ 3 }, numbers(more))
    assert.same({ number(waiting[1]) }, told(w))
  end)

  it("sends all that waits, and tells it by its tags with Xero's correlation ids", function()
    local w = window(40)
    w:open(token, 4)
    local got, seen = nil, {}
    local tags, ids = {}, {}
    for _ = 1, 20 do
      local answer, more = serve(w, 8, function(i)
        local headers = i % 2 == 0 and { ["Xero-Correlation-Id"] = "c" .. i } or nil
        return { status = 204, headers = headers }
      end)
      got = got or answer
      table.move(more, 1, #more, #seen + 1, seen)
      for tag, correlation_id in w.next, w do
        tags[#tags + 1], ids[tag] = tag, correlation_id
      end
      if #tags == 40 then break end
    end
    assert.is_nil(got)
    table.sort(seen)
    table.sort(tags)
    for i = 1, 40 do
      assert.equal(i, seen[i])
      assert.equal(i, tags[i])
      assert.equal(i % 2 == 0 and "c" .. i or nil, ids[i])
    end
  end)

  it("tells as many as a batch at most, also where more have come", function()
    local w = window(6)
    w:open(token, 6)
    for _, request in ipairs(arrived(w)) do request.handle:answer { status = 204 } end
    native.sleep(0.05)
    assert.is_nil(w:wait(5, 4))
    assert.equal(4, #told(w))
    assert.is_nil(w:wait(5, 4))
    assert.equal(2, #told(w))
  end)

  it("waits no longer than a lull for the rest of a batch", function()
    local w = window(2)
    w:open(token, 2)
    arrived(w)[1].handle:answer { status = 204 }
    local started = native.monotonic()
    assert.is_nil(w:wait(20, 16))
    assert.is_true(native.monotonic() - started < 10)
    assert.equal(1, #told(w))
  end)

  for what, answer in pairs {
    ["a status of its own"] = { status = 200 },
    ["not found"] = { status = 404 },
    ["a limit"] = { status = 429 },
    ["a token that is refused"] = { status = 401 },
    ["a fault of the server"] = { status = 503 },
    ["two correlation ids"] = {
      status = 204, headers = { ["Xero-Correlation-Id"] = "a", ["xero-correlation-id"] = "b" },
    },
    ["a correlation id too long to be one"] = {
      status = 204, headers = { ["Xero-Correlation-Id"] = ("c"):rep(64) },
    },
  } do
    it("is closed by " .. what .. ", which it hands over", function()
      local w = window(5)
      w:open(token, 1)
      local got, seen = serve(w, 16, function(i) return i == 2 and answer or nil end)
      assert.equal(2, got.tag)
      assert.equal(answer.status, got.status)
      assert.same({ 1, 2 }, seen)
      assert.same({ 1 }, told(w))
      assert.same({}, arrived(w), "nothing more is sent")
      w:open(token, 1)
      local rest, more = serve(w, 16)
      assert.is_nil(rest)
      assert.same({ 3, 4, 5 }, more)
    end)
  end

  it("sends nothing more where such an answer has come together with good ones", function()
    local w = window(8)
    w:open(token, 5)
    for i, request in ipairs(arrived(w)) do
      request.handle:answer { status = i == 4 and 429 or 204 }
    end
    native.sleep(0.05)
    assert.is_nil(w:wait(5, 2))
    assert.equal(429, w:wait(5, 16).status)
    assert.equal(3, #told(w))
    assert.same({ 6, 7, 8 }, w:recall())
  end)

  it("is closed by a connection that breaks", function()
    local w = window(5)
    w:open(token, 1)
    arrived(w)[1].handle:reset()
    local got = w:wait(5, 16)
    assert.equal("network", got.error)
    assert.equal(1, got.tag)
    assert.equal(1, got.sends)
    assert.same({ 2, 3, 4, 5 }, w:recall())
  end)

  it("gives back what was not sent, in its order, and sends it no more", function()
    local w = window(5)
    w:open(token, 2)
    local waiting = arrived(w)
    assert.same({ 3, 4, 5 }, w:recall())
    assert.equal(2, w:under_way())
    for _, request in ipairs(waiting) do request.handle:answer { status = 204 } end
    assert.same({}, arrived(w))
    assert.equal(0, w:under_way())
    assert.equal(2, #told(w))
    assert.same({}, w:recall())
    w:add(3, id(3))
    w:open(token, 2)
    assert.same({ 3 }, numbers(arrived(w)))
  end)

  it("hands over each answer where that is asked for", function()
    local w = window(2)
    w:open(token, 2)
    local got = serve(w, 0)
    assert.equal(204, got.status)
    assert.equal("1.1", got.http)
    assert.equal("", got.body)
    assert.same({}, told(w))
  end)

  it("has room for 64 that wait", function()
    local w = window(64)
    assert.is_false(w:add(65, id(65)))
    assert.equal(64, #w:recall())
    assert.is_true(w:add(65, id(65)))
  end)

  it("uses the token that it was opened with last", function()
    local w = window(2)
    w:open(native.token(native.secret "an.old.one"), 1)
    local first = arrived(w)[1]
    w:open(native.token(native.secret "a.new.one"), 2)
    local second = arrived(w)[1]
    assert.equal("Bearer an.old.one", first.headers.authorization)
    assert.equal("Bearer a.new.one", second.headers.authorization)
  end)

  it("leaves others who share its pump their answers, and they leave it its own", function()
    local one, other = window(1), window(2)
    one:open(token, 1)
    other:open(token, 2)
    local waiting = arrived(other, arrived(one))
    local list = pump:list { url = url, token = token }
    assert.is_nil(pump:wait(0.02))
    waiting[#waiting + 1] = server:next(1)
    assert.equal(4, #waiting)
    for _, request in ipairs(waiting) do
      request.handle:answer { status = request.method == "GET" and 200 or 204, body = "" }
    end
    native.sleep(0.05)
    assert.is_nil(other:wait(5, 2))
    assert.equal(2, #told(other))
    local answer = pump:wait(5)
    assert.equal(list, answer.id)
    assert.is_nil(one:wait(5, 1))
    assert.same({ 1 }, told(one))
  end)

  it("may be forgotten with requests under way", function()
    do
      local w = window(3)
      w:open(token, 2)
      assert.equal(2, #arrived(w))
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(pump:wait(0.02))
    assert.equal(2, pump:in_flight())
  end)

  local function is_over(w)
    for _, call in ipairs { w.wait, w.next, w.recall, w.open, w.add, w.under_way } do
      assert.has_error(function() call(w, token, 1) end)
    end
    assert.matches(" is closed", select(2, pcall(w.next, w)))
  end

  it("ends with its pump", function()
    local w = window(1)
    w:open(token, 1)
    pump:close()
    is_over(w)
    pump = native.pump {}
  end)

  it("ends where it is closed", function()
    local kept
    do
      local w <close> = window(1)
      kept = w
    end
    is_over(kept)
  end)

  it("refuses a width that is none, and what is no token", function()
    local w = window(0)
    assert.has_error(function() w:open(token, 0) end)
    assert.has_error(function() w:open(token, 33) end)
    assert.has_error(function() w:open("T", 1) end)
    assert.has_error(function() w:wait(nil, 17) end)
    assert.equal("usage", raised(w.add, w, 1, "no id").kind)
  end)

  it("says what is wrong with the URL of an API, and keeps what waits", function()
    local w = pump:window { url = "ftp://example.com" }
    w:add(7, id(7))
    w:open(token, 1)
    local failure = raised(w.wait, w, nil, 1)
    assert.equal("usage", failure.kind)
    assert.matches("^the URL of the API ", failure.message)
    assert.same({ 7 }, w:recall())
  end)
end)
