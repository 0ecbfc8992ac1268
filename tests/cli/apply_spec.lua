-- `xero-run apply`: what the plan says is carried out, once it was shown and confirmed.

local policy_run = require "support.policy_run"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local id = policy_run.id

-- Two of twenty, and what keeps all others.
local TWO = 'policy.disconnect "too many" { tenant_id = { tenant(3), tenant(7) } },'

describe("xero-run apply", function()
  local app

  before_each(function() app = policy_run.start { "--connections", "20" } end)
  after_each(function() app:stop() end)

  local function apply(rules, ...)
    return app:run({ "apply", "--yes", ... }, rules)
  end

  it("disconnects what the plan says, which it shows, and nothing else", function()
    local result = apply(TWO)
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ 3, 7 }, app:deleted())
    assert.matches("disconnect +" .. id(3):gsub("%-", "%%-") .. " +too many", result.out)
    assert.matches("2 of 20 connections would be disconnected", result.out)
  end)

  it("disconnects exactly whose ids the plan has given, with whatever rules", function()
    app:stop()
    app = policy_run.start()
    local before = {}
    for _, rules in ipairs {
      'policy.disconnect "demo" { name = "Demo*", older_than = "100d" },',
      'policy.protect "us" { name = "Kiwi*" }, policy.disconnect "twice" { duplicate = "newest" },',
      'policy.keep "new" { created_within = "60d" }, policy.disconnect "a" { type = "PRACTICE" },',
      'quota = { max = 29, evictable = function(c) return c.tenantType == "ORGANISATION" end },',
      'policy.disconnect "first" { when = function(c) return c.name:find "^W" ~= nil end },',
    } do
      local ids = app:run({ "plan", "-f", "ids" }, rules).out
      local result = apply(rules)
      assert.equal(0, result.status, result.err)
      local gone, planned = app:deleted(), {}
      for n in ids:gmatch "(%d+)\n" do planned[#planned + 1] = tonumber(n) end
      table.move(before, 1, #before, #planned + 1, planned)
      table.sort(planned)
      assert.same(planned, gone)
      before = gone
    end
    assert.is_true(#before > 5)
  end)

  it("gives the journal each one's rule and what it saw, and the policy's file", function()
    apply 'policy.disconnect "three" { tenant_id = tenant(3) },'
    apply 'policy.disconnect "seven" { name = "Organisation 00007" },'
    local reasons = {}
    for _, line in ipairs(app:journal()) do
      assert.equal("xero-run apply " .. app.file, line.script)
      reasons[line.connection] = line.reason
    end
    assert.matches("^three: tenantId is 7e0", reasons[id(3)])
    assert.equal('seven: the name is "Organisation 00007"', reasons[id(7)])
  end)

  it("gives each its own rule in one run", function()
    apply 'policy.disconnect "a" { tenant_id = tenant(3) }, policy.disconnect "b" { name = "*07" },'
    local rules = {}
    for _, line in ipairs(app:journal()) do rules[line.connection] = line.reason:match "^%a" end
    assert.same({ [id(3)] = "a", [id(7)] = "b" }, rules)
  end)

  it("takes one that somebody else has disconnected meanwhile for gone", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=404" }
    local result = apply(TWO)
    assert.equal(0, result.status, result.err)
    local remembered = temp.read(app.state .. "/default/marks.json")
    assert.matches('"connections":18', remembered, 1, true)
  end)

  it("settles first what a run that was killed has left", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:hang" }
    local killed = app:spawn({ "apply", "--yes", "--concurrency", "1" }, TWO)
    process.await(function() return app:deleted()[1] end, "the DELETE that hangs")
    killed:kill "KILL"
    killed:wait()
    local result = apply(TWO)
    assert.equal(0, result.status, result.err)
    local events = {}
    for i, line in ipairs(app:journal()) do events[i] = line.event end
    assert.equal("intent intent settled settled intent intent outcome outcome",
      table.concat(events, " "))
  end)

  it("ends with 0 where there is nothing to do, asking nobody", function()
    local result = app:run({ "apply" }, 'policy.keep "all" { name = "*" },')
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("0 of 20 connections", result.out)
    assert.same({}, app:journal())
  end)

  it("is quiet on request where it does what was asked for, and shows what it refuses", function()
    local result = apply(TWO, "--quiet")
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    result = apply('policy.disconnect "more" { name = "*" },', "--quiet")
    assert.equal(5, result.status)
    assert.matches("disconnect +" .. id(4):gsub("%-", "%%-"), result.out)
    result = app:run({ "apply", "--quiet", tty = true, stdin = "no\n" }, (TWO:gsub("7", "8")))
    assert.equal(5, result.status)
    assert.matches("disconnect +" .. id(8):gsub("%-", "%%-"), result.out)
    assert.matches("not confirmed", result.out)
  end)

  describe("refuses the whole plan, shown before,", function()
    local function refused(status, pattern, rules, ...)
      local result = apply(rules, ...)
      assert.equal(status, result.status, result.err)
      assert.matches(pattern, result.err)
      assert.matches("of 20 connections would be disconnected", result.out)
      assert.same({}, app:deleted())
      assert.same({}, app:journal())
    end

    it("over a limit of its own, of the default or of the command line", function()
      refused(5, "REFUSED: [^\n]*max_disconnects = 1", TWO .. "limits = { max_disconnects = 1 },")
      refused(5, "REFUSED: [^\n]*min_remaining = 19", TWO .. "limits = { min_remaining = 19 },")
      refused(5, "REFUSED: [^\n]*the default, 10 %%", 'policy.disconnect "all" { name = "*" },')
      refused(5, "REFUSED: [^\n]*%-%-max%-disconnects 1", TWO, "--max-disconnects", "1")
    end)

    it("over a limit of the profile, which no policy undoes", function()
      local config = temp.file('return { default = "default", profiles = { default = { '
        .. "limits = { max_disconnects = 1 } } } }", "config.lua")
      refused(5, "max_disconnects = 1 of profile default", TWO .. "limits = { max_percent = 100 },",
        "--config", config)
    end)

    it("while one is held", function()
      refused(5, "REFUSED: [^\n]*1 held", TWO .. [[policy.disconnect "broken" {
        tenant_id = tenant(9), when = function() error "no" end },]])
    end)

    it("without a confirmation where there is no terminal", function()
      local result = app:run({ "apply" }, TWO)
      assert.equal(5, result.status)
      assert.matches("no confirmation", result.err)
      assert.matches("hint: [^\n]*%-%-yes", result.err)
      assert.same({}, app:deleted())
    end)
  end)

  it("acts around who is held where the policy allows it", function()
    local result = apply(TWO .. [[allow_held = true, policy.disconnect "broken" {
      tenant_id = tenant(9), when = function() error "no" end },]])
    assert.equal(0, result.status, result.err)
    assert.same({ 3, 7 }, app:deleted())
  end)

  it("disconnects nothing while the policy is asked, whatever a predicate or the script calls",
    function()
      local by_itself = 'policy.disconnect "by itself" { name = "*7", '
        .. "when = function(c) xero.delete_connection(c.id) return true end },"
      for _, words in ipairs { { "-y" }, { "-y", "plan" }, { "-y", "explain" },
        { "-y", "apply" } } do
        assert.matches("held", app:run(words, by_itself).out)
      end
      local all = "xero.delete_connections(xero.get_connections())"
      for _, words in ipairs { { "-y" }, { "-y", "plan" }, { "-y", "apply" } } do
        local result = app:run(words, 'policy.keep "all" { name = "*" },', all)
        assert.same({ 2, "" }, { result.status, result.out })
        assert.matches("a policy disconnects nothing by itself\nhint: ", result.err)
      end
      assert.same({}, app:deleted())
    end)

  it("takes a script that has disconnected by itself for no policy, and plans nothing", function()
    temp.write(app.file, ([[
      local xero = require "xero"
      xero.delete_connection("%s")
      return xero.policy "test" { xero.policy.keep "all" { name = "*" } }
    ]]):format(policy_run.id(5)))
    local result = app:run { app.file }
    assert.same({ 2, "" }, { result.status, result.out })
    assert.matches("the script disconnects by itself, so it cannot be a policy, too\nhint: ",
      result.err)
    assert.same({ 5 }, app:deleted())
    for _, command in ipairs { "plan", "apply" } do
      assert.equal(2, app:run({ "-y", command, app.file }).status)
    end
    assert.same({ 5 }, app:deleted())
  end)

  it("never disconnects whom the profile protects, whatever the policy says", function()
    local config = temp.file(('return { default = "default", profiles = { default = { '
      .. 'protect = { ["%s"] = "our own books" } } } }'):format(policy_run.tenant(3)),
      "config.lua")
    local result = apply(TWO, "--config", config, "--all")
    assert.equal(0, result.status, result.err)
    assert.matches("protected +%S+ +protected by profile default", result.out)
    assert.same({ 7 }, app:deleted())
  end)

  it("asks on the terminal for the profile's name and the number of tenants", function()
    for _, answer in ipairs { "y", "default", "default 3", "2" } do
      local result = app:run({ "apply", tty = true, stdin = answer .. "\n" }, TWO)
      assert.equal(5, result.status, result.out)
      assert.matches('This disconnects 2 tenants for good. Type "default 2" to go on', result.out)
      assert.matches("not confirmed: nothing was disconnected", result.out)
    end
    assert.same({}, app:deleted())
    local result = app:run({ "apply", tty = true, stdin = "default 2\n" }, TWO)
    assert.equal(0, result.status, result.out)
    assert.same({ 3, 7 }, app:deleted())
  end)

  it("sends nothing, asks nothing and remembers nothing in a dry run", function()
    local result = app:run({ "apply", "--dry-run" },
      TWO .. 'policy.disconnect "later" { name = "*", after = "1d" },')
    assert.equal(0, result.status, result.err)
    assert.matches("dry run: would disconnect Organisation 00003 [^\n]*: too many: tenantId is",
      result.err)
    assert.same({}, app:deleted())
    assert.is_nil(io.open(app.state .. "/default/marks.json"))
    assert.equal(5, app:run({ "apply", "-n", "--max-disconnects", "1" }, TWO).status)
  end)

  it("goes on after one that fails, says which, and ends with 3", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=403" }
    local result = apply(TWO, "--concurrency", "1")
    assert.equal(3, result.status, result.err)
    assert.is_truthy(result.err:find(id(3), 1, true), result.err)
    assert.matches("1 of 2 disconnected, 1 failed", result.err)
  end)

  it("ends with the status of the failure where it is the only one", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=403" }
    assert.equal(4, apply('policy.disconnect "one" { tenant_id = tenant(3) },').status)
  end)

  describe("lists again before it acts, and", function()
    -- What somebody else does while the policy is being judged, after the first list.
    local MEANWHILE = [[policy.disconnect "two" {
      tenant_id = { tenant(3), tenant(7) },
      when = function(c)
        if c.id:find "3$" then assert(os.execute(os.getenv "MEANWHILE")) end
        return true
      end,
    },]]

    local function meanwhile(command)
      local words = { "env" }
      for name, value in pairs(app.world:with { XERO_RUN_STATE = temp.directory() }) do
        words[#words + 1] = name .. "=" .. value
      end
      table.move(command, 1, #command, #words + 1, words)
      return app:run({ "apply", "--yes", env = {
        MEANWHILE = shell.join(words) .. " >/dev/null 2>&1",
      } }, MEANWHILE)
    end

    it("skips what is not connected any more, and says so", function()
      local result = meanwhile { run.program(), "disconnect", "-y", id(7) }
      assert.equal(0, result.status, result.err)
      assert.matches("skipped Organisation 00007 %(" .. id(7):gsub("%-", "%%-")
        .. "%): it is not connected any more", result.err)
      assert.equal(2, #app:journal()) -- an intent and an outcome: of the other one
    end)

    it("skips what connected again", function()
      app:stop()
      app = policy_run.start { "--connections", "20", "--fault", "delete#1:status=500,reconnect" }
      local result = meanwhile { run.program(), "disconnect", "-y", id(7) }
      assert.equal(0, result.status, result.err)
      assert.matches("skipped [^\n]*: it connected again since the plan was made", result.err)
      assert.equal(id(3), app:journal()[1].connection)
      assert.equal(2, #app:journal())
    end)

    it("refuses a list that has become empty", function()
      local result = meanwhile { "sh", "-c", run.program() .. " list -f ids | " .. run.program()
        .. " disconnect -y -" }
      assert.equal(5, result.status, result.err)
      assert.matches("REFUSED: there are no connections, where there were 20", result.err)
      assert.same({}, app:journal())
    end)
  end)

  it("waits for another run that disconnects, and ends with 7", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#*:latency=3000" }
    local first = app:spawn({ "apply", "--yes" }, TWO)
    process.await(function() return app:journal()[1] end, "the first run's intent")
    local result = apply('policy.disconnect "one" { tenant_id = tenant(9) },',
      "--lock-timeout", "100ms")
    assert.equal(7, result.status, result.err)
    assert.matches("another run is disconnecting", result.err)
    first:stop()
    assert.same({ 3, 7 }, app:deleted())
  end)

  it("finishes what is under way at a signal, and says what is left", function()
    app:stop()
    app = policy_run.start { "--connections", "20", "--fault", "delete#*:latency=700" }
    local first = app:spawn({ "apply", "--yes", "--concurrency", "1" },
      TWO .. 'policy.disconnect "later" { name = "*", after = "1d" },')
    process.await(function() return app:journal()[1] end, "the first intent")
    process.await(function() return app:deleted()[1] end, "the first DELETE")
    first:kill "TERM"
    local result = first:wait()
    assert.equal(143, result.status, result.err)
    assert.matches("1 of 2 disconnected, 1 not tried", result.err)
    assert.same({ 3 }, app:deleted())
    assert.is_nil(io.open(app.state .. "/default/marks.json"))
  end)

  it("takes no file that is neither a policy nor a plan", function()
    local result = app:run { "apply", "--yes", temp.file("return 1", "p.lua") }
    assert.equal(2, result.status)
    assert.matches("it returns no policy", result.err)
    assert.equal(2, app:run({ "apply", "--yes", "/nowhere.lua" }).status)
  end)
end)
