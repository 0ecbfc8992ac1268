-- Breaks the code that keeps logins and tenants safe, at one place at a time, and looks whether the
-- tests notice.
--
--   xero-run tests/mutation/run.lua      (make mutation)
--
-- Each mutant is a case (see torture/tally.lua). It falls short where all tests of its target pass,
-- unless survivors.lua lists it with the reason; and where it is listed, but noticed. Lua is broken
-- in a copy of the library, C in a copy of the tree; what does not compile is noticed, too.

package.path = arg[0]:match "^(.*/)mutation/" .. "?.lua;" .. package.path

local choose = require "mutation.choose"
local new_tally = require "torture.tally"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local survivors = require "mutation.survivors"
local targets = require "mutation.targets"
local temp = require "support.temp"

local LIMIT = 300 -- seconds for the tests of one mutant; one that never ends is noticed
local TREE = { "Makefile", "src", "lua", "scripts", "docs", "README.md", "LICENSE" }

-- Where Lua is broken: a program that takes xero.* from a copy of the library.
local function new_library()
  local directory = temp.directory()
  shell.output { "cp", "-r", "lua/xero", directory }
  local program = directory .. "/xero-run"
  temp.write(program, ("#!/bin/sh\nexec %s --lib %s \"$@\"\n"):format(run.program(), directory))
  shell.output { "chmod", "+x", program }
  return {
    program = program,
    path = function(file) return directory .. "/" .. file:match "^lua/(.*)$" end,
    build = function() return true end,
  }
end

-- Where C is broken: a program that is built of a copy of the sources.
local function new_tree()
  local directory = temp.directory()
  local words = table.move(TREE, 1, #TREE, 3, { "cp", "-r" })
  words[#words + 1] = directory
  shell.output(words)
  local make = shell.join { "make", "-s", "-C", directory, "WARNINGS=", "build/xero-run" }
  local function build() return os.execute(make .. " >/dev/null 2>&1") end
  assert(build(), "the copy of the tree cannot be built")
  return {
    program = directory .. "/build/xero-run",
    path = function(file) return directory .. "/" .. file end,
    build = build,
  }
end

-- Whether the tests pass.
local function pass(place, specs)
  local words = { "nice", place.program, "tests/run.lua", "--until-failure" }
  table.move(specs, 1, #specs, #words + 1, words)
  words.env = { XERO_RUN_BIN = place.program }
  words.timeout = LIMIT
  local ended, result = pcall(process.run, words)
  return ended and result.status == 0, ended and result.out .. result.err or result
end

local function play_whole(place, target)
  place.build() -- without the mutant before
  local passed, output = pass(place, target.specs)
  return not passed and "its tests fail as it is:\n" .. output or nil
end

local function listed(mutant)
  for _, survivor in ipairs(survivors) do
    if survivor.file == mutant.file and survivor.before == mutant.before
      and survivor.after == mutant.after then
      return survivor
    end
  end
  return nil
end

local function play(place, target, mutant, text)
  local file = place.path(target.file)
  temp.write(file, mutant.text)
  local lives = place.build() and pass(place, target.specs)
  temp.write(file, text)
  local known = listed(mutant)
  if lives and not known then return "no test noticed" end
  if known and not lives then return "listed in survivors.lua, but noticed" end
  return nil
end

local function describe(mutant)
  return ("%s:%d: %s: %s  ->  %s"):format(mutant.file, mutant.line, mutant.what, mutant.before,
    mutant.after)
end

-- A survivor that is listed, but not among the mutants, says nothing.
local function is_made(survivor, mutants)
  for _, mutant in ipairs(mutants) do
    if survivor.before == mutant.before and survivor.after == mutant.after then return end
  end
  return "listed in survivors.lua, but no mutant"
end

local function main()
  local tally, library, tree = new_tally(), nil, nil
  for _, target in ipairs(targets) do
    local text = temp.read(target.file)
    local mutants = choose(target, text)
    local place
    if target.file:find "%.c$" then
      tree = tree or new_tree()
      place = tree
    else
      library = library or new_library()
      place = library
    end
    tally:try(target.file .. " as it is", play_whole, place, target)
    for _, mutant in ipairs(mutants) do
      tally:try(describe(mutant), play, place, target, mutant, text)
    end
    for _, survivor in ipairs(survivors) do
      if survivor.file == target.file then
        tally:try(survivor.file .. ": " .. survivor.before, is_made, survivor, mutants)
      end
    end
  end
  tally:say "a mutant is noticed, or listed with the reason"
  tally:finish()
end

main()
