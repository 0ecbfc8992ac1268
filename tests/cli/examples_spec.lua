-- The scripts of scripts/examples do what they say, against a sandbox.

local cjson = require "cjson"
local path = require "pl.path"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

local DIRECTORY = "scripts/examples"

describe("the example", function()
  local world, all

  local function example(name, ...)
    local result = run { env = world.env, DIRECTORY .. "/" .. name, ... }
    assert.equal(0, result.status, result.err)
    assert.equal("", result.err)
    return result.out
  end

  local function list()
    local result = run { "list", "-f", "json", env = world.env }
    assert.equal(0, result.status, result.err)
    return cjson.decode(result.out)
  end

  local function is_text(value) return type(value) == "string" end

  before_each(function()
    world = sandbox.start()
    all = list()
  end)

  after_each(function() world:stop() end)

  it("cleanup.lua disconnects the demo companies older than 30 days, and no other", function()
    local limit = os.date("!%Y-%m-%dT%H:%M:%S", os.time() - 30 * 86400)
    local kept, gone = {}, 0
    for _, connection in ipairs(all) do
      local name = connection.tenantName
      if is_text(name) and name:find "^Demo Company" and connection.createdDateUtc < limit then
        gone = gone + 1
      else
        kept[#kept + 1] = connection.id
      end
    end
    assert.is_true(gone > 0)
    assert.equal("", example "cleanup.lua")
    local left = {}
    for i, connection in ipairs(list()) do left[i] = connection.id end
    assert.same(kept, left)
  end)

  it("types.lua counts the connections of each type", function()
    local out = example "types.lua"
    assert.matches("^type,connections\r?\n", out)
    local sum = 0
    for count in out:gmatch ",(%d+)\r?\n" do sum = sum + tonumber(count) end
    assert.equal(#all, sum)
  end)

  it("duplicates.lua shows the tenants that are connected more than once", function()
    local count = {}
    for _, c in ipairs(all) do count[c.tenantId] = (count[c.tenantId] or 0) + 1 end
    local out = example "duplicates.lua"
    for id, n in pairs(count) do
      assert.equal(n > 1, out:find(id .. " is connected " .. n .. " times", 1, true) ~= nil)
    end
  end)

  it("disconnect-file.lua disconnects the tenants of a file", function()
    local file = temp.file(("# churned\n%s\n\n%s # by phone\n"):format(all[2].tenantId,
      all[4].tenantId:upper()))
    example("disconnect-file.lua", file)
    for _, connection in ipairs(list()) do
      assert.not_equal(all[2].tenantId, connection.tenantId)
      assert.not_equal(all[4].tenantId, connection.tenantId)
    end
  end)

  it("disconnect-file.lua names the ids that no connected tenant has", function()
    local answer = temp.file '[{"id":"c0000000-0000-4000-8000-000000000001","tenantName":"Nobody"}]'
    local server = run.spawn { "tests/support/liar.lua", answer, "200" }
    local file = temp.file(all[2].tenantId .. "\r\n# a comment\n\nhello")
    local result = run { DIRECTORY .. "/disconnect-file.lua", file, env = {
      XERO_API_URL = "http://127.0.0.1:" .. server:expect "^(%d+)\n", XERO_ACCESS_TOKEN = "T",
    } }
    server:stop()
    local line = "xero-run: no tenant with the id %s is connected\n"
    assert.equal(line:format(all[2].tenantId) .. line:format "hello", result.err)
    assert.equal(0, result.status)
  end)

  it("newest-consent.lua prints the tenants of the newest consent", function()
    local newest
    for _, c in ipairs(all) do
      if is_text(c.authEventId) and (not newest or c.createdDateUtc > newest.createdDateUtc) then
        newest = c
      end
    end
    local out = example "newest-consent.lua"
    for _, c in ipairs(all) do
      assert.equal(c.authEventId == newest.authEventId, out:find(c.id, 1, true) ~= nil)
    end
  end)

  -- What a policy plans for the sandbox, by verdict, beside data of today.
  local function plan(name)
    local copy = temp.directory()
    shell.output { "cp", DIRECTORY .. "/" .. name, DIRECTORY .. "/customers.csv", copy }
    local today = os.date "!,%Y-%m-%d"
    temp.write(copy .. "/usage.csv",
      (temp.read(DIRECTORY .. "/usage.csv"):gsub(",%d+%-%d+%-%d+", today)))
    local result = run { "--format", "json", copy .. "/" .. name, env = world.env }
    local words = {}
    for _, each in ipairs(cjson.decode(result.out).connections) do
      words[each.verdict] = (words[each.verdict] or "") .. each.id:match "0*(%d+)$" .. " "
    end
    return words, result
  end

  it("offboard.lua waits for those that the CRM does not have as customers", function()
    assert.same({ waiting = "1 2 3 4 10 11 12 16 " }, (plan "offboard.lua"))
  end)

  it("trials.lua waits for trials that have ended", function()
    assert.same({ waiting = "22 26 " }, (plan "trials.lua"))
  end)

  it("tier.lua disconnects the demo companies that came first", function()
    assert.same({ disconnect = "1 2 3 4 5 " }, (plan "tier.lua"))
  end)

  it("twins.lua disconnects the older connection of a tenant", function()
    assert.same({ disconnect = "19 " }, (plan "twins.lua"))
  end)

  it("routine.lua disconnects tenants that nobody has called for two months", function()
    local words, result = plan "routine.lua"
    assert.equal(0, result.status, result.err)
    assert.same({ disconnect = "1 2 10 11 12 16 " }, words)
  end)

  it("of a policy has tests that pass", function()
    local result = run { "test", DIRECTORY }
    assert.equal(0, result.status, result.out .. result.err)
    local tested = 0
    for name in io.popen("ls " .. DIRECTORY):lines() do
      local policy = temp.read(path.join(DIRECTORY, name)):find "\nreturn policy "
      if policy then
        tested = tested + 1
        assert.truthy(path.exists(path.join(DIRECTORY, (name:gsub("%.lua$", "_spec.lua")))), name)
      end
    end
    assert.is_true(tested >= 5)
  end)

  it("says what it does and how to run it, in 40 lines at most", function()
    local count = 0
    for name in io.popen("ls " .. DIRECTORY .. "/*.lua"):lines() do
      count = count + 1
      local text = temp.read(name)
      local _, lines = text:gsub("\n", "")
      assert.is_true(lines <= 40, name)
      assert.matches("^%-%- %u", text)
      name = path.basename(name)
      local command = name:find "_spec%.lua$" and "xero-run test " or "xero-run "
      assert.is_truthy(text:find(command .. name, 1, true), name)
    end
    assert.is_true(count >= 4)
  end)
end)
