-- Runs each fuzz target: first all inputs of its corpus, then new ones for some seconds.
--
--   xero-run tests/fuzz/run.lua DIRECTORY SECONDS [SEED]     (make fuzz)
--
-- DIRECTORY holds the built programs. A target in C is a program of its own; one in Lua is run by
-- fuzz-lua. With a SEED the new inputs are the same each time. Findings and new inputs stay in
-- DIRECTORY; those worth keeping belong into the corpus.

local here = arg[0]:match "^(.*)/fuzz/"
package.path = here .. "/?.lua;" .. package.path

local process = require "support.process"
local shell = require "support.shell"
local temp = require "support.temp"

local directory, seconds, seed = assert(arg[1]), assert(tonumber(arg[2])), arg[3]
local MOST_BYTES = 4096

local function targets()
  local list = {}
  local names = shell.output { "find", here .. "/fuzz", "-name", "*.c", "-o", "-name", "*.lua" }
  for name, kind in names:gmatch "([^/\n]+)%.(%a+)\n" do
    if name ~= "run" and name ~= "lua" then list[#list + 1] = { name = name, kind = kind } end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- What libFuzzer and the sanitizers said, without what is the same each time.
local function finding(message)
  local lines = {}
  for line in message:gmatch "[^\n]+" do
    if not line:find "^INFO" and not line:find "^#%d" and not line:find "^stat::"
      and not line:find "fuzzer::" then
      lines[#lines + 1] = line
    end
  end
  return table.concat(lines, "\n", 1, math.min(#lines, 40))
end

-- The inputs run so far, or nil and what was found.
local function fuzz(target, options, ...)
  local words = {
    ("%s/fuzz-%s"):format(directory, target.kind == "c" and target.name or "lua"),
    "-print_final_stats=1", "-max_len=" .. MOST_BYTES, "-timeout=10", "-rss_limit_mb=1024",
    -- What Lua has not yet collected is no leak; without this each input is searched for some.
    "-detect_leaks=" .. (target.kind == "c" and 1 or 0),
    ("-artifact_prefix=%s/found-%s-"):format(directory, target.name),
  }
  for _, more in ipairs { options, { ... } } do table.move(more, 1, #more, #words + 1, words) end
  words.env = { FUZZ_TARGET = target.name, FUZZ_DIRECTORY = here .. "/fuzz" }
  words.timeout = seconds + 120
  local result = process.run(words)
  if result.status ~= 0 then return nil, finding(result.err) end
  return tonumber(result.err:match "stat::number_of_executed_units: (%d+)")
end

local function play(target)
  local corpus = ("%s/fuzz/corpus/%s"):format(here, target.name)
  local found = ("%s/corpus/%s"):format(directory, target.name)
  shell.output { "mkdir", "-p", found }
  local inputs, problem = fuzz(target, { "-runs=0" }, corpus)
  if not inputs then return nil, problem end
  return fuzz(target, { "-max_total_time=" .. seconds, seed and "-seed=" .. seed }, found, corpus)
end

local function main()
  local short = 0
  for _, target in ipairs(targets()) do
    local inputs, problem = play(target)
    if problem then
      short = short + 1
      print(("  SHORT  fuzzing %s\n%s"):format(target.name, problem))
    end
    print(("= fuzzing %s: %d of %d cases, %d fell short, %d s"):format(target.name, inputs or 0,
      inputs or 0, problem and 1 or 0, seconds))
  end
  return short == 0
end

local good = main()
temp.remove_all()
os.exit(good, true)
