-- `xero-run disconnect`: whom its words mean, what it asks first, and what it says.

local cjson = require "cjson"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"

describe("xero-run disconnect", function()
  local world, all

  local function list()
    local result = run { "list", "-f", "json", env = world.env }
    assert.equal(0, result.status, result.err)
    return cjson.decode(result.out)
  end

  local function disconnect(...)
    return run { env = world.env, "disconnect", "--yes", ... }
  end

  local function deletes()
    local found = {}
    for _, request in ipairs(world:log()) do
      if request.method == "DELETE" then found[#found + 1] = request.path:match "[^/]+$" end
    end
    return found
  end

  -- The first connection for which `holds` is true.
  local function pick(holds)
    for _, connection in ipairs(all) do
      if holds(connection) then return connection end
    end
    error "the demo tenants have none of that kind"
  end

  local function named(count)
    local seen = {}
    for _, connection in ipairs(all) do
      local name = connection.tenantName
      if type(name) == "string" then seen[name] = (seen[name] or 0) + 1 end
    end
    return pick(function(c) return seen[c.tenantName] == count end).tenantName
  end

  before_each(function()
    world = sandbox.start()
    all = list()
  end)

  after_each(function() world:stop() end)

  it("takes the id of a connection", function()
    local result = disconnect(all[1].id:upper())
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.same({ all[1].id }, deletes())
    assert.equal(#all - 1, #list())
  end)

  it("takes no empty word for the tenant without a name", function()
    for _, word in ipairs { "", " " } do
      local result = disconnect(word)
      assert.equal(2, result.status)
      assert.matches("an empty word names no tenant\nhint: is it a variable", result.err)
    end
    assert.same({}, deletes())
  end)

  it("takes the id of a tenant", function()
    assert.equal(0, disconnect(all[1].tenantId).status)
    assert.same({ all[1].id }, deletes())
  end)

  it("takes the exact name of a tenant", function()
    local name = named(1)
    assert.equal(0, disconnect(name).status)
    assert.same({ pick(function(c) return c.tenantName == name end).id }, deletes())
  end)

  it("takes several, each once", function()
    local result = disconnect(all[1].id, all[2].tenantId, all[1].tenantId, all[3].id)
    assert.equal(0, result.status, result.err)
    assert.same({ all[1].id, all[2].id, all[3].id }, deletes())
  end)

  it("reads them from stdin for -", function()
    local result = run { "disconnect", "--yes", "-", env = world.env,
      stdin = all[2].id .. "\n\n  " .. named(1) .. "\n" }
    assert.equal(0, result.status, result.err)
    assert.equal(2, #deletes())
  end)

  it("asks nothing and does nothing where stdin names none", function()
    local before = #world:log()
    local result = run { "disconnect", "-", env = world.env, stdin = "\n" }
    assert.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.equal(before, #world:log())
  end)

  it("does nothing where stdin cannot be read", function()
    local result = process.run { "sh", "-c", ("exec %s disconnect --yes %s - </"):format(
      shell.quote(run.program()), all[1].id), env = world.env }
    assert.same({ 2, "xero-run: cannot read stdin: Is a directory\n" },
      { result.status, result.err })
    assert.same({}, deletes())
  end)

  it("does nothing where a name is ambiguous, and lists whom it may mean", function()
    local name = named(2)
    local result = disconnect(all[1].id, name)
    assert.equal(2, result.status)
    for _, connection in ipairs(all) do
      if connection.tenantName == name then
        assert.is_truthy(result.err:find(connection.id, 1, true))
      end
    end
    assert.same({}, deletes())
  end)

  it("does nothing where one is unknown, and suggests the nearest", function()
    local name = named(1)
    local result = disconnect(all[1].id, name:sub(1, -2) .. "#")
    assert.equal(2, result.status)
    assert.is_truthy(result.err:find(name, 1, true), result.err)
    assert.same({}, deletes())
  end)

  it("says each word that is unknown or ambiguous, but no more than ten", function()
    local words = { all[1].id, named(2) }
    for i = 1, 12 do words[#words + 1] = "nobody " .. i end
    local result = disconnect(words[1], words[2], words[3], words[4])
    assert.equal(2, result.status)
    local ambiguous = ('xero-run: "%s" may mean any of 2'):format(words[2])
    assert.equal(1, result.err:find(ambiguous, 1, true))
    local line = "\nxero%%-run: [^\n]* \"nobody %d\""
    assert.matches(line:format(1) .. line:format(2) .. "\nhint: [^\n]*\n$", result.err)
    result = disconnect(table.unpack(words))
    assert.matches("^xero%-run: the first 10 words that are not clear:\n", result.err)
    assert.matches('"nobody 9"\nhint:', result.err, 1, true)
    assert.is_nil(result.err:find("nobody 10", 1, true))
    assert.same({}, deletes())
  end)

  it("does nothing without confirmation where there is no terminal", function()
    local result = run { "disconnect", all[1].id, env = world.env, detached = true }
    assert.equal(5, result.status, result.err)
    assert.matches("no confirmation", result.err)
    assert.matches("hint: [^\n]*%-%-yes", result.err)
    assert.same({}, deletes())
  end)

  it("asks on the terminal and shows who will go", function()
    for _, answer in ipairs { "n", "", "yellow", "y" } do
      local result = run { "disconnect", all[1].id, env = world.env, tty = true,
        stdin = answer .. "\n" }
      assert.equal(answer == "y" and 0 or 5, result.status, result.out)
      assert.equal(answer == "y" and 1 or 0, #deletes())
      assert.is_truthy(result.out:find(all[1].id, 1, true))
      assert.matches("Disconnect this tenant", result.out)
    end
  end)

  it("goes on after one that fails, says which, and exits with 3", function()
    local faulty <close> = sandbox.start { "--fault", "delete#2:status=403" }
    local result = run { "disconnect", "-y", all[1].id, all[2].id, all[3].id, env = faulty.env }
    assert.equal(3, result.status, result.err)
    assert.is_truthy(result.err:find(all[2].id, 1, true))
    assert.matches("2 of 3 disconnected", result.err)
  end)

  it("ends with the status of the failure where it is the only one", function()
    local faulty <close> = sandbox.start { "--fault", "delete#1:status=403" }
    assert.equal(4, run({ "disconnect", "-y", all[1].id, env = faulty.env }).status)
  end)

  it("exits with 3 where nobody knows whether any went", function()
    local faulty <close> = sandbox.start { "--fault", "delete#1:reset",
      "--fault", "list#2-*:status=403" }
    local result = run { "disconnect", "-y", all[1].id, env = faulty.env }
    assert.equal(3, result.status, result.err)
    assert.matches("whether [^\n]+ was disconnected is unknown", result.err)
  end)

  it("wants to be told whom", function()
    assert.equal(2, disconnect().status)
  end)
end)
