-- Describes what a scene of a login in PostgreSQL survives: a sample of its cases, of which
-- `make torture-postgres` plays each. Where the server falls silent, they wait for half a minute.

local assert = require "luassert"
local busted = require "busted"
local cases = require "torture.cases"
local new_bench = require "torture.bench"
local place = require "support.place"
local postgres = require "support.postgres"
local strace = require "torture.strace"

local SAMPLE = 40 -- every so many cases

local WHAT = { kills = "a kill", errors = "the loss of a connection" }

---@param scene "refresh"|"recovery"
return function(scene)
  busted.describe(("a %s of a login in PostgreSQL"):format(scene), function()
    local server, bench

    busted.setup(function()
      server = postgres.start()
      bench = new_bench(nil, place.of(server:database()))
    end)
    busted.teardown(function()
      bench:__close()
      server:stop()
    end)

    for kind, what in pairs(WHAT) do
      busted.it(("survives %s at any statement"):format(what), function()
        local missing = strace.missing()
        if missing then return busted.pending(missing) end
        assert.is_nil(cases.sample(bench, scene, kind, SAMPLE))
      end)
    end
  end)
end
