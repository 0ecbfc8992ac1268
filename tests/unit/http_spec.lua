-- Scripts' own HTTP: what is sent, what is tried again, what is raised and what is said.

local errors = require "xero.error"
local fake = require "support.fake"
local http = require "xero.http"
local raised = require "support.raised"

local URL = "https://crm.example/customers?key=secret-key"

local native, said, web

local function answers(...)
  native.pump_answers = { ... }
end

describe("xero.http", function()
  before_each(function()
    native, said = fake.native(), {}
    local log = fake.log()
    log.debug = function(format, ...) said[#said + 1] = format:format(...) end
    log.info = log.debug
    web = http.new(native, log)
  end)

  it("gets, and gives status, headers and body", function()
    answers { status = 200, headers = { etag = "1" }, body = "text" }
    assert.same({ status = 200, headers = { etag = "1" }, body = "text" }, web.get(URL, {
      headers = { Accept = "text/csv" }, timeout = "5s",
    }))
    local request = native.requests[1]
    assert.equal("request", request.op)
    assert.equal("GET", request.method)
    assert.equal(URL, request.url)
    assert.same({ Accept = "text/csv" }, request.headers)
    assert.equal(5, request.timeout)
  end)

  it("posts bytes as they are, and a table as JSON", function()
    answers({ status = 200 }, { status = 200 }, { status = 200 })
    web.post(URL, "a=b")
    assert.equal("POST", native.requests[1].method)
    assert.equal("a=b", native.requests[1].body)
    assert.same({}, native.requests[1].headers)
    web.post(URL, { text = "done" })
    assert.equal('{"text":"done"}', native.requests[2].body)
    assert.same({ ["Content-Type"] = "application/json" }, native.requests[2].headers)
    local headers = { ["content-type"] = "application/vnd.thing+json" }
    web.post(URL, { text = "done" }, { headers = headers })
    assert.same(headers, native.requests[3].headers)
  end)

  it("lets --timeout come first", function()
    native.options.timeout = 3
    answers { status = 200 }
    web.get(URL, { timeout = 60 })
    assert.equal(3, native.requests[1].timeout)
  end)

  for _, status in ipairs { 301, 400, 401, 403, 404, 409, 501 } do
    it("gives an answer with another status as a value, at once: " .. status, function()
      answers { status = status, body = "no" }
      assert.equal(status, web.get(URL).status)
      assert.equal(1, #native.requests)
    end)
  end

  for _, status in ipairs { 408, 429, 500, 502, 503, 504 } do
    it("tries a GET again, and gives what stays as a value: " .. status, function()
      answers({ status = status }, { status = 200, body = "yes" })
      assert.equal("yes", web.get(URL).body)
      answers({ status = status }, { status = status }, { status = status }, { status = status },
        { status = status })
      assert.equal(status, web.get(URL).status)
      assert.equal(7, #native.requests)
    end)
  end

  it("obeys Retry-After, up to a minute", function()
    answers({ status = 503, headers = { ["retry-after"] = "7" } }, { status = 200 })
    web.get(URL)
    assert.same({ 7 }, native.sleeps)
    answers { status = 429, headers = { ["retry-after"] = "3600" } }
    assert.equal(429, web.get(URL).status)
  end)

  for _, method in ipairs { "POST", "PUT", "PATCH", "DELETE" } do
    it("repeats nothing else that may have been done: " .. method, function()
      answers { status = 500 }
      assert.equal(500, web.request { url = URL, method = method }.status)
      answers { error = "network", message = "lost the connection", sends = 1 }
      assert.equal("network", raised(web.request, { url = URL, method = method }).kind)
      assert.equal(2, #native.requests)
    end)

    it("repeats what surely was not done: " .. method, function()
      answers({ error = "network", message = "cannot connect", sends = 0 }, { status = 429 },
        { status = 503, headers = { ["retry-after"] = "1" } }, { status = 200 })
      assert.equal(200, web.request { url = URL, method = method }.status)
      assert.equal(4, #native.requests)
    end)
  end

  for _, kind in ipairs { "network", "tls", "timeout", "protocol" } do
    it("raises where no answer came, and names the server alone: " .. kind, function()
      native.pump_answers = {}
      for i = 1, 5 do
        native.pump_answers[i] = { error = kind, message = "something", sends = 0 }
      end
      local err = raised(web.get, URL)
      assert.is_true(errors.is(err, kind))
      assert.matches("GET https://crm.example/…", err.message, 1, true)
      assert.is_nil(err.message:find("secret", 1, true))
    end)
  end

  it("ends with a signal", function()
    answers({ status = 503 }, { status = 200 })
    native.sleep = function()
      native.signal = "SIGINT"
      return nil
    end
    assert.equal("interrupted", raised(web.get, URL).kind)
  end)

  it("raises that a DELETE is not sent in a dry run", function()
    native.pump = function()
      return { request = function() return nil, "dry run" end }
    end
    local err = raised(web.request, { url = URL, method = "delete" })
    assert.equal("limit", err.kind)
    assert.matches("DELETE https://crm.example/… is not sent: dry run", err.message, 1, true)
  end)

  it("says with --verbose neither path, query, header nor body", function()
    native.options.verbose = true
    answers { status = 200, headers = { a = "secret-b" }, body = "secret-c" }
    web.post(URL, "secret-d", { headers = { Authorization = "secret-e" } })
    assert.equal(1, #said)
    assert.matches("^POST https://crm.example/… 200", said[1])
    assert.is_nil(said[1]:find("secret", 1, true))
  end)

  for message, call in pairs {
    ["bad argument #1 to 'request' %(table expected, got nil%)"] = function() web.request() end,
    ["option 'url' to 'get' is missing"] = function() web.get() end,
    ["option 'url' to 'get' is a table, not a string"] = function() web.get {} end,
    ["unknown option 'header' to 'get' %(did you mean 'headers'%?%)"] = function()
      web.get(URL, { header = {} })
    end,
    ["unknown option 'body' to 'get'"] = function() web.get(URL, { body = "" }) end,
    ["a header of 'get' is not a string: X%-A"] = function()
      web.get(URL, { headers = { ["X-A"] = 1 } })
    end,
    ["option 'body' to 'post' is a number, not a string or a table"] = function()
      web.post(URL, 1)
    end,
    ["option 'body' to 'post': cannot be written as JSON"] = function()
      web.post(URL, { print })
    end,
    ["option 'timeout' to 'get': not a duration: soon"] = function()
      web.get(URL, { timeout = "soon" })
    end,
    ["option 'timeout' to 'get': it must be more than 0"] = function()
      web.get(URL, { timeout = 0 })
    end,
    ["bad options to 'get' %(table expected, got number%)"] = function() web.get(URL, 5) end,
  } do
    it("raises a mistake of the script where the script made it: " .. message, function()
      assert.matches("^tests/unit/http_spec.lua:%d+: " .. message, raised(call))
    end)
  end
end)
