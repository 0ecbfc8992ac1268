-- State in PostgreSQL, with a server that the tests start: what only a database can do to a login,
-- a journal and a lock.

local memory = require "support.memory"
local native = require "xero.native"
local new_bench = require "torture.bench"
local place = require "support.place"
local postgres = require "support.postgres"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local server

setup(function() server = postgres.start() end)
teardown(function() server:stop() end)

local function bench_at(database, options)
  return new_bench(options, place.of(database))
end

describe("a login in PostgreSQL", function()
  local bench

  setup(function() bench = bench_at(server:database()) end)
  teardown(function() bench:__close() end)
  before_each(function() bench:set {} end)

  it("is recovered within 2 s after its holder was killed", function()
    local slow <close> = bench_at(server:database(), { "--fault", "token#2:latency=700" })
    slow:set {}
    local holder = process.spawn(slow:command())
    process.await(function() return slow:counts() > 0 end, "the token request")
    holder:kill "KILL"
    local begun = native.monotonic()
    assert.is_nil(slow:lost())
    assert.is_true(native.monotonic() - begun < 2)
  end)

  it("leaves no copy of a token in memory", function()
    local old = bench:stored()
    local found = memory.copies({ "drop" }, bench.person.env, function()
      local new = bench:stored()
      return { old.access_token, old.refresh_token, new.access_token, new.refresh_token }
    end)
    if not found[1] then return pending "the memory of a program cannot be read here" end
    assert.same({ 0, 0, 0, 0 }, found)
  end)
end)

describe("a login in a database", function()
  local bench, database

  setup(function()
    database = server:database()
    bench = bench_at(database)
  end)
  teardown(function() bench:__close() end)
  before_each(function() bench:set {} end)

  -- What the program says when it is not let near the login; then nothing was asked of Xero, and
  -- once `mend` is done nothing is lost.
  local function fails(status, message, hint, mend)
    local result = bench:use()
    assert.equal(status, result.status, result.err)
    assert.matches(message, result.err, 1, true)
    assert.matches(hint, result.err, 1, true)
    assert.is_nil(result.err:find(server.PASSWORD, 1, true), "the password was shown")
    assert.equal(0, (bench:counts()))
    mend()
    assert.is_nil(bench:lost())
  end

  it("that is down", function()
    server:stop()
    fails(1, "Connection refused", "is the database up", function() server:go() end)
  end)

  it("that is read-only", function()
    database:script(("ALTER DATABASE %s SET default_transaction_read_only = on")
      :format(database.name))
    fails(1, "read-only transaction", "target_session_attrs=read-write", function()
      server:script(("ALTER DATABASE %s RESET ALL"):format(database.name))
    end)
  end)

  for _, row in ipairs { "login", "login_note" } do
    it("that is full where it comes to " .. row, function()
      database:script(([[
        CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
          $$BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END$$;
        CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON xero_run.%s
          FOR EACH ROW EXECUTE FUNCTION full_disk()]]):format(row))
      fails(1, "No space left on device", "free some space on the database server", function()
        database:script(("DROP TRIGGER full_disk ON xero_run.%s"):format(row))
      end)
    end)
  end

  it("that knows another password", function()
    database:script(("ALTER ROLE %s PASSWORD 'another'"):format(database.role))
    fails(2, "password authentication failed", "check user and password", function()
      database:script(("ALTER ROLE %s PASSWORD '%s'"):format(database.role, server.PASSWORD))
    end)
  end)

  it("that lets the role do too little", function()
    database:script("REVOKE SELECT ON xero_run.login FROM " .. database.role)
    fails(2, "permission denied for table login", "docs/state.md", function()
      database:script(("GRANT SELECT ON xero_run.login TO %s"):format(database.role))
    end)
  end)

  it("whose schema is newer", function()
    database:script "UPDATE xero_run.schema_version SET version = 99"
    fails(2, "has schema version 99 of a newer xero-run", "use that xero-run", function()
      database:script "UPDATE xero_run.schema_version SET version = 1"
    end)
  end)

  it("whose schema is older is brought to this version by doctor", function()
    database:script "UPDATE xero_run.schema_version SET version = 0"
    fails(2, "has schema version 0", "xero-run doctor --create-schema", function()
      database:script "UPDATE xero_run.schema_version SET version = 1"
    end)
  end)

  it("that has no schema", function()
    database:script "ALTER SCHEMA xero_run RENAME TO elsewhere"
    fails(2, "has no schema of xero-run yet", "xero-run doctor --create-schema", function()
      database:script "ALTER SCHEMA elsewhere RENAME TO xero_run"
    end)
  end)

  it("that cannot be reached without libpq", function()
    local directory = temp.directory()
    temp.write(directory .. "/libpq.so.5", "")
    bench.person.env.LD_LIBRARY_PATH = directory
    fails(2, "libpq.so.5", "apt install libpq5", function()
      bench.person.env.LD_LIBRARY_PATH = nil
    end)
  end)

  it("serves while its access token is good where the database is read-only", function()
    bench:edit { expires_at = native.now() + 30 }
    database:script(("ALTER DATABASE %s SET default_transaction_read_only = on")
      :format(database.name))
    local result = bench:use()
    assert.equal(0, result.status, result.err)
    assert.matches("the old access token serves until", result.err, 1, true)
    assert.equal(0, (bench:counts()))
    server:script(("ALTER DATABASE %s RESET ALL"):format(database.name))
  end)
end)

describe("a run that disconnects, with its state in PostgreSQL", function()
  local database, world, env

  before_each(function()
    database = server:database()
    world = sandbox.start { "--connections", "30", "--latency", "50" }
    env = world:with { XERO_RUN_STATE = database.url }
  end)
  after_each(function() world:stop() end)

  local ALL = [[
    local xero = require "xero"
    xero.delete_connections(xero.get_connections(), { reason = "all", concurrency = 1 })
  ]]

  local function listed()
    local count = select(2, run({ "list", "-f", "ids", env = env }).out:gsub("\n", ""))
    return count
  end

  local function verified()
    local result = run { "journal", "verify", env = env }
    assert.equal(0, result.status, result.err)
    return result.out
  end

  it("is alone, journals each disconnect, and later ones go on with the chain", function()
    local first = run.spawn { "-e", ALL, env = env }
    process.await(function() return listed() < 30 end, "the first DELETE")
    local second = run { "--lock-timeout", "200ms", "-e", ALL, env = env }
    assert.equal(7, second.status, second.err)
    assert.matches('another run is disconnecting: another run holds the lock "run" of profile'
      .. " default in postgresql://", second.err, 1, true)
    first:kill "INT"
    assert.equal(130, first:wait().status)
    local left = listed()
    assert.equal(0, run({ "-e", ALL, env = env }).status)
    assert.is_true(left > 0)
    assert.matches("^%d+ lines, each as it was written\n$", verified())
  end)

  it("that is killed leaves the lock free, and the next run settles what it left", function()
    local first = run.spawn { "-e", ALL, env = env }
    process.await(function() return listed() < 30 end, "the first DELETE")
    first:kill "KILL"
    local second = run { "--lock-timeout", "2s", "-e", ALL, env = env }
    assert.equal(0, second.status, second.err)
    assert.matches("settled %d+ unfinished disconnect", second.err)
    verified()
  end)

  it("stops before the next one where it has lost its lock", function()
    local first = run.spawn { "-e", [[
      local xero = require "xero"
      for _, connection in ipairs(xero.get_connections()) do xero.delete_connection(connection) end
    ]], env = env }
    process.await(function() return listed() < 30 end, "the first DELETE")
    database:rows [[SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
      WHERE state = 'idle in transaction' AND datname = current_database()]]
    local result = first:wait()
    assert.equal(1, result.status, result.err)
    assert.matches('the lock "run" was lost: ', result.err, 1, true)
    assert.matches("hint: run it again", result.err, 1, true)
    assert.is_true(listed() > 0)
    verified()
  end)

  it("goes on where only the connection of its journal is lost", function()
    local first = run.spawn { "-e", ALL, env = env }
    process.await(function() return listed() < 30 end, "the first DELETE")
    for _ = 1, 3 do
      database:rows [[SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
        WHERE state = 'idle' AND datname = current_database() AND usename <> 'owner']]
      native.sleep(0.2)
    end
    local result = first:wait(20)
    assert.equal(0, result.status, result.err)
    assert.equal("60 lines, each as it was written\n", verified())
  end)

  it("can neither change nor remove what it wrote", function()
    run { "-e", ALL, env = env }
    local role <close> = native.postgres(database.url, 10)
    for _, sql in ipairs { "DELETE FROM xero_run.journal", "TRUNCATE xero_run.journal",
      "UPDATE xero_run.journal SET line = ''" } do
      local done, failure = role:script(sql, 10)
      assert.is_nil(done)
      assert.equal("permission denied for table journal", failure.message)
    end
    database:script "UPDATE xero_run.journal SET line = replace(line, 'all', 'none') WHERE seq = 2"
    local result = run { "journal", "verify", env = env }
    assert.equal(1, result.status)
    assert.matches("the journal in postgresql://[^\n]* line 2 was changed", result.err)
  end)
end)

describe("a journal in PostgreSQL that several write to", function()
  it("is one chain", function()
    local database = server:database()
    local writers = {}
    for i = 1, 6 do
      writers[i] = run.spawn { temp.file([[
        local deletion = require "xero.deletion"
        local journal = require "xero.journal"
        local native = require "xero.native"
        local state = require "xero.state"
        local kept = state.of({ native = native, getenv = os.getenv }, { name = "p", keys = {} })
        local log = kept:journal()
        log.held = function() return true end -- as if it had lost its lock and did not know yet
        local it = journal.open(native, log, { run = arg[1] })
        for i = 1, 20 do
          local id = ("%08x-0000-4000-8000-000000000000"):format(arg[1] * 1000 + i)
          local work = deletion.new(id)
          assert(it:intend { work })
          work.status, work.sends = "deleted", 1
          it:conclude(work)
          assert(it:flush())
        end
      ]], "writer.lua"), tostring(i), env = { XERO_RUN_STATE = database.url } }
    end
    for _, writer in ipairs(writers) do
      local result = writer:wait(60)
      assert.equal(0, result.status, result.err)
    end
    local result = run { "journal", "verify", env = {
      XERO_RUN_STATE = database.url, XERO_RUN_CONFIG = temp.file "return { profiles = { p = {} } }",
    } }
    assert.equal("240 lines, each as it was written\n", result.out, result.err)
  end)
end)

describe("xero-run doctor, with a state in PostgreSQL,", function()
  local database, env

  setup(function()
    database = server:database()
    env = { XERO_RUN_STATE = database.url, XERO_ACCESS_TOKEN = "token",
      XERO_API_URL = "http://127.0.0.1:1", XERO_IDENTITY_URL = "http://127.0.0.1:1" }
  end)

  local function states()
    local found = {}
    for line in run({ "doctor", env = env }).out:gmatch "[^\n]+" do
      if line:find "^%w+ +state " then found[#found + 1] = line:gsub("^(%w+) +state +", "%1 ") end
    end
    return table.concat(found, "\n")
  end

  it("says which server it is, and that it sees the tokens", function()
    local text = states()
    assert.matches("^ok postgresql://127.0.0.1:%d+/%S+ %(profile default%): PostgreSQL %d+%.%d+,"
      .. " libpq %d+%.%d+\n", text)
    assert.matches("\nwarn the database sees the tokens as they are$", text)
  end)

  it("says that the login is sealed where there is a key", function()
    env.XERO_RUN_STATE_KEY_FILE = temp.file "" -- it is had when it is needed
    assert.matches("\nok the login is sealed with the key of the profile$", states())
    env.XERO_RUN_STATE_KEY_FILE = nil
  end)

  it("says what the role lacks", function()
    database:script("REVOKE INSERT ON xero_run.journal FROM " .. database.role)
    assert.matches("\nFAIL the role lacks INSERT on journal\n", states())
  end)
end)

describe("the URL of a state", function()
  it("in the configuration is for nobody else to read where it has a password", function()
    local database = server:database()
    local path = temp.file(('return { profiles = { p = { state = "%s" } } }'):format(database.url))
    os.execute("chmod 644 " .. path)
    local env = { XERO_RUN_CONFIG = path, XERO_ACCESS_TOKEN = "token" }
    local result = run { "journal", env = env }
    assert.equal(2, result.status)
    assert.matches("holds the password of a database, and others may read it", result.err, 1, true)
    os.execute("chmod 600 " .. path)
    assert.equal(0, run({ "journal", env = env }).status)
  end)

  for url, message in pairs {
    ["postgresql://a:sesame@127.0.0.1:port/b"] = 'invalid integer value "port"',
    ["postgresql://a:sesame@127.0.0.1:1/b?color=1"] = "invalid URI query parameter",
    ["postgresql://a:sesame@[::1/b"] = "",
    ["postgresql:a:sesame"] = "is not a URL such as postgresql://host/database",
    ["postgresql://a:ses ame@b/c"] = "holds a blank",
    ["postgresql://a:sesame@127.0.0.1:1/b"] = "Connection refused",
  } do
    it(("is not shown with its password: %s"):format(message), function()
      local result = run { "journal", env = { XERO_RUN_STATE = url } }
      assert.is_true(result.status == 1 or result.status == 2)
      assert.is_nil(result.err:find("ses ?ame"), result.err)
      assert.matches(message, result.err, 1, true)
    end)
  end
end)
