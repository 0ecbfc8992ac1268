-- Runs busted specs inside the host, and says the result in one line.
--
--   build/xero-run tests/run.lua [OPTIONS] FILE|DIRECTORY...
--
--   --filter PATTERN   only tests whose full name ("describe it") has this Lua pattern
--   --jobs N           N files at once, each in a process of its own
--   --until-failure    end with the first failure (without --jobs)
--
-- A directory gives its *_spec.lua files, with those of its subdirectories. Ends with `N passed,
-- N failed` (and `, N skipped` where some were), and exits with 0 only when at least one test ran
-- and none failed: busted's own exit status is a count modulo 256. What the specs left behind,
-- temporary directories and processes, is removed.

local path = require "pl.path"
local here = path.abspath(path.dirname(arg[0]))
package.path = here .. "/?.lua;" .. package.path

-- Loaded here, outside busted's insulation, so that all specs share the lists of what to clean up.
local report = require "support.report"
local temp = require "support.temp"
local process = require "support.process"
local workers = require "support.workers"

local function parse(words)
  local options, i = { roots = {}, filters = {} }, 1
  while words[i] do
    if words[i] == "--filter" then
      i = i + 1
      options.filters[#options.filters + 1] = assert(words[i], "--filter needs a pattern")
    elseif words[i] == "--jobs" then
      i = i + 1
      options.jobs = assert(math.tointeger(tonumber(words[i])), "--jobs needs a number")
    elseif words[i] == "--until-failure" then
      options.until_failure = true
    else
      options.roots[#options.roots + 1] = words[i]
    end
    i = i + 1
  end
  assert(not (options.jobs and options.until_failure), "--until-failure is for one process")
  return options
end

-- Says the counts, cleans up and ends the program.
local function finish(counts)
  process.stop_all()
  temp.remove_all()
  local passed, failed, skipped = counts.passed, counts.failed, counts.skipped
  if passed + failed == 0 then
    print("\nno test ran")
  end
  print(("%d passed, %d failed%s"):format(passed, failed,
    skipped > 0 and (", %d skipped"):format(skipped) or ""))
  os.exit(passed > 0 and failed == 0 and 0 or 1, true)
end

local function run_here(options)
  local busted = require "busted.core"()
  require "busted"(busted)
  require "busted.languages.en"
  local counts = report(busted, io.stdout)
  if options.until_failure then
    busted.subscribe({ "failure" }, function() finish(counts) end)
    busted.subscribe({ "error" }, function() finish(counts) end)
  end
  require "busted.modules.filter_loader"()(busted, {
    filter = options.filters, filterOut = {}, tags = {}, excludeTags = {},
  })
  -- busted's loader reads the specs; a file that cannot be read or parsed is an error event.
  require "busted.modules.test_file_loader"(busted, { "lua" })(options.roots, { "_spec%.lua$" }, {
    excludes = {}, recursive = true,
  })
  require "busted.execute"(busted)(1, {})
  return counts
end

-- By this program, whichever the tests are of.
local function run_by_workers(options)
  local first = 0
  while arg[first - 1] do first = first - 1 end
  local command = table.move(arg, first, 0, 1, {})
  for _, filter in ipairs(options.filters) do
    command[#command + 1] = "--filter"
    command[#command + 1] = filter
  end
  return workers.run(options.roots, command, options.jobs)
end

local options = parse(arg)
finish((options.jobs and run_by_workers or run_here)(options))
