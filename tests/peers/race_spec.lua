-- Many programs at once with one login that has expired: one of them renews it, for all.
-- Runs alone: fifty programs at once keep the processors busy.

local new_bench = require "torture.bench"
local place = require "support.place"
local postgres = require "support.postgres"

local MANY, ROUNDS = 50, 2

local function is_renewed_once(name, new_place)
  local bench

  setup(function() bench = new_bench(nil, new_place()) end)
  teardown(function() bench:__close() end)

  for _, grace in ipairs { 1800, 0 } do
    it(("is renewed once by %d programs %s, with a grace of %d s"):format(MANY, name, grace),
      function()
        for _ = 1, ROUNDS do
          bench:set { grace = grace }
          assert.is_nil(bench:race(MANY))
        end
      end)
  end
end

describe("a login in files", function()
  is_renewed_once("at once", place.new)
end)

describe("a login in PostgreSQL", function()
  local server

  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)

  is_renewed_once("on 5 machines", function() return place.of(server:database()) end)
end)
