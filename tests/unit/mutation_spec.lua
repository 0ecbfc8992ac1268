-- What `make mutation` breaks is there: its lists go by lines of the sources, which change.

local choose = require "mutation.choose"
local survivors = require "mutation.survivors"
local targets = require "mutation.targets"
local temp = require "support.temp"

local function is_made(survivor, mutants)
  for _, mutant in ipairs(mutants) do
    if mutant.before == survivor.before and mutant.after == survivor.after then return true end
  end
  return false
end

describe("a file that is broken on purpose", function()
  for _, target in ipairs(targets) do
    it(target.file .. " has what the lists name", function()
      local mutants = choose(target, temp.read(target.file))
      assert.is_true(#mutants >= target.count)
      for _, survivor in ipairs(survivors) do
        if survivor.file == target.file then
          assert.is_true(is_made(survivor, mutants), survivor.before)
        end
      end
      for _, spec in ipairs(target.specs) do assert(io.open(spec)):close() end
    end)
  end
end)
