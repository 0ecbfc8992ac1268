-- Many disconnects as a user meets them: limits, protection, the lock, the deadline, the journal.

local cjson = require "cjson"
local place = require "support.place"
local process = require "support.process"
local record = require "support.record"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

local function id(i) return ("c0000000-0000-4000-8000-%012d"):format(i) end
local function tenant(i) return ("7e000000-0000-4000-8000-%012d"):format(i) end

local ALL = [[
  local xero = require "xero"
  local outcomes = xero.delete_connections(xero.get_connections(), { reason = "test" })
  for _, outcome in ipairs(outcomes) do
    print(outcome.connection.id, outcome.status, outcome.error)
  end
]]

describe("many disconnects", function()
  local world, state

  before_each(function()
    world = sandbox.start { "--connections", "20" }
    state = place.new()
  end)

  after_each(function() world:stop() end)

  -- Options of the host, then -e and the chunk, in a state directory of its own.
  local function xero(words)
    words.env = (words.world or world):with { XERO_RUN_STATE = state.value, HOME = words.home,
      XERO_RUN_CONFIG = words.config }
    return run(words)
  end

  local function deletes(of)
    local count = 0
    for _, request in ipairs((of or world):log()) do
      if request.method == "DELETE" then count = count + 1 end
    end
    return count
  end

  local function configured(profile)
    return temp.file(("return { profiles = { acme = %s } }"):format(profile), "config.lua")
  end

  it("go, and the journal says who, when, by which script and why", function()
    local script = temp.file(ALL, "cleanup.lua")
    local result = xero { script }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(20, deletes())
    local rows = cjson.decode(xero { "journal", "--format", "json" }.out)
    assert.equal(20, #rows)
    for _, row in ipairs(rows) do
      assert.same({ "deleted", "test", script, "default", 1, 204 },
        { row.verdict, row.reason, row.script, row.profile, row.sends, row.http })
      assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$", row.time)
      for _, key in ipairs { "connection", "tenant", "name", "user", "host", "run",
        "correlation_id" } do
        assert.is_truthy(row[key] and row[key] ~= "", key)
      end
    end
  end)

  describe("have their accounts where on_result never comes back:", function()
    local function ended(chunk, status)
      local result = xero { "--concurrency", "2", "-e", ([[
        local xero = require "xero"
        local function all(on_result)
          xero.delete_connections(xero.get_connections(), { on_result = on_result })
        end
      ]]) .. chunk }
      assert.equal(status, result.status, result.err)
      assert.equal(
        ("xero-run: %d of 20 disconnected, %d not tried; the script has ended\n"):format(deletes(),
          20 - deletes()), result.err)
      assert.is_true(deletes() < 4)
      assert.matches("each as it was written\n$", xero({ "journal", "verify" }).out)
      local verdicts = { deleted = 0, skipped = 0 }
      for _, row in ipairs(cjson.decode(xero { "journal", "--format", "json" }.out)) do
        verdicts[row.verdict] = verdicts[row.verdict] + 1
      end
      assert.same({ deleted = deletes(), skipped = 20 - deletes() }, verdicts)
    end

    it("it ends the process", function() ended("all(function() os.exit(4) end)", 4) end)

    it("it ends the process within a coroutine", function()
      ended("coroutine.wrap(function() all(function() os.exit(4) end) end)()", 4)
    end)

    it("it yields, and nobody resumes it", function()
      ended("coroutine.wrap(all)(coroutine.yield)", 0)
    end)

    it("it yields, and is closed", function()
      ended([[
        local thread = coroutine.create(all)
        coroutine.resume(thread, coroutine.yield)
        assert(coroutine.close(thread))]], 0)
    end)
  end)

  it("say in a line of what is left why on_result ended it", function()
    local result = xero { "--concurrency", "1", "-e", [[
      local xero = require "xero"
      local function on_result() error "boom" end
      xero.delete_connections(xero.get_connections(), { on_result = on_result })]] }
    assert.equal(1, result.status)
    assert.matches("^xero%-run: 1 of 20 disconnected, 19 not tried; %(command line%):2: boom\n"
      .. "xero%-run: %(command line%):2: boom\nstack traceback:\n", result.err)
    for _, row in ipairs(cjson.decode(xero { "journal", "--format", "json" }.out)) do
      if row.error then assert.matches("was not disconnected: [^\n]*:2: boom$", row.error) end
    end
  end)

  it("take a whole number that is a float for one, as Lua's own library does", function()
    local chunk = ALL:gsub('reason = "test"', "concurrency = 8 / 2")
    local result = xero { "-e", chunk }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(20, deletes())
  end)

  it("can have a reason each", function()
    local chunk = ALL:gsub('"test"', "function(c) return c.name end")
    assert.equal(0, xero({ "-e", chunk }).status)
    for line in state:journal():gmatch "[^\n]+" do
      local entry = cjson.decode(line)
      assert.equal(entry.name, entry.reason)
    end
  end)

  it("are not begun where a reason cannot be had", function()
    for _, reason in ipairs { "function() error 'no' end", "function() return {} end" } do
      local result = xero { "-e", (ALL:gsub('"test"', reason)) }
      assert.equal(1, result.status)
      assert.equal(0, deletes())
      assert.is_nil(state:journal())
    end
  end)

  it("keep a journal for single ones, too, that no token is in", function()
    assert.equal(0, xero { "-e", ('require "xero".delete_connection "%s"'):format(id(3)) }.status)
    local of = record.journal(state)[id(3)]
    assert.same({ 1, "deleted" }, { of.intents, of.verdict })
    local text = state:journal()
    assert.is_nil(text:find(world.env.XERO_CLIENT_SECRET, 1, true))
    assert.is_nil(text:find("eyJ", 1, true))
    if place.in_files then
      local directory = state.directory .. "/default"
      assert.equal("600\n", shell.output { "stat", "-c", "%a", directory .. "/journal.jsonl" })
      assert.equal("700\n", shell.output { "stat", "-c", "%a", directory })
    end
  end)

  it("end with 3 where one failed, and with 0 where a later try did it", function()
    local faulty <close> = sandbox.start { "--connections", "5", "--fault", "delete#2:status=400" }
    local result = xero { "-e", ALL, world = faulty }
    assert.equal(3, result.status)
    assert.equal("xero-run: 4 of 5 disconnected, 1 failed\n", result.err)
    faulty:stop()
    local again <close> = sandbox.start { "--connections", "5", "--fault", "delete#2:status=400" }
    result = xero { "-e", ALL .. ALL, world = again }
    assert.equal(0, result.status, result.err)
  end)

  it("are not begun where the list has gaps or names, behind which somebody would stay", function()
    for list, message in pairs {
      ["{ list[1], nil, list[3] }"] = "%(the list has gaps%)",
      ["{ [list[1].id] = list[1] }"] = "%(a list expected, got the key c0000000%-",
      ["table.pack(list[1])"] = "%(a list expected, got the key n%)",
      ["{ list[1], 7 }"] = "%(element 2: connection or id expected, got number%)",
    } do
      local result = xero { "-e", ([[
        local xero = require "xero"
        local list = xero.get_connections()
        xero.delete_connections(%s)]]):format(list) }
      assert.equal(1, result.status)
      assert.matches("%(command line%):3: bad argument #1 to 'delete_connections' " .. message,
        result.err)
    end
    assert.equal(0, deletes())
  end)

  it("end as the script says where it says so", function()
    local faulty <close> = sandbox.start { "--connections", "5", "--fault", "delete#2:status=400" }
    assert.equal(0, xero({ "-e", ALL .. " os.exit(0)", world = faulty }).status)
  end)

  describe("are refused before the first one", function()
    local function refused(kind, words)
      local result = xero(words)
      assert.equal(5, result.status, result.err)
      assert.matches(kind, result.err)
      assert.equal(0, deletes())
      assert.is_nil(state:journal "acme")
      return result
    end

    it("over --max-disconnects, before and after a command's name", function()
      refused("more than 19: %-%-max%-disconnects 19", { "--max-disconnects", "19", "-e", ALL })
      refused("more than 1: ", { "disconnect", "-y", "--max-disconnects", "1", id(1), id(2) })
      refused("more than 0: ", { "disconnect", "-y", "--max-disconnects=0", id(1) })
    end)

    it("over the limits of the profile, which no option loosens", function()
      local config = configured "{ limits = { max_disconnects = 3 } }"
      refused("max_disconnects = 3 of profile acme", { "-e", ALL, config = config })
      refused("max_disconnects = 3", { "--max-disconnects=99", "-e", ALL, config = config })
      refused("max_percent = 50 of profile acme, of 20 connections",
        { "-e", ALL, config = configured "{ limits = { max_percent = 50 } }" })
    end)

    it("over --max-disconnects, though clients of several profiles share them", function()
      local config = temp.file('return { profiles = { a = {}, b = {} }, default = "a" }')
      local result = xero { "--max-disconnects", "2", "-e", [[
        local xero = require "xero"
        local a, b = xero.client { profile = "a" }, xero.client { profile = "b" }
        local list = a:get_connections()
        a:delete_connections { list[1], list[2] }
        b:delete_connection(list[3])
      ]], config = config }
      assert.equal(5, result.status, result.err)
      assert.matches("after 2 in this run, is more than 2: --max-disconnects 2", result.err, 1,
        true)
      assert.equal(2, deletes())
    end)

    it("where one is protected by Xero's word, whatever a script does to its list", function()
      local config = configured(('{ protect = { ["%s"] = "our own books" } }'):format(tenant(7)))
      for _, change in ipairs { "list[7].tenantId = nil",
        "list[7].tenantId, list[8].tenantId = list[8].tenantId, list[7].tenantId",
        "list[7].id, list[8].id = list[8].id, list[7].id; list[7] = list[8]" } do
        refused("our own books", { "-e", ([[
          local xero = require "xero"
          local list = xero.get_connections()
          %s
          xero.delete_connection(list[7])
        ]]):format(change), config = config })
      end
    end)

    it("where one is protected, and in a dry run, too", function()
      local config = configured(('{ protect = { ["%s"] = "our own books" } }'):format(tenant(7)))
      refused("protected: our own books", { "-e", ALL, config = config })
      refused("our own books", { "disconnect", "-y", id(1), id(7), config = config })
      refused("our own books", { "disconnect", "-n", id(7), config = config })
      refused("our own books", { "-e", ('require "xero".delete_connection "%s"'):format(id(7)),
        config = config })
      assert.equal(0, xero { "disconnect", "-y", id(1), config = config }.status)
    end)
  end)

  describe("and the lock of the profile", function()
    it("wait for another run that disconnects, and then say that it is busy", function()
      local slow <close> = sandbox.start { "--connections", "20", "--latency", "300" }
      local first = run.spawn { "--concurrency", "1", "-e", ALL,
        env = slow:with { XERO_RUN_STATE = state.value } }
      process.await(function() return deletes(slow) > 0 end, "the first DELETE")
      local result = xero { "--lock-timeout", "200ms", "disconnect", "-y", id(1) }
      assert.equal(7, result.status, result.err)
      assert.matches(place.in_files and "run.lock" or 'the lock "run"', result.err, 1, true)
      assert.matches("hint: [^\n]*%-%-lock%-timeout", result.err)
      assert.equal(0, deletes())
      assert.equal(0, xero({ "list" }).status, "to list needs no lock")
      first:kill "INT"
      assert.equal(130, first:wait().status)
      assert.equal(0, xero { "disconnect", "-y", id(1) }.status)
    end)

    it("are no matter to other profiles", function()
      local slow <close> = sandbox.start { "--connections", "20", "--latency", "300" }
      local config = temp.file("return { profiles = { other = {} } }", "config.lua")
      local first = run.spawn { "--config", config, "--profile", "other", "--concurrency", "1",
        "-e", ALL, env = slow:with { XERO_RUN_STATE = state.value } }
      process.await(function() return deletes(slow) > 0 end, "the first DELETE")
      assert.equal(0, xero { "disconnect", "-y", id(1) }.status)
      first:stop()
    end)
  end)

  describe("with a deadline", function()
    it("end with 8, and what was under way is finished and told", function()
      local slow <close> = sandbox.start { "--connections", "20", "--latency", "200" }
      local result = xero { "--deadline", "1s", "--concurrency", "2", "-e", ALL, world = slow }
      assert.equal(8, result.status, result.err)
      local line = "^xero%-run: (%d+) of 20 disconnected, %d+ not tried\n"
      local done = tonumber(result.err:match(line))
      assert.matches("the deadline of the run has passed", result.err)
      local gone = 0
      for key, of in pairs(record.of(slow)) do
        if of.done then gone = gone + 1 end
        assert.equal("deleted", record.journal(state)[key].verdict)
      end
      assert.equal(gone, done)
      assert.is_true(done > 0 and done < 20)
    end)

    it("after the command's name do so, too", function()
      local slow <close> = sandbox.start { "--connections", "20", "--latency", "1000" }
      local result = xero { "disconnect", "-y", "--deadline", "500ms", id(1), world = slow }
      assert.equal(8, result.status, result.err)
    end)
  end)

  describe("without a place for the journal", function()
    it("are not sent, and what to set is said", function()
      local home = temp.directory()
      temp.write(home .. "/.local", "in the way")
      local result = run { "disconnect", "-y", id(1),
        env = world:with { HOME = home, XERO_RUN_STATE = false } }
      assert.not_equal(0, result.status)
      assert.matches("hint: [^\n]*XERO_RUN_STATE", result.err)
      assert.equal(0, deletes())
    end)

    it("are not sent where the journal is open to others", function()
      if not place.in_files then return pending(place.ONLY_FILES) end
      assert.equal(0, xero { "disconnect", "-y", id(1) }.status)
      shell.output { "chmod", "644", state.directory .. "/default/journal.jsonl" }
      local result = xero { "disconnect", "-y", id(2) }
      assert.equal(1, result.status)
      assert.matches("hint: chmod 600 ", result.err, 1, true)
      assert.equal(1, deletes())
    end)
  end)

  it("leave nothing behind in the private sandbox", function()
    local home = temp.directory()
    local result = run { "--sandbox", "-e", ALL, env = { HOME = home, TMPDIR = home } }
    assert.equal(0, result.status, result.err)
    assert.equal("", shell.output { "find", home, "-mindepth", "1" })
  end)

  it("take ids from a pipe, and the confirmation from the terminal", function()
    local program = run.program()
    local script = temp.file(([[
      %s list --format ids --name "Organisation 0000*" | %s disconnect --reason pipe -
    ]]):format(program, program), "pipe.sh")
    for _, answer in ipairs { "n", "y" } do
      local result = process.run { "sh", script, tty = true, stdin = answer .. "\n",
        env = world:with { XERO_RUN_STATE = state.value } }
      assert.equal(answer == "y" and 0 or 5, result.status, result.out)
      assert.matches("Disconnect these 9 tenants for good%?", result.out)
      assert.equal(answer == "y" and 9 or 0, deletes())
    end
  end)

  it("show a bar on a terminal, and only there", function()
    local slow <close> = sandbox.start { "--connections", "20", "--latency", "40" }
    local env = slow:with { XERO_RUN_STATE = state.value }
    local script = temp.file(ALL, "script.lua")
    local result = run { "--concurrency", "1", script, tty = true, env = env }
    assert.equal(0, result.status, result.out)
    assert.matches("\r\27%[K%[=* *%] %d+/20  ", result.out)
    assert.matches("20 of 20 disconnected", result.out, 1, true)
    for line in result.out:gmatch "([^\r\n]*)\r?\n" do
      assert.is_nil(line:gsub(".*\r\27%[K", ""):find("/20", 1, true), "a bar was left behind")
    end
  end)

  it("show no bar with --quiet", function()
    local env = world:with { XERO_RUN_STATE = state.value }
    local result = run { "--quiet", temp.file(ALL, "script.lua"), tty = true, env = env }
    assert.is_nil(result.out:find("\27", 1, true))
  end)
end)

describe("xero-run journal", function()
  local function journal(words)
    words.env = { XERO_RUN_STATE = words.state.value }
    table.insert(words, 1, "journal")
    return run(words)
  end

  local world, state
  setup(function()
    world = sandbox.start()
    state = place.new()
    local env = world:with { XERO_RUN_STATE = state.value }
    run { "disconnect", "-y", "--reason", "demo", id(1), id(2), env = env }
  end)
  teardown(function() world:stop() end)

  it("shows a table, JSON, JSON lines and CSV", function()
    local lines = {}
    for line in journal({ state = state }).out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(3, #lines)
    assert.matches("^TIME +VERDICT +REASON +SCRIPT +USER +CONNECTION +NAME$", lines[1])
    assert.matches("deleted +demo +xero%-run disconnect ", lines[2])
    assert.equal(2, #cjson.decode(journal({ "--format", "json", state = state }).out))
    local _, count = journal({ "-f", "jsonl", state = state }).out:gsub("\n", "")
    assert.equal(2, count)
    assert.matches("^time,verdict,connection,", journal({ "-f", "csv", state = state }).out)
    assert.equal(id(1) .. "\n" .. id(2) .. "\n", journal({ "-f", "ids", state = state }).out)
  end)

  it("says of a tenant without a name that it has none", function()
    local other = place.new()
    local env = world:with { XERO_RUN_STATE = other.value }
    assert.equal(0, run({ "disconnect", "-y", id(10), env = env }).status)
    assert.matches(id(10) .. "  (no name)\n", journal({ state = other }).out, 1, true)
    assert.is_nil(cjson.decode(journal({ "-f", "json", state = other }).out)[1].name)
  end)

  it("shows what ended since then", function()
    for since, count in pairs { ["1h"] = 2, ["2026-01-01"] = 2, ["2999-01-01"] = 0 } do
      local result = journal { "--since", since, "-f", "json", state = state }
      assert.equal(count, #cjson.decode(result.out), since)
    end
    local result = journal { "--since", "soon", state = state }
    assert.equal(2, result.status)
    assert.matches("7d", result.err)
  end)

  it("is empty where nothing was disconnected", function()
    local result = journal { "-f", "json", state = place.new() }
    assert.same({ 0, "[]\n" }, { result.status, result.out })
  end)

  it("verifies, and says the first bad line", function()
    local good = journal { "verify", state = state }
    assert.same({ 0, "4 lines, each as it was written\n" }, { good.status, good.out })
    state:change_line(2, "demo", "xemo")
    local bad = journal { "verify", state = state }
    assert.equal(1, bad.status)
    assert.matches("line 2 was changed", bad.err, 1, true)
    assert.matches(place.in_files and "journal.jsonl: " or "the journal in postgresql://", bad.err,
      1, true)
    state:change_line(2, "xemo", "demo")
  end)

  it("verifies where a full disk has cut a line short, and says what it may have been", function()
    if not place.in_files then return pending(place.ONLY_FILES) end
    local full = place.new()
    local env = world:with { XERO_RUN_STATE = full.value }
    assert.equal(0, run({ "disconnect", "-y", id(3), env = env }).status)
    assert.equal(1, process.run({
      "env", "--ignore-signal=XFSZ", "prlimit", ("--fsize=%d"):format(#full:journal() + 100),
      run.program(), "disconnect", "-y", id(4), env = env,
    }).status)
    assert.equal(0, run({ "disconnect", "-y", id(4), env = env }).status)
    local result = journal { "verify", state = full }
    assert.same({ 0, "6 lines, each as it was written; 1 place where a write did not end (a crash,"
      .. " a full disk), as noted there\n" }, { result.status, result.out })
  end)
end)
