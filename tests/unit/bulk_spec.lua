-- Many disconnects at once, over a pump that is scripted: each DELETE is answered by what `answer`
-- gives for it, in the order in which they were sent unless `pick` says otherwise.

local adopt = require("xero.connection").adopt
local client = require "xero.client"
local errors = require "xero.error"
local failure_of = require("support.raised").of_kind
local fake = require "support.fake"
local json = require "xero.json"
local new_window = require("support.window").new

local function id(i) return ("%08x-0000-4000-8000-000000000000"):format(i) end
local function number(of) return tonumber(of:sub(1, 8), 16) end

local function fields(i, more)
  local one = { id = id(i), tenantId = id(i + 4096), tenantName = "T" .. i,
    updatedDateUtc = "2026-01-01T00:00:00" }
  for key, value in pairs(more or {}) do one[key] = value end
  return one
end

local function tenants(first, last)
  local list = {}
  for i = first, last do list[#list + 1] = fields(i) end
  return adopt(list)
end

-- A world of connections 1 to n, all there; `answer(i, attempt)` may give what goes wrong with a
-- DELETE, and `done` in it says that it was nevertheless carried out.
local function world(n, answer, keys)
  local self = { gone = {}, log = {}, attempts = {}, most = 0, reconnected = {}, lists = 0 }
  local native = fake.native()
  native.environment = { XERO_ACCESS_TOKEN = "T" }
  native.log = fake.log()
  native.monotonic = function() return native.time end

  local queue, last_id = {}, 0
  local pump = {}
  local function submit(reply)
    last_id = last_id + 1
    local full = { id = last_id, sends = 1, seconds = 0.001, headers = {}, body = "" }
    for key, value in pairs(reply) do full[key] = value end
    table.insert(queue, full)
    return last_id
  end
  function pump.list()
    table.insert(self.log, "list")
    self.lists = self.lists + 1
    if self.list_answer then return submit(self.list_answer) end
    local list = {}
    for i = 1, n do
      if not self.gone[i] then
        list[#list + 1] = fields(i, self.reconnected[i] and { updatedDateUtc = "2026-02-02" })
      end
    end
    return submit { status = 200, body = json.encode(json.array(list)) }
  end
  function pump.delete(_, request)
    local i = number(request.id)
    self.attempts[i] = (self.attempts[i] or 0) + 1
    table.insert(self.log, i)
    self.token = request.token
    local reply = answer and answer(i, self.attempts[i], self) or nil
    local there = not self.gone[i]
    if not reply or reply.done then self.gone[i] = true end
    if reply and reply.reconnect then self.gone[i], self.reconnected[i] = nil, true end
    local given = submit(reply or { status = there and 204 or 404 })
    self.most = math.max(self.most, #queue)
    return given
  end
  function pump.wait(_, seconds)
    if native.signal and not native.noticed then
      native.noticed = true
      return nil
    end
    if self.before_answer then self.before_answer() end
    if #queue == 0 then
      native.time = native.time + (seconds or 0)
      return nil
    end
    native.time = native.time + 0.01
    return table.remove(queue, self.pick and self.pick(queue) or 1)
  end
  function pump.cancel() end
  function pump.window(_, settings) return new_window(pump, native, settings) end
  native.pump = function() return pump end
  native.file = fake.append()
  native.kept = fake.store { ["journal.jsonl"] = native.file }

  self.native = native
  self.client = client.new({}, { getenv = native.getenv, native = native, log = native.log })
  if keys then self.client.settings.profile.keys = keys end
  return self
end

local function delete(w, targets, options)
  return w.client:delete_connections(targets, options)
end

local function statuses(outcomes)
  local counts = {}
  for _, outcome in ipairs(outcomes) do
    counts[outcome.status] = (counts[outcome.status] or 0) + 1
  end
  return counts
end

-- What the journal says of each connection in the end.
local function journaled(w)
  local verdicts = {}
  for line in w.native.file.text:gmatch "[^\n]+" do
    local entry = assert(json.decode(line))
    local i = number(entry.connection)
    if entry.event == "intent" then
      verdicts[i] = verdicts[i] or "open"
    else
      verdicts[i] = entry.verdict
    end
  end
  return verdicts
end

-- Of twenty, the seventh came to this; each other one that is gone was deleted, the rest skipped.
local function assert_accounts(w, seventh)
  local verdicts = journaled(w)
  for i = 1, 20 do
    local otherwise = w.gone[i] and "deleted" or "skipped"
    assert.equal(i == 7 and seventh or otherwise, verdicts[i], i)
  end
end

local LOST = { error = "network", message = "reset", sends = 1 }
local REFUSED = { error = "network", message = "refused", sends = 0 }

describe("delete_connections", function()
  it("gives an outcome for each, in the order of the list", function()
    local w = world(20)
    w.pick = function(queue) return #queue end -- the last one sent is answered first
    local list = tenants(1, 20)
    local outcomes = delete(w, list)
    assert.equal(20, #outcomes)
    for i, outcome in ipairs(outcomes) do
      assert.equal(list[i], outcome.connection)
      assert.equal("deleted", outcome.status)
      assert.is_nil(outcome.error)
    end
    assert.same({}, w.client.listed or {}, "no list is needed for what was listed")
  end)

  it("takes nothing for nothing", function()
    local w = world(1)
    assert.same({}, delete(w, {}))
    assert.same({}, w.log)
    assert.equal("", w.native.file.text)
  end)

  it("keeps as many under way as it may", function()
    for _, window in ipairs { 1, 2, 4, 32 } do
      local w = world(100)
      delete(w, tenants(1, 100), { concurrency = window })
      assert.equal(window, w.most)
    end
    local w = world(100)
    delete(w, tenants(1, 100))
    assert.equal(4, w.most)
    w = world(100)
    w.native.options.concurrency = 7
    delete(w, tenants(1, 100))
    assert.equal(7, w.most)
  end)

  it("looks ids up with one list, and gives the connections that they are", function()
    local w = world(5)
    local outcomes = delete(w, { id(2), id(4):upper(), { id = id(5) } })
    assert.same({ "list", 2, 4, 5 }, w.log)
    assert.equal("T4", outcomes[2].connection.name)
    assert.equal(id(5), outcomes[3].connection.id)
  end)

  it("disconnects once what is named twice", function()
    local w = world(3)
    local one = tenants(1, 1)[1]
    local outcomes = delete(w, { one, id(2), one, id(1):upper(), id(2) })
    assert.same({ "list", 1, 2 }, w.log)
    for i = 1, 5 do assert.equal("deleted", outcomes[i].status) end
    assert.equal(outcomes[1], outcomes[3])
    assert.equal(outcomes[2], outcomes[5])
  end)

  it("takes what is not there any more for done", function()
    local w = world(3)
    w.gone[2] = true
    assert.same({ deleted = 2, absent = 1 }, statuses(delete(w, tenants(1, 3))))
    assert.equal("absent", journaled(w)[2])
    assert.is_falsy(w.native.partly)
  end)

  it("tells a tenant's id without sending it, and goes on with the others", function()
    local w = world(3)
    local outcomes = delete(w, { id(1), id(2 + 4096), id(3) })
    assert.same({ "list", 1, 3 }, w.log)
    assert.equal("failed", outcomes[2].status)
    assert.equal("not_found", outcomes[2].error.kind)
    assert.matches("tenant id of T2", outcomes[2].error.message, 1, true)
  end)

  it("says what went wrong with one, and goes on with the others", function()
    local w = world(9, function(i) return i % 3 == 0 and { status = 403 } or nil end)
    local outcomes = delete(w, tenants(1, 9))
    assert.same({ deleted = 6, failed = 3 }, statuses(outcomes))
    assert.equal("forbidden", outcomes[3].error.kind)
    assert.is_true(w.native.partly)
    assert.matches("6 of 9 disconnected, 3 failed", w.native.log.said[1], 1, true)
  end)

  it("ends the run with success again once what had failed is gone", function()
    local w = world(2, function(i, attempt) return i == 1 and attempt == 1 and { status = 400 } end)
    delete(w, tenants(1, 2))
    assert.is_true(w.native.partly)
    delete(w, tenants(1, 1))
    assert.is_false(w.native.partly)
  end)

  it("refuses mistakes of the caller at the caller's line", function()
    local w = world(1)
    for _, arguments in ipairs { {}, { "x" }, { tenants(1, 1)[1] }, { { 7 } }, { {}, "x" },
      { {}, { concurrency = 0 } }, { {}, { concurrency = 33 } }, { {}, { concurrency = 1.5 } },
      { {}, { on_result = 1 } }, { {}, { on_results = print } } } do
      local _, message = pcall(function()
        w.client:delete_connections(table.unpack(arguments, 1, 2))
      end)
      assert.matches("bulk_spec.lua:%d+: ", message)
    end
    failure_of("usage", delete, w, { id(1), "x" })
    assert.same({}, w.log)
  end)

  describe("in a dry run", function()
    local function dry(w, ...)
      w.native.options.dry_run = true
      local said, stderr = {}, io.stderr
      -- luacheck: push ignore 122
      io.stderr = { write = function(_, ...) said[#said + 1] = table.concat { ... } end }
      local ok, result = pcall(delete, w, ...)
      io.stderr = stderr
      -- luacheck: pop
      return ok, result, said
    end

    it("sends and writes nothing, and says what it would do", function()
      local w = world(2)
      local ok, outcomes, said = dry(w, tenants(1, 2), { reason = "demo" })
      assert.is_true(ok, outcomes)
      assert.same({ skipped = 2 }, statuses(outcomes))
      assert.same({}, w.log)
      assert.equal("", w.native.file.text)
      assert.equal(("dry run: would disconnect T1 (%s): demo\n"):format(id(1)), said[1])
      assert.is_falsy(w.native.partly)
    end)

    it("judges the limits", function()
      local w = world(9)
      w.native.options.max_disconnects = 1
      local ok, err = dry(w, tenants(1, 2))
      assert.is_false(ok)
      assert.equal("limit", err.kind)
    end)
  end)
end)

describe("the guards of delete_connections", function()
  it("refuse before anything is done", function()
    local w = world(9)
    w.native.options.max_disconnects = 2
    failure_of("limit", delete, w, tenants(1, 3))
    assert.same({}, w.log)
    assert.equal("", w.native.file.text)
    assert.same({ deleted = 2 }, statuses(delete(w, tenants(1, 2))))
    failure_of("limit", w.client.delete_connection, w.client, tenants(3, 3)[1])
  end)

  it("bind single disconnects over the whole run", function()
    local w = world(9)
    w.native.options.max_disconnects = 2
    for i = 1, 2 do w.client:delete_connection(tenants(i, i)[1]) end
    failure_of("limit", w.client.delete_connection, w.client, tenants(3, 3)[1])
    assert.same({ 1, 2 }, w.log)
  end)

  it("protect a tenant whatever the script calls it", function()
    local w = world(9, nil, { protect = { [id(3 + 4096)] = "ours" } })
    local lie = adopt { { id = id(3), tenantId = id(1), tenantName = "X" } }[1]
    for _, target in ipairs { id(3), tenants(3, 3)[1], lie, { id = id(3) } } do
      local failure = failure_of("protected", delete, w, { target })
      assert.matches("ours", failure.message)
    end
    assert.same({ "list" }, w.log)
  end)

  it("send nothing to an id that Xero's list lacks, where a tenant is protected", function()
    local lost = adopt { { id = id(99), tenantId = id(1), tenantName = "X" } }[1]
    local reports = {}
    for mode, expected in pairs { app = "absent", token = "failed" } do
      local w = world(9, nil, { protect = { [id(3 + 4096)] = "ours" } })
      w.client.settings.mode = mode
      for _, target in ipairs { id(98), lost } do
        local outcomes = delete(w, { target, id(1) }, {
          on_result = function(outcome) reports[#reports + 1] = outcome.status end,
        })
        assert.equal(expected, outcomes[1].status)
      end
      assert.same({ 1, [98] = nil, [99] = nil }, w.attempts)
      local failure = failure_of("not_found", w.client.delete_connection, w.client, id(98))
      assert.matches("no connection", failure.message)
      assert.is_nil(w.attempts[98])
    end
    assert.equal(8, #reports)
  end)

  it("know a percentage of the connections there were when the run began", function()
    local w = world(20, nil, { limits = { max_percent = 10 } })
    failure_of("limit", delete, w, tenants(1, 3))
    assert.same({ deleted = 2 }, statuses(delete(w, tenants(1, 2))))
    failure_of("limit", delete, w, tenants(3, 3))
  end)
end)

describe("on_result", function()
  it("is called with each outcome as it comes", function()
    local w = world(10)
    local seen = {}
    local outcomes = delete(w, tenants(1, 10), { on_result = function(outcome)
      seen[outcome] = true
      assert.equal("deleted", outcome.status)
      assert.is_truthy(w.gone[number(outcome.connection.id)])
    end })
    for _, outcome in ipairs(outcomes) do assert.is_true(seen[outcome]) end
  end)

  it("may disconnect and list by itself, one and many", function()
    local w = world(40)
    local inner = {}
    local outcomes = delete(w, tenants(1, 10), { concurrency = 8, on_result = function(outcome)
      local i = number(outcome.connection.id)
      if i % 2 == 0 then
        w.client:delete_connection(tenants(i + 10, i + 10)[1])
        assert.is_true(#w.client:get_connections() > 0)
      else
        inner[i] = delete(w, tenants(i * 2 + 20, i * 2 + 21), { concurrency = 2 })
      end
    end })
    assert.same({ deleted = 10 }, statuses(outcomes))
    for _, list in pairs(inner) do assert.same({ deleted = 2 }, statuses(list)) end
    for i = 1, 10 do assert.is_true(w.gone[i]) end
    local verdicts = journaled(w)
    for i in pairs(w.gone) do assert.equal("deleted", verdicts[i], i) end
  end)

  it("loses no account when it raises", function()
    local w = world(20)
    local function mine() error "mine" end
    local ok, message = pcall(delete, w, tenants(1, 20), { on_result = mine })
    assert.is_false(ok)
    assert.matches("mine", message)
    local verdicts = journaled(w)
    for i = 1, 20 do
      assert.equal(w.gone[i] and "deleted" or "skipped", verdicts[i])
    end
    assert.equal(4, #w.log, "nothing is sent afterwards")
    assert.matches("4 of 20 disconnected, 16 not tried; .*mine", w.native.log.said[1])
  end)

  it("loses no account where an answer is lost, as for want of memory", function()
    for done, expected in pairs { [true] = "deleted", [false] = "failed" } do
      local w = world(20, function(i) return i == 7 and { status = 500, done = done } or nil end)
      local pump = w.native.pump()
      local new = pump.window
      function pump.window(...)
        local window = new(...)
        local wait = window.wait
        function window.wait(...)
          local answer = wait(...)
          return answer and error("not enough memory", 0)
        end
        return window
      end
      local ok, message = pcall(delete, w, tenants(1, 20))
      assert.is_false(ok)
      assert.equal("not enough memory", message)
      assert_accounts(w, expected)
      assert.equal(1, w.attempts[7])
    end
  end)

  it("gives the outcomes with the error object that it raises", function()
    local w = world(3)
    local failure = failure_of("usage", delete, w, tenants(1, 3), { on_result = function()
      errors.raise { kind = "usage", message = "enough" }
    end })
    assert.same({ deleted = 3 }, statuses(failure.outcomes))
  end)
end)

describe("a disconnect among many whose outcome is not sure", function()
  it("is settled with one list for all of the moment", function()
    local w = world(40, function(i, attempt)
      if i % 4 == 0 and attempt == 1 then
        return { error = "network", message = "reset", sends = 1, done = i % 8 == 0 }
      end
    end)
    local outcomes = delete(w, tenants(1, 40), { concurrency = 8 })
    assert.same({ deleted = 40 }, statuses(outcomes))
    assert.equal(1, w.lists)
    assert.equal(1, w.attempts[8], "what was done is not sent again")
    assert.equal(2, w.attempts[4])
  end)

  it("is deleted where a 404 answers our own second sending", function()
    local w = world(3, function(i) return i == 2 and { status = 404, sends = 2, done = true } end)
    assert.same({ deleted = 3 }, statuses(delete(w, tenants(1, 3))))
  end)

  it("stays in doubt where libcurl repeated it, whatever the second answer says", function()
    for _, status in ipairs { 400, 403, 429, 503, 401 } do
      local w = world(3, function(i, attempt)
        if i == 2 and attempt == 1 then
          return { status = status, sends = 2, done = true,
            headers = { ["retry-after"] = "1" } }
        end
      end)
      local outcomes = delete(w, tenants(1, 3))
      assert.equal("deleted", outcomes[2].status, tostring(status))
    end
  end)

  it("is never disconnected again where the tenant has reconnected", function()
    for _, targets in ipairs { tenants(1, 4), { id(3) } } do
      local w = world(4, function(i)
        return i == 3 and { error = "timeout", message = "slow", done = true, reconnect = true }
      end)
      local outcomes = delete(w, targets)
      assert.same({ deleted = #targets }, statuses(outcomes))
      assert.equal(1, w.attempts[3])
      assert.matches("connected again", w.native.log.said[1])
    end
  end)

  it("is unknown where the list cannot be had, and the rest is not tried", function()
    local w = world(30, function(i) return i == 2 and LOST or nil end)
    w.before_answer = function() w.list_answer = { status = 403 } end
    local outcomes = delete(w, tenants(1, 30))
    assert.equal("unknown", outcomes[2].status)
    assert.equal("forbidden", outcomes[2].error.kind)
    assert.matches("unknown", outcomes[2].error.message)
    assert.same({ deleted = 29, unknown = 1 }, statuses(outcomes))
    assert.equal("unknown", journaled(w)[2])
    assert.is_true(w.native.partly)
  end)

  it("fails after five attempts", function()
    local w = world(3, function(i) return i == 2 and { status = 500 } or nil end)
    local outcomes = delete(w, tenants(1, 3))
    assert.same({ deleted = 2, failed = 1 }, statuses(outcomes))
    assert.equal(5, w.attempts[2])
    assert.equal(500, outcomes[2].error.status)
  end)
end)

describe("the pace of many disconnects", function()
  local function limited(seconds, more)
    local headers = { ["retry-after"] = seconds }
    for key, value in pairs(more or {}) do headers[key] = value end
    return { status = 429, headers = headers }
  end

  it("slows down as a whole for a 429, once for all that were under way", function()
    local w = world(60, function(i, attempt)
      return i <= 8 and attempt == 1 and limited "10" or nil
    end)
    local began = w.native.time
    assert.same({ deleted = 60 }, statuses(delete(w, tenants(1, 60), { concurrency = 8 })))
    local took = w.native.time - began
    assert.is_true(took >= 10 and took < 12, tostring(took))
    assert.equal(68, #w.log)
  end)

  it("goes on narrower, and grows back", function()
    local widths, flying = {}, 0
    local w = world(200, function(i, attempt, self)
      flying = flying + 1
      self.flying = flying
      return i == 20 and attempt == 1 and limited "1" or nil
    end)
    w.before_answer = function()
      widths[#widths + 1] = flying
      flying = math.max(flying - 1, 0)
    end
    delete(w, tenants(1, 200), { concurrency = 8 })
    local least = 8
    for at = 20, 60 do least = math.min(least, widths[at]) end
    assert.is_true(least <= 4, tostring(least))
    local most = 0
    for at = 150, 190 do most = math.max(most, widths[at]) end
    assert.equal(8, most)
  end)

  it("obeys dates, and takes what lies in the past for now", function()
    for header, least in pairs { ["Mon, 12 Jan 1970 13:47:00 GMT"] = 20,
      ["Thu, 01 Jan 1970 00:00:00 GMT"] = 0, ["-5"] = 0 } do
      local w = world(8, function(i, attempt)
        return i == 1 and attempt == 1 and limited(header)
      end)
      local began = w.native.time
      assert.same({ deleted = 8 }, statuses(delete(w, tenants(1, 8))))
      local took = w.native.time - began
      assert.is_true(took >= least and took < least + 2, header .. " took " .. took)
    end
  end)

  it("ends at once at a daily limit, and says when to come back", function()
    local w = world(100, function(i)
      return i > 50 and limited("66975", { ["x-rate-limit-problem"] = "day" }) or nil
    end)
    local began = w.native.time
    local outcomes = delete(w, tenants(1, 100))
    assert.is_true(w.native.time - began < 2)
    assert.is_true(#w.log <= 54, #w.log)
    local counts = statuses(outcomes)
    assert.equal(50, counts.deleted)
    assert.equal(50, counts.failed + counts.skipped)
    for i = 51, 100 do
      assert.equal("rate_limit", outcomes[i].error.kind)
      assert.equal(66975, outcomes[i].error.retry_after)
      assert.matches("try again at %d%d:%d%d UTC", outcomes[i].error.message)
    end
    assert.is_true(w.native.partly)
  end)

  it("ends at a Retry-After that is longer than we wait", function()
    local w = world(20, function() return limited "61" end)
    local outcomes = delete(w, tenants(1, 20))
    assert.is_true(#w.log <= 4)
    assert.equal("rate_limit", outcomes[20].error.kind)
  end)

  it("ends in a storm of 429s that never stops", function()
    local w = world(100, function() return limited "1" end)
    local outcomes = delete(w, tenants(1, 100), { concurrency = 8 })
    assert.is_nil(statuses(outcomes).deleted)
    assert.is_true(#w.log < 30, #w.log)
    assert.equal("failed", journaled(w)[1])
    assert.equal("rate_limit", outcomes[100].error.kind)
  end)

  it("does not hammer where the network is down", function()
    local w = world(1000, function() return REFUSED end)
    local began = w.native.time
    local outcomes = delete(w, tenants(1, 1000), { concurrency = 32 })
    assert.is_nil(statuses(outcomes).deleted)
    assert.is_nil(statuses(outcomes).unknown)
    assert.is_true(#w.log < 70, #w.log)
    assert.is_true(w.native.time - began >= 1, "it waits in between")
    assert.matches("failures in a row", w.native.log.said[#w.native.log.said], 1, true)
  end)

  it("ends where the token is refused for good", function()
    local w = world(100, function(i) return i > 10 and { status = 401 } or nil end)
    local outcomes = delete(w, tenants(1, 100))
    assert.equal(10, statuses(outcomes).deleted)
    assert.is_true(#w.log <= 14)
    assert.equal("auth", outcomes[100].error.kind)
    assert.equal("skipped", outcomes[100].status)
  end)

  -- A session whose token is "first", after so many seconds "second", and "third" once that one
  -- was refused.
  local function renew_after(w, seconds)
    local began, refused = w.native.time, false
    local function token()
      return refused and "third" or w.native.time - began < seconds and "first" or "second"
    end
    w.client.session = {
      renewable = function() return true end,
      refusal = function() end,
      describe = function() return { mode = "app", scopes = {} } end,
      token = token,
      renew = function(_, failed) refused = refused or failed == "second" end,
    }
  end

  it("renews the token that was refused, not the one before it", function()
    local w = world(100, function(_, _, self)
      return self.token == "second" and { status = 401 } or nil
    end)
    renew_after(w, 0.2)
    assert.same({ deleted = 100 }, statuses(delete(w, tenants(1, 100))))
    assert.equal("third", w.token)
  end)

  it("sends the last ones with the token of their time, too", function()
    local w = world(33)
    renew_after(w, 0.1)
    assert.same({ deleted = 33 }, statuses(delete(w, tenants(1, 33), { concurrency = 1 })))
    assert.equal("second", w.token)
  end)

  it("looks at the token again while an answer is late", function()
    local w = world(2)
    local pump, due = w.native.pump(), w.native.time + 90
    local wait = pump.wait
    function pump.wait(self, seconds)
      local native = w.native
      if seconds and native.time + seconds < due then
        native.time = native.time + seconds
        return nil
      end
      native.time = math.max(native.time, due)
      return wait(self, seconds)
    end
    renew_after(w, 60)
    assert.same({ deleted = 2 }, statuses(delete(w, tenants(1, 2), { concurrency = 1 })))
    assert.equal("second", w.token)
  end)

  for kind, expected in pairs {
    network = { deleted = 33, failed = 1, skipped = 66 },
    interrupted = { deleted = 33, skipped = 67 },
  } do
    it("has one account of each where there is no further token: " .. kind, function()
      local w = world(100)
      local token = w.client.session.token
      w.client.session.token = function(...)
        if w.gone[20] then errors.raise { kind = kind, message = "no token" } end
        return token(...)
      end
      local outcomes = delete(w, tenants(1, 100), { concurrency = 1 })
      assert.same(expected, statuses(outcomes))
      local verdicts = journaled(w)
      for i, outcome in ipairs(outcomes) do assert.equal(outcome.status, verdicts[i], i) end
      local _, lines = w.native.file.text:gsub("\n", "")
      assert.equal(2 * 100, lines)
    end)
  end

  it("stops after five failures in a row, however they look", function()
    local w = world(100, function() return { status = 403 } end)
    local outcomes = delete(w, tenants(1, 100), { concurrency = 1 })
    assert.equal(5, #w.log)
    assert.same({ failed = 5, skipped = 95 }, statuses(outcomes))
    assert.matches("5 failures in a row", outcomes[100].error.message, 1, true)
  end)

  it("takes a broken connection for one failure, though all its streams fail", function()
    local broke = false
    local w = world(100, function(i)
      if i > 20 and not broke then
        if i == 52 then broke = true end
        return LOST
      end
    end)
    assert.same({ deleted = 100 }, statuses(delete(w, tenants(1, 100), { concurrency = 32 })))
    assert.equal(1, w.lists)
  end)
end)

describe("the journal of many disconnects", function()
  it("has each intent before its DELETE is sent, durably", function()
    local w, missing = nil, {}
    w = world(600, function(i)
      local written = ('"connection":"%s"'):format(id(i))
      if not w.native.file.durable:find(written, 1, true) then missing[#missing + 1] = i end
    end)
    assert.same({ deleted = 600 }, statuses(delete(w, tenants(1, 600))))
    assert.same({}, missing)
  end)

  it("waits for the disk a few times, not for each", function()
    local w = world(1000)
    delete(w, tenants(1, 1000))
    local syncs = 0
    for _, call in ipairs(w.native.file.calls) do
      if call == "sync" then syncs = syncs + 1 end
    end
    assert.is_true(syncs <= 6, tostring(syncs))
  end)

  it("has one account of each, also where the summary cannot be said", function()
    local w = world(20, function(i) return i == 7 and { status = 401 } or nil end)
    function w.native.log.warn() error("no room", 0) end
    local ok, message = pcall(delete, w, tenants(1, 20))
    assert.is_false(ok)
    assert.equal("no room", message)
    assert_accounts(w, "failed")
    assert.equal(2 * 20, select(2, w.native.file.text:gsub("\n", "")))
  end)

  it("agrees with what became of each", function()
    local w = world(300, function(i, attempt)
      local kind = i % 7
      if attempt > 1 then return nil end
      if kind == 1 then return { status = 500, done = true } end
      if kind == 2 then return { status = 500 } end
      if kind == 3 then return { status = 400 } end
      if kind == 4 then return { status = 404, sends = 2, done = true } end
    end)
    local outcomes = delete(w, tenants(1, 300), { concurrency = 8 })
    local verdicts = journaled(w)
    for i, outcome in ipairs(outcomes) do
      assert.equal(outcome.status, verdicts[i])
      assert.equal(w.gone[i] and "deleted" or "failed", outcome.status)
    end
  end)

  it("lets nothing be sent where it cannot be written", function()
    local w = world(10)
    w.native.file.fails = "cannot write it: No space left on device"
    local failure = failure_of("store", delete, w, tenants(1, 10))
    assert.same({}, w.log)
    assert.same({ skipped = 10 }, statuses(failure.outcomes))
    failure_of("store", w.client.delete_connection, w.client, tenants(1, 1)[1])
    assert.same({}, w.log)
  end)

  it("lets nothing more be sent once it cannot be written, and says what was done", function()
    local w = world(1000)
    w.before_answer = function()
      if #w.log > 10 then w.native.file.fails = "cannot write it" end
    end
    local failure = failure_of("store", delete, w, tenants(1, 1000))
    local counts = statuses(failure.outcomes)
    assert.is_true(counts.deleted <= 11 + 16 + 4, tostring(counts.deleted))
    assert.equal(1000, counts.deleted + counts.skipped)
    for i, outcome in ipairs(failure.outcomes) do
      assert.equal(w.gone[i] and "deleted" or "skipped", outcome.status)
    end
  end)

  it("is not opened where another run holds the lock", function()
    local w = world(2)
    w.native.kept.busy = true
    failure_of("busy", delete, w, tenants(1, 2))
    assert.same({}, w.log)
    w.native.kept.busy = false
    assert.same({ deleted = 2 }, statuses(delete(w, tenants(1, 2))))
  end)

  it("is settled by the next run, with one list, before anything else is sent", function()
    local w = world(9)
    delete(w, tenants(1, 3))
    -- The last outcomes are lost, and one intent was never sent.
    local text = w.native.file.text
    local lines = {}
    for line in text:gmatch "[^\n]+\n" do lines[#lines + 1] = line end
    local next_world = world(9)
    next_world.native.file.text = table.concat(lines, "", 1, 4)
    next_world.gone = { [1] = true, [2] = true }
    delete(next_world, tenants(5, 5))
    assert.same({ "list", 5 }, next_world.log)
    local verdicts = journaled(next_world)
    assert.same({ "deleted", "deleted", "present" }, { verdicts[1], verdicts[2], verdicts[3] })
    assert.matches("settled 2 unfinished disconnects of the run of .*: 1 disconnected, "
      .. "1 still connected", next_world.native.log.said[1])
  end)

  it("is not settled by another app or user", function()
    local w = world(3)
    delete(w, tenants(1, 1))
    local other = world(3)
    other.native.file.text = w.native.file.text:match "^[^\n]+\n"
    other.client.settings.client_id = "OTHER"
    delete(other, tenants(2, 2))
    assert.same({ 2 }, other.log)
    assert.equal("open", journaled(other)[1])
    assert.matches("another app or user", other.native.log.said[1], 1, true)
  end)
end)

describe("an interruption of many disconnects", function()
  for _, signal in ipairs { "SIGINT", "deadline" } do
    it("by " .. signal .. " lets what is under way finish and sends no more", function()
      local w = world(50)
      w.before_answer = function() if #w.log >= 20 then w.native.signal = signal end end
      local kind = signal == "deadline" and "deadline" or "interrupted"
      local failure = failure_of(kind, delete, w, tenants(1, 50))
      local verdicts = journaled(w)
      for i, outcome in ipairs(failure.outcomes) do
        assert.equal(w.gone[i] and "deleted" or "skipped", outcome.status)
        assert.equal(outcome.status, verdicts[i])
      end
      local gone = #w.log
      assert.same({ ("%d of 50 disconnected, %d not tried"):format(gone, 50 - gone) },
        w.native.log.said)
    end)
  end

  it("leaves in doubt what no list has settled", function()
    local w = world(50, function(i) return i == 10 and LOST or nil end)
    w.before_answer = function() if #w.log >= 20 then w.native.signal = "SIGTERM" end end
    local failure = failure_of("interrupted", delete, w, tenants(1, 50))
    assert.equal("unknown", failure.outcomes[10].status)
    assert.equal("unknown", journaled(w)[10])
    assert.matches("whether T10 .* is unknown", w.native.log.said[1])
    assert.equal(0, w.lists)
  end)

  it("leaves nothing in doubt that a list has settled and that waits to be sent again", function()
    local w = world(1, function() return LOST end)
    w.native.sleep = function() w.native.signal = "SIGINT" end
    local failure = failure_of("interrupted", delete, w, tenants(1, 1))
    assert.equal("skipped", failure.outcomes[1].status)
    assert.equal(1, w.lists)
  end)

  it("by a signal within on_result loses no account", function()
    local w = world(50)
    local failure = failure_of("interrupted", delete, w, tenants(1, 50), { on_result = function()
      w.native.signal = "SIGINT"
      error(errors.interruption "SIGINT", 0)
    end })
    for i, outcome in ipairs(failure.outcomes) do
      assert.equal(w.gone[i] and "deleted" or "skipped", outcome.status)
    end
  end)
end)
