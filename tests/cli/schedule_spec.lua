-- What `xero-run schedule` prints, judged by systemd's own tools and run as cron would run it.

local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

local POLICY = [[
local policy = require "xero".policy
return policy "demo" { policy.disconnect "demo companies" { name = "Demo Company*" } }
]]

local function schedule(...)
  local result = run { "schedule", ... }
  assert.equal(0, result.status, result.err)
  assert.equal("", result.err)
  return result.out
end

local function refused(...)
  local result = run { "schedule", ... }
  assert.same({ 2, "" }, { result.status, result.out })
  return result.err
end

-- The units that it writes for those words, and where they are.
local function units(...)
  local directory = temp.directory()
  schedule("--write", directory, "--name", "job", ...)
  return temp.read(directory .. "/job.service"), temp.read(directory .. "/job.timer"), directory
end

local function value(unit, key)
  return unit:match("\n" .. key .. "=([^\n]*)")
end

describe("xero-run schedule", function()
  local script

  before_each(function()
    script = temp.file("print 'hello'\n", "cleanup.lua")
  end)

  it("prints a service and a timer under the names of their files, and what to do", function()
    local out = schedule(script)
    assert.matches("\n# /etc/systemd/system/xero-run-cleanup.service\n[Unit]\n", out, 1, true)
    assert.matches("\n# /etc/systemd/system/xero-run-cleanup.timer\n[Unit]\n", out, 1, true)
    assert.matches("systemctl enable --now xero-run-cleanup.timer", out, 1, true)
  end)

  it("runs the program and the script by their whole paths", function()
    local out = run { "schedule", "cleanup.lua", cwd = script:match "^(.*)/" }.out
    assert.equal(run.program() .. " " .. script, value(out, "ExecStart"))
  end)

  it("leaves the state where the profile has it, in a database", function()
    local config = temp.file([[return { profiles = { acme = {
      client_id = "x", state = "postgresql:///xero", auth = "user",
    } } }]], "config.lua")
    assert.matches("XERO_RUN_STATE=", units("--login", "--user", "me", script), 1, true)
    local out = schedule("--config", config, "--user", "me", script)
    assert.matches("xero-run --profile=acme login", out, 1, true)
    assert.is_nil(out:find("XERO_RUN_STATE", 1, true))
  end)

  it("passes on the host's options given to it, and words behind --", function()
    local service = units("--deadline=1h", "-n", "--max-disconnects=5", script, "--", "--days", "3")
    assert.equal(("%s --dry-run --deadline=3600s --max-disconnects=5 %s --days 3"):format(
      run.program(), script), value(service, "ExecStart"))
  end)

  it("applies a script that declares a policy, without a question", function()
    local policy = temp.file(POLICY, "offboard.lua")
    assert.equal(run.program() .. " --yes apply " .. policy, value(units(policy), "ExecStart"))
  end)

  it("does not run the script to see what it is", function()
    local trace = temp.directory() .. "/trace"
    units(temp.file(("io.open(%q, 'w'):close()\n"):format(trace), "s.lua"))
    assert.is_nil(io.open(trace, "r"))
  end)

  it("schedules a command, too", function()
    assert.equal(run.program() .. " status --check", value(units("--", "status", "--check"),
      "ExecStart"))
    assert.matches("no command 'statsu'.*did you mean status", refused("statsu"))
  end)

  it("gives the client secret as a credential, and never says it", function()
    local secret = temp.file("hush-hush\n", "secret")
    local result = run { "schedule", script, env = {
      XERO_CLIENT_ID = "ABC%20", XERO_CLIENT_SECRET = "hush-hush", XERO_CLIENT_SECRET_FILE = secret,
    } }
    assert.matches("\nLoadCredential=client-secret:" .. secret .. "\n", result.out, 1, true)
    assert.matches("\nEnvironment=XERO_CLIENT_SECRET_FILE=%d/client-secret\n", result.out, 1, true)
    assert.matches("\nEnvironment=XERO_CLIENT_ID=ABC%%20\n", result.out, 1, true)
    assert.is_nil(result.out:find("hush", 1, true))
  end)

  describe("where a variable is set that the run by hand needs", function()
    local ENV = {
      NO_PROXY = "localhost,.example.com", SSL_CERT_FILE = "/etc/ca%1.pem", LUA_PATH = "/a b/?.lua",
      HTTPS_PROXY = "http://me:hush-hush@proxy:3128", XERO_API_URL = "https://xero.example.com",
    }

    local function out(...)
      local words = { "schedule", ... }
      words.env = ENV
      return run(words).out
    end

    it("gives it to the service", function()
      for _, line in ipairs {
        "Environment=NO_PROXY=localhost,.example.com", "Environment=SSL_CERT_FILE=/etc/ca%%1.pem",
        'Environment="LUA_PATH=/a b/?.lua"', "Environment=XERO_API_URL=https://xero.example.com",
      } do
        assert.matches("\n" .. line .. "\n", out(script), 1, true)
      end
    end)

    it("gives it to cron's job", function()
      for _, line in ipairs {
        "NO_PROXY=localhost,.example.com", "SSL_CERT_FILE=/etc/ca%1.pem", "LUA_PATH=/a b/?.lua",
        "XERO_API_URL=https://xero.example.com",
      } do
        assert.matches("\n" .. line .. "\n", out("--cron", script), 1, true)
      end
    end)

    it("says where its password goes, and never says it", function()
      local units_of, crontab_of = out(script), out("--cron", script)
      assert.matches("install -D -m 600 /dev/stdin /etc/xero-run/default.environment"
        .. "   # HTTPS_PROXY=…", units_of, 1, true)
      assert.matches("\nEnvironmentFile=/etc/xero-run/default.environment\n", units_of, 1, true)
      assert.matches("\n#HTTPS_PROXY= ", crontab_of, 1, true)
      for _, each in ipairs { units_of, crontab_of } do
        assert.is_nil(each:find("hush", 1, true))
      end
    end)

    it("keeps the state where it is, for cron and in a database", function()
      local database = {
        XERO_RUN_STATE = "postgresql://me@db/xero", XERO_RUN_STATE_KEY_FILE = "/k",
      }
      local service = run({ "schedule", script, env = database }).out
      assert.matches("\nEnvironment=XERO_RUN_STATE=postgresql://me@db/xero\n", service, 1, true)
      assert.matches("\nLoadCredential=state-key:/k\n", service, 1, true)
      assert.is_nil(service:find("%S/xero-run", 1, true))
      local secret = { XERO_RUN_STATE = "postgresql://me:hush-hush@db/xero", SSL_CERT_FILE = "/ca" }
      local login = run({ "schedule", "--user", "me", "--login", script, env = secret }).out
      assert.matches("#   sudo -u me SSL_CERT_FILE='/ca' ", login, 1, true)
      assert.matches(" XERO_RUN_STATE=… xero-run --profile=default login\n", login, 1, true)
      assert.is_nil(login:find("hush", 1, true))
      local directory = { XERO_RUN_STATE = "/srv/x" }
      local crontab = run({ "schedule", "--cron", script, env = directory }).out
      assert.matches("\nXERO_RUN_STATE=/srv/x\n", crontab, 1, true)
    end)
  end)

  it("gives the profile's configuration, whose limits bind the service as well", function()
    local config = temp.file('return { profiles = { acme = { client_id = "X" } } }', "config.lua")
    local service = units("--config", config, script)
    assert.matches("--profile=acme ", value(service, "ExecStart"), 1, true)
    assert.matches("\nLoadCredential=config.lua:" .. config .. "\n", service, 1, true)
    assert.matches("\nEnvironment=XERO_RUN_CONFIG=%d/config.lua\n", service, 1, true)
    assert.matches("no profile \"amce\"", refused("--config", config, "-p", "amce", script))
  end)

  it("runs by an account that is named, with its login where that is wanted", function()
    local service = units("--user", "alice", "--login", script)
    assert.equal("alice", value(service, "User"))
    assert.is_nil(service:find("DynamicUser", 1, true))
    assert.is_nil(service:find("LoadCredential", 1, true))
    assert.matches("add %-%-user NAME", refused("--login", script))
    assert.matches([[
#   install -d -m 700 -o alice /var/lib/xero-run-alice
#   sudo -u alice XERO_RUN_STATE=/var/lib/xero-run-alice xero-run --profile=default login
]], schedule("--user", "alice", "--login", script), 1, true)
  end)

  it("refuses a script that would be refused when nobody looks on", function()
    shell.output { "chmod", "602", script }
    for _, words in ipairs { { script }, { "plan", script } } do
      local err = refused(table.unpack(words))
      assert.matches("can be written by others, and is not run ", err, 1, true)
      assert.matches(("\nhint: chmod go-w '%s'\n"):format(script), err, 1, true)
    end
  end)

  it("refuses what cannot be scheduled, in a line", function()
    assert.matches("standard input", refused "-")
    assert.matches("No such file", refused "/nowhere/x.lua")
    assert.matches("cannot read /: Is a directory", refused "/", 1, true)
    assert.matches("x.lua:1: unexpected symbol", refused(temp.file("print(", "x.lua")))
    assert.matches("--user is for systemd's units", refused("--cron", "--user", "me", script), 1,
      true)
  end)
end)

describe("the units", function()
  local function needs_systemd()
    if not shell.has "systemd-analyze" then pending "systemd-analyze is not installed" end
  end

  it("are verified by systemd, whatever the script is called", function()
    needs_systemd()
    for _, name in ipairs { "cleanup.lua", "a b%c$d;'\"\\e.lua", "größe.lua" } do
      local script = temp.file("print 'hello'\n", name)
      local _, _, directory = units(script, "--", "3 0", ";", "%s$HOME", "")
      local result = process.run { "systemd-analyze", "verify", directory .. "/job.service",
        directory .. "/job.timer" }
      assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    end
  end)

  it("are rated OK or better by systemd", function()
    needs_systemd()
    local script = temp.file("print 'hello'\n", "s.lua")
    for _, words in ipairs { { script }, { "--user", "nobody", script } } do
      local _, _, directory = units(table.unpack(words))
      local result = process.run { "systemd-analyze", "security", "--offline=yes",
        "--threshold=40", "--no-pager", directory .. "/job.service" }
      assert.equal(0, result.status, result.out)
    end
  end)

  it("start again only after a lock and an outage", function()
    local never = value(units(temp.file("print 'hello'\n", "s.lua")), "RestartPreventExitStatus")
    for status = 0, 9 do
      assert.equal(status ~= 0 and status ~= 7 and status ~= 8, never:find(status) ~= nil, status)
    end
  end)

  it("run at a time that systemd understands", function()
    needs_systemd()
    local script = temp.file("print 'hello'\n", "s.lua")
    local _, timer = units("--on", "Mon *-*-* 03:00", script)
    assert.equal("Mon *-*-* 03:00", value(timer, "OnCalendar"))
    assert.matches("Failed to parse calendar", refused("--on", "whenever", script))
  end)

  -- The names of a set of system calls, by systemd's own sets.
  local function system_calls(name, found)
    local set = shell.output { "systemd-analyze", "syscall-filter", name }
    for member in set:gmatch "\n +(@?[%w_-]+)" do
      if member:find "^@" then system_calls(member, found) else found[member] = true end
    end
    return found
  end

  it("allow every system call of a run that lists and disconnects", function()
    needs_systemd()
    if os.getenv "ASAN_OPTIONS" then pending "a sanitizer makes calls of its own" end
    local world <close> = sandbox.start()
    local trace = temp.directory() .. "/trace"
    local result = process.run { "strace", "-f", "-qq", "-e", "signal=none", "-o", trace,
      run.program(), "scripts/examples/cleanup.lua", env = world.env }
    assert.equal(0, result.status, result.err)
    local allowed = system_calls("@default", system_calls("@system-service", {}))
    for name in pairs(system_calls("@privileged", {})) do allowed[name] = nil end
    local count = 0
    for name in ("\n" .. temp.read(trace)):gmatch "\n%d+ +([%w_]+)%(" do
      assert.is_true(allowed[name], name)
      count = count + 1
    end
    assert.is_true(count > 100)
  end)
end)

describe("xero-run schedule --cron", function()
  local function line(...)
    return schedule("--cron", ...):match "([^\n]*)\n$"
  end

  it("prints a line with whole paths, at a minute that the name decides", function()
    local script = temp.file("print 'hello'\n", "cleanup.lua")
    local minute, rest = line(script):match "^(%d+) (.*)$"
    assert.is_true(tonumber(minute) < 60)
    assert.equal(("3 * * * %s %s"):format(run.program(), script), rest)
    assert.equal(line(script), line(script))
  end)

  it("takes cron's own five fields, and no other", function()
    local script = temp.file("print 'hello'\n", "cleanup.lua")
    assert.matches("^%*/5 0%-6,22 1 %*/2 mon%-fri /", line("--on", "*/5 0-6,22 1 */2 mon-fri",
      script))
    for _, wrong in ipairs { "0 25 * * *", "0 3 * *", "0 3 * * * *", "*/0 * * * *", "a * * * *",
      "1,,2 * * * *", "Mon *-*-* 03:00" } do
      assert.matches("no time for cron", refused("--cron", "--on", wrong, script))
    end
  end)

  -- What cron makes of the command: the part up to an unescaped percent sign, for sh.
  local function as_cron(entry)
    return (entry:gsub("^%S+ %S+ %S+ %S+ %S+ ", ""):gsub("\\%%", "%%"))
  end

  it("runs with an empty environment, quietly, under any name", function()
    local trace = temp.directory() .. "/trace"
    local script = temp.file(("local f = io.open(%q, 'w') f:write(...) f:close()\n"):format(trace),
      "a b%c$HOME'\".lua")
    local entry = line("--on", "0 3 * * *", script, "50% & more")
    local result = process.run { "env", "-i", "/bin/sh", "-c", as_cron(entry), cwd = "/" }
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.equal("50% & more", temp.read(trace))
  end)

  it("applies a policy without its plan, which would be mail every night", function()
    local policy = temp.file(POLICY, "offboard.lua")
    assert.matches(run.program() .. " --yes --quiet apply " .. policy, line(policy), 1, true)
  end)

  it("refuses a name that cron would change", function()
    assert.matches("a crontab cannot hold", refused("--cron", temp.file("x = 1", "a\\b.lua")))
  end)
end)
