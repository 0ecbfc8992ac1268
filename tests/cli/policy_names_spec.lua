-- A misspelt name in a policy is a mistake with file, line and the nearest name, not a nil.

local path = require "pl.path"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

-- A name that is nil would be a condition that silently is not there.
describe("a name in a policy that is not there", function()
  local world

  setup(function() world = sandbox.start() end)
  teardown(function() world:stop() end)

  local HEAD = 'local xero = require "xero"\nlocal policy = xero.policy\n'

  local function both(body, check, name)
    local file = temp.file(HEAD .. body, name or "policy.lua")
    check(run { "plan", file, env = world.env })
    check(run { file, env = world.env })
  end

  local function refused(line, name, nearest)
    return function(result)
      assert.equal(2, result.status, result.err)
      assert.is_truthy(result.err:find(('policy.lua:%d: there is no variable "%s"'):format(line,
        name), 1, true), result.err)
      if nearest then
        assert.is_truthy(result.err:find(('hint: did you mean "%s"?'):format(nearest), 1, true),
          result.err)
      end
    end
  end

  local function planned(result) assert.same({ 0, "" }, { result.status, result.err }) end

  it("is a mistake with file, line and the nearest name: a local's", function()
    both([[
      local crm = xero.source.table("crm", { rows = { "7e000000-0000-4000-8000-000000000001" } })
      return policy "test" {
        policy.disconnect "gone" {
          name = "Demo*",
          not_listed = crmm,
        },
      }]], refused(7, "crmm", "crm"))
  end)

  it("is one in an option of a source", function()
    both([[
      local LEAST = 200
      local crm = xero.source.csv("crm", { path = "crm.csv", column = "id", min_rows = LEASTT })
      return policy "test" { policy.keep "listed" { listed = crm } }]],
      refused(4, "LEASTT", "LEAST"))
  end)

  it("is one in a limit, and where nothing is near", function()
    both('return policy "test" { limits = { max_disconnects = quuxly }, policy.keep "a" '
      .. '{ name = "x" } }', function(result)
      refused(3, "quuxly")(result)
      assert.matches("hint: in a policy nil must be written so", result.err, 1, true)
    end)
  end)

  it("is one in another file that has rules", function()
    local file = temp.file(HEAD .. 'local rules = require "rules"\n'
      .. 'return policy "test" { rules.first }', "policy.lua")
    temp.write(path.dirname(file) .. "/rules.lua", 'local policy = require "xero".policy\n'
      .. 'return { first = policy.keep "a" { name = NAMES } }')
    for _, words in ipairs { { "plan", file }, { file } } do
      words.env = world.env
      local result = run(words)
      assert.equal(2, result.status, result.err)
      assert.matches('rules.lua:2: there is no variable "NAMES"', result.err, 1, true)
    end
  end)

  it("makes who asks for it held where a predicate does", function()
    both('return policy "test" { policy.disconnect "a" { when = function(c) '
      .. "return c.name == DEMO end } }", function(result)
      assert.equal(5, result.status, result.err)
      assert.matches('held .*there is no variable "DEMO"', result.out)
    end)
  end)

  it("is none where the script sets it, also to nil, nor of Lua's own or the host's", function()
    both([[
      NAMES, NOTHING = "Demo*", nil
      function is_demo(c) return c.name:find "^Demo" ~= nil end
      assert(NOTHING == nil and arg and os and utf8 and _G.string and _VERSION and select("#") == 0)
      return policy "test" {
        limits = { max_percent = 100 },
        policy.disconnect "demo" { name = NAMES, when = is_demo },
      }]], planned)
  end)

  it("may be looked for by libraries", function()
    local file = temp.file(HEAD .. 'require "library"\n'
      .. 'return policy "test" { policy.keep "a" { name = "x" } }', "policy.lua")
    temp.write(path.dirname(file) .. "/library.lua", "local pack = unpack or table.unpack\n"
      .. "return { pack = pack }")
    planned(run { "plan", file, env = world.env })
    planned(run { file, env = world.env })
  end)

  it("is nil to a script that has no policies", function()
    local result = run { temp.file("print(crmm)", "script.lua") }
    assert.same({ 0, "nil\n" }, { result.status, result.out })
  end)

  describe("in a table of sources", function()
    local SOURCES = [[
      local crm = xero.source.table("crm", { rows = { "7e000000-0000-4000-8000-000000000001" } })
    ]]
    local RULE = [[
      return policy "test" {
        policy.disconnect "gone" {
          older_than = "90d",
          not_listed = %s,
        },
      }]]

    local function missing(line, name, hint)
      return function(result)
        assert.equal(2, result.status, result.err)
        assert.equal(('policy.lua:%d: the table of the source "crm" has no field "%s"\nhint: %s\n')
          :format(line, name, hint), result.err:match "policy%.lua.*")
      end
    end

    it("is a mistake with file, line and the nearest name", function()
      both(SOURCES .. "local sources = { crm = crm }\n" .. RULE:format "sources.crmm",
        missing(8, "crmm", 'did you mean "crm"?'))
    end)

    it("is one in a global table, and in one that is in another", function()
      both(SOURCES .. "sources = { crm = crm }\n" .. RULE:format "sources.quuxly",
        missing(8, "quuxly", "there are crm"))
      both(SOURCES .. "local ours = { crm, sources = { crm = crm } }\n"
        .. RULE:format "ours.sources.cmr", missing(8, "cmr", 'did you mean "crm"?'))
    end)

    it("is one in a table that another file gave", function()
      local file = temp.file(HEAD .. 'local sources = require "lists"\n'
        .. RULE:format "sources.crmm", "policy.lua")
      temp.write(path.dirname(file) .. "/lists.lua",
        'local xero = require "xero"\n' .. SOURCES .. "return { crm = crm }")
      missing(7, "crmm", 'did you mean "crm"?')(run { "plan", file, env = world.env })
    end)

    it("is none where the name is there", function()
      both(SOURCES .. "local sources = { crm = crm }\n"
        .. RULE:format "sources.crm":gsub('"90d"', '"9000d"'), planned)
    end)

    it("is none in other tables, nor by a number", function()
      both(SOURCES .. "local lists, ages = { crm }, { old = \"9000d\" }\n"
        .. RULE:format "lists[2] or ages.young or crm":gsub('"90d"', '"9000d"'), planned)
    end)
  end)
end)
