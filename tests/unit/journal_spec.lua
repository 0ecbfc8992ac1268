-- The journal over a file that is scripted: what is written when, and what a crash leaves.

local adopt = require("xero.connection").adopt
local deletion = require "xero.deletion"
local fake = require "support.fake"
local journal = require "xero.journal"
local journal_file = require "xero.journal_file"
local json = require "xero.json"
local reader = require "xero.journal_reader"
local time = require "xero.time"

local function id(i) return ("%08x-0000-4000-8000-000000000000"):format(i) end

local function work(i, fields)
  local listed = { id = id(i), tenantId = id(i + 4096), tenantName = "Tenant " .. i,
    updatedDateUtc = "2026-01-01T00:00:00" }
  for key, value in pairs(fields or {}) do listed[key] = value end
  return deletion.new(id(i), adopt { listed }[1])
end

local function works(first, last)
  local list = {}
  for i = first, last do list[#list + 1] = work(i) end
  return list
end

describe("the journal", function()
  local native, store, file

  local function open(about)
    local all = { run = "run1", profile = "acme", user = "ann", host = "desk",
      script = "x.lua", as = "app ID" }
    for key, value in pairs(about or {}) do all[key] = value end
    return journal.open(native, journal_file.open(store, "/state/acme"), all)
  end

  local function lines()
    local found = {}
    for line in file.text:gmatch "[^\n]*\n?" do
      if line ~= "" then found[#found + 1] = line end
    end
    return found
  end

  local function entries()
    local found = {}
    for i, line in ipairs(lines()) do found[i] = assert(json.decode(line)) end
    return found
  end

  local function iterate()
    local list, i = lines(), 0
    return function()
      i = i + 1
      return list[i]
    end
  end

  local function verify() return reader.verify(iterate(), native) end
  local function rows(since) return reader.rows(iterate(), since) end

  local function conclude(j, list, status)
    for _, each in ipairs(list) do
      each.status, each.sends = status or "deleted", 1
      j:conclude(each)
    end
    assert(j:sync())
  end

  before_each(function()
    file = fake.append()
    store = fake.store { ["journal.jsonl"] = file }
    native = fake.native()
    native.time = 1795460856.483
  end)

  it("has an intent before and an outcome after, with who, when, what and why", function()
    local j = open()
    local one = work(1)
    assert(j:intend({ one }, "demo"))
    one.correlation_id, one.http = "c0ffee", 204
    conclude(j, { one })
    local all = entries()
    assert.equal(2, #all)
    local expected = { v = 1, event = "intent", seq = 1, time = "2026-11-23T19:07:36.483Z",
      run = "run1", profile = "acme", user = "ann", host = "desk", script = "x.lua",
      as = "app ID", reason = "demo", connection = id(1), tenant = id(4097), name = "Tenant 1",
      updated = "2026-01-01T00:00:00", open = 1, prev = ("0"):rep(64) }
    all[1].hash = nil
    assert.same(expected, all[1])
    assert.equal("outcome", all[2].event)
    assert.equal(1, all[2].intent)
    assert.equal("deleted", all[2].verdict)
    assert.equal(1, all[2].sends)
    assert.equal(204, all[2].http)
    assert.equal("c0ffee", all[2].correlation_id)
    assert.equal(0, all[2].open)
  end)

  it("has its keys in one order, on one line each", function()
    local j = open()
    local list = { work(1, { tenantName = 'A "B"\n\27[2J\u{202e}č' }) }
    j:intend(list, "a\nb")
    conclude(j, list)
    local line = lines()[1]
    assert.equal(2, #lines())
    assert.is_truthy(line:find([["name":"A \"B\"\n\u001b[2J\u202eč"]], 1, true), line)
    local last = 0
    for _, key in ipairs { "v", "seq", "time", "event", "run", "profile", "user", "host", "script",
      "as", "reason", "connection", "tenant", "name", "updated", "open", "prev", "hash" } do
      local at = line:find('"' .. key .. '":', 1, true)
      assert.is_true(at and at > last, key)
      last = at
    end
  end)

  it("writes names and reasons that are no UTF-8 visibly", function()
    local j = open { script = "b\xff.lua" }
    assert(j:intend({ work(1) }, "\xc0"))
    assert.equal("\\xc0", entries()[1].reason)
    assert.equal("b\\xff.lua", entries()[1].script)
  end)

  it("writes as text what a script has put into a connection, and its texts as they are", function()
    local list = works(1, 2)
    list[1].connection.tenantName, list[2].connection.updatedDateUtc = 7, false
    assert(open():intend(list))
    local one, two = table.unpack(entries())
    assert.same({ id(4097), "7", "2026-01-01T00:00:00" }, { one.tenant, one.name, one.updated })
    assert.same({ id(4098), "Tenant 2", "false" }, { two.tenant, two.name, two.updated })
  end)

  it("writes what went wrong visibly, too, beside what it knows of numbers", function()
    local j = open()
    local failed = work(1)
    assert(j:intend({ failed }, "r"))
    failed.error = { message = "no \xff" }
    conclude(j, { failed }, "failed")
    assert.same({ "no \\xff", 1 }, { entries()[2].error, entries()[2].sends })
  end)

  it("takes no line for its own that is no UTF-8", function()
    assert.is_nil(journal.parse '{"v":1,"event":"intent","name":"\xff"}')
    assert.is_nil(journal.parse "\xff")
  end)

  it("follows the line that another has written meanwhile, where the log says so", function()
    local log, added = journal_file.open(store, "/state/acme"), nil
    function log.append(_, chain)
      chain()
      added = chain { seq = 9, open = 2, hash = ("a"):rep(64) }
      return true
    end
    local one = work(1)
    assert(journal.open(native, log, { run = "run1" }):intend({ one }, "r"))
    local entry = json.decode(added)
    assert.same({ 10, 3, ("a"):rep(64), 10 }, { entry.seq, entry.open, entry.prev, one.intent })
  end)

  it("says nothing of a connection that is not known of it", function()
    local j = open()
    local changed = work(1)
    changed.connection.tenantId, changed.connection.tenantName = nil, 7
    assert(j:intend({ changed }, "r"))
    assert.same({ nil, "7" }, { entries()[1].tenant, entries()[1].name })
  end)

  it("has texts alone about a connection, whatever a script has made of it", function()
    local j = open()
    local changed = work(1)
    changed.connection.tenantName, changed.connection.updatedDateUtc = 7, true
    assert(j:intend({ changed }, "r"))
    assert.equal("7", entries()[1].name)
    assert.equal("true", entries()[1].updated)
    assert.is_table(journal.parse((lines()[1]:gsub("\n$", ""))))
  end)

  it("makes intents durable, all with one sync", function()
    local j = open()
    j:intend(works(1, 256))
    assert.same({ "write", "sync" }, file.calls)
  end)

  it("says why where it cannot be written", function()
    local j = open()
    file.fails = "cannot write it"
    local done, message, hint = j:intend(works(1, 2))
    assert.is_nil(done)
    assert.equal("cannot write it", message)
    assert.equal("free some space", hint)
  end)

  it("begins nothing new once the lock of the run is lost", function()
    local log = journal_file.open(store, "/state/acme")
    function log.held() return nil, "the lock is lost", "run it again" end
    local j = journal.open(native, log, { run = "run1" })
    assert.same({ nil, "the lock is lost", "run it again" }, { j:intend(works(1, 2)) })
    assert.equal("", file.text)
  end)

  it("is a chain from run to run", function()
    for run = 1, 3 do
      local j = open { run = "run" .. run }
      local list = works(run * 10, run * 10 + 3)
      j:intend(list)
      conclude(j, list)
    end
    assert.same({ lines = 24, unfinished = 0, torn = 0 }, verify())
    assert.equal(24, entries()[24].seq)
  end)

  for name, change in pairs {
    ["a changed line"] = { 3, "was changed", function(text) return text:gsub("Tenant 3", "X") end },
    ["a line taken out"] = { 3, "does not follow", function(text)
      return (text:gsub("[^\n]*\n", "", 3):gsub("^", table.concat(lines(), "", 1, 2)))
    end },
    ["a line of something else"] = { 1, "is no line", function(text) return "hello\n" .. text end },
    ["a line cut short at the end"] = { 8, "is cut short", function(text)
      return text:sub(1, -10)
    end },
    ["lines that changed places"] = { 1, "does not follow", function()
      local all = lines()
      all[1], all[2] = all[2], all[1]
      return table.concat(all)
    end },
  } do
    it("shows " .. name, function()
      local j = open()
      local list = works(1, 4)
      j:intend(list)
      conclude(j, list)
      file.text = change[3](file.text)
      local check = verify()
      assert.equal(change[1], check.line)
      assert.matches(change[2], check.message, 1, true)
    end)
  end

  it("knows what an earlier run has left unfinished", function()
    local j = open()
    local list = works(1, 300)
    j:intend(list)
    for i = 1, 300 do
      if i % 100 ~= 7 then conclude(j, { list[i] }) end
    end
    local left = open { run = "run2" }:unfinished()
    assert.equal(3, #left)
    for i, n in ipairs { 7, 107, 207 } do assert.equal(id(n), left[i].connection) end
    assert.equal("run1", left[1].run)
    assert.equal(3, verify().unfinished)
  end)

  it("settles them with the reason and the script of the run that left them", function()
    local j = open()
    j:intend(works(1, 2), "demo")
    local later = open { run = "run2", script = "other.lua" }
    local left = later:unfinished()
    later:settle(left[1], "deleted")
    later:settle(left[2], "deleted", true)
    later:sync()
    assert.equal(0, #open():unfinished())
    assert.same({ lines = 4, unfinished = 0, torn = 0 }, verify())
    local row = rows()[1]
    assert.same({ "deleted", "demo", "x.lua", "run1", "run2" },
      { row.verdict, row.reason, row.script, row.run, row.settled_by })
    assert.is_true(rows()[2].reconnected)
  end)

  it("finds them in long lines and across the chunks that it reads", function()
    local j = open()
    local long = work(1, { tenantName = ("x"):rep(100000) })
    j:intend { long }
    assert.equal(1, #open():unfinished())
    local list = works(2, 500)
    j:intend(list)
    conclude(j, list)
    local left = open():unfinished()
    assert.equal(1, #left)
    assert.equal(100000, #left[1].name)
  end)

  it("says why where it cannot be read", function()
    local ok, err = pcall(journal_file.lines, "/dev/null")
    assert.is_false(ok)
    assert.equal("store", err.kind)
    assert.matches("the journal cannot be read: /dev/null/journal.jsonl: Not a directory",
      err.message, 1, true)
  end)

  it("is shown by verify where something stands behind the hash of a line", function()
    local j = open()
    j:intend(works(1, 2))
    file.text = file.text:gsub("}\n$", ',"x":1}\n')
    assert.equal(2, verify().line)
  end)

  describe("that a crash tore", function()
    local function torn_at(cut)
      local j = open()
      local list = works(1, 3)
      j:intend(list)
      conclude(j, { list[1] })
      file.text = file.text:sub(1, cut)
      return open { run = "run2" }
    end

    it("goes on behind the torn bytes, and says what they are, wherever they end", function()
      local j = open()
      local list = works(1, 3)
      j:intend(list)
      conclude(j, { list[1] })
      local whole = #file.text
      for cut = 0, whole, 7 do
        file.text = ""
        local later = torn_at(cut)
        local more = works(10, 11)
        assert(later:intend(more))
        conclude(later, more)
        local check = verify()
        assert.is_nil(check.line, ("cut at %d: line %s %s"):format(cut, check.line, check.message))
        assert.equal(file.text:find '"torn"' and 1 or 0, check.torn)
      end
    end)

    it("goes on after lines of zeros, too", function()
      local j = open()
      local list = works(1, 2)
      j:intend(list)
      file.text = file.text .. ("\0"):rep(5000) .. "\n" .. ("\0"):rep(10)
      assert(open { run = "run2" }:intend(works(3, 4)))
      assert.equal(1, verify().torn)
      assert.is_nil(verify().line)
      assert.equal(4, verify().unfinished)
    end)

    it("knows what was left unfinished before them", function()
      open():intend(works(1, 2))
      file.text = file.text .. '{"v":1,"se\n'
      local left = open { run = "run2" }:unfinished()
      assert.equal(2, #left)
      assert.equal(id(1), left[1].connection)
    end)

    it("says why where it cannot go on behind them", function()
      open():intend(works(1, 2))
      file.text = file.text .. "{"
      file.fails = "cannot write it"
      local ok, err = pcall(open)
      assert.is_false(ok)
      assert.same({ "store", "cannot write it", "free some space" },
        { err.kind, err.message, err.hint })
    end)

    it("shows when the torn bytes are changed later", function()
      local j = torn_at(1500)
      j:intend(works(3, 4))
      file.text = file.text:gsub("Tenant 3", "Tenant 9")
      assert.is_number(verify().line)
    end)
  end)

  it("is not mixed with a file that is something else", function()
    for _, text in ipairs { "hello\n", "[]\n{}\n", ("x"):rep(5000000) } do
      file.text = text
      local ok, err = pcall(open)
      assert.is_false(ok)
      assert.equal("store", err.kind)
      assert.matches("/state/acme/journal.jsonl", err.message, 1, true)
      assert.matches("mv ", err.hint, 1, true)
      assert.equal(text, file.text)
    end
  end)

  it("takes no line for its own where a field is of another type", function()
    open():intend(works(1, 1), "demo")
    local line = file.text
    for _, change in ipairs {
      { '"v":1', '"v":1.5' }, { '"event":"intent"', '"event":1' }, { '"seq":1', '"seq":"1"' },
      { '"open":1', '"open":true' }, { '"prev":"0+"', '"prev":0' },
      { '"hash":"%x+"', '"hash":7' }, { '"reason":"demo"', '"reason":{}' },
      { '"run":"run1"', '"run":1' },
    } do
      local count
      file.text, count = line:gsub(change[1], change[2])
      assert.equal(1, count, change[1])
      local ok, err = pcall(open)
      assert.is_false(ok, change[2])
      assert.matches("is no journal of ours", err.message, 1, true)
    end
  end)

  it("takes no line for an outcome that does not say what became of which", function()
    open():intend(works(1, 1), "demo")
    local function parse(fields)
      return journal.parse((file.text:gsub('"event":"intent"', '"event":"outcome",' .. fields)))
    end
    assert.is_table(parse '"intent":1,"verdict":"deleted"')
    assert.is_nil(parse '"intent":1')
    assert.is_nil(parse '"intent":"1","verdict":"deleted"')
    assert.is_nil(parse '"intent":1,"verdict":{}')
  end)

  it("is not written to by an older version", function()
    open():intend(works(1, 1))
    file.text = file.text:gsub('"v":1', '"v":2')
    local ok, err = pcall(open)
    assert.is_false(ok)
    assert.matches("newer", err.message, 1, true)
  end)

  it("is read as one row for each disconnect, the unfinished ones last", function()
    local j = open()
    local list = works(1, 4)
    j:intend(list)
    conclude(j, { list[3] })
    native.time = native.time + 86400
    conclude(j, { list[1] }, "failed")
    local all = rows()
    local seen = {}
    for i, row in ipairs(all) do seen[i] = row.verdict .. " " .. row.name end
    assert.same({ "deleted Tenant 3", "failed Tenant 1", "unfinished Tenant 2",
      "unfinished Tenant 4" }, seen)
    assert.equal(1, #rows(native.time - 3600))
  end)

  describe("since a time", function()
    -- What is shown without and with it: the rows that ended then are the same.
    local function shown_since(since)
      local expected = {}
      for _, row in ipairs(rows()) do
        if time.parse(row.time) >= since then expected[#expected + 1] = row end
      end
      assert.same(expected, rows(since))
      return #expected
    end

    it("has what was intended before and ended after, as it is", function()
      local j, list = open(), works(1, 3)
      local begun = native.time
      j:intend(list)
      conclude(j, { list[1] })
      native.time = begun + 86400
      conclude(j, { list[2] })
      j = open { run = "run2" }
      j:settle(j:unfinished()[1], "present")
      assert(j:sync())
      assert.equal(2, shown_since(begun + 3600))
      local row = rows(begun + 3600)[2]
      assert.same({ "present", "run1", "run2", time.format(math.floor(begun)):sub(1, 10) },
        { row.verdict, row.run, row.settled_by, row.intended:sub(1, 10) })
      for _, since in ipairs { -1e12, 0, begun, begun + 86400, begun + 86401 } do
        shown_since(since)
      end
    end)

    it("has later lines with earlier times, for clocks are set back", function()
      local j, list = open(), works(1, 6)
      local begun = native.time
      for i, hours in ipairs { 48, 0, 24, 47, 12, 48 } do
        native.time = begun + hours * 3600
        j:intend { list[i] }
        native.time = native.time + 60
        if i ~= 5 then conclude(j, { list[i] }) end
      end
      assert.equal(3, shown_since(begun + 47 * 3600))
      assert.equal(5, shown_since(begun + 12 * 3600))
    end)

    it("is not told that something ended by a line that is torn", function()
      local j, list = open(), works(1, 2)
      local begun = native.time
      j:intend(list)
      conclude(j, { list[1] })
      file.text = file.text:sub(1, -70)
      native.time = begun + 86400
      j = open { run = "run2" }
      for _, intent in ipairs(j:unfinished()) do j:settle(intent, "present") end
      assert(j:sync())
      assert.equal(2, shown_since(begun + 3600))
      assert.equal("run1", rows(begun + 3600)[1].run)
    end)
  end)
end)
