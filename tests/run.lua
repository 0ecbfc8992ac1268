-- Runs busted specs inside the host, and says the result in one line.
--
--   build/xero-run tests/run.lua [--until-failure] [--filter PATTERN]... FILE|DIRECTORY...
--
-- A directory gives its *_spec.lua files, with those of its subdirectories. A filter is a Lua
-- pattern over the full name of a test ("describe it"). With --until-failure the first failure ends
-- it. Ends with `N passed, N failed` (and
-- `, N skipped` where some were), and exits with 0 only when at least one test ran and none failed:
-- busted's own exit status is a count modulo 256. What the specs left behind, temporary directories
-- and processes, is removed.

local path = require "pl.path"
local here = path.abspath(path.dirname(arg[0]))
package.path = here .. "/?.lua;" .. package.path

-- Loaded here, outside busted's insulation, so that all specs share the lists of what to clean up.
local report = require "support.report"
local temp = require "support.temp"
local process = require "support.process"

local function parse(words)
  local roots, filters, until_failure, i = {}, {}, false, 1
  while words[i] do
    if words[i] == "--filter" then
      i = i + 1
      filters[#filters + 1] = assert(words[i], "--filter needs a pattern")
    elseif words[i] == "--until-failure" then
      until_failure = true
    else
      roots[#roots + 1] = words[i]
    end
    i = i + 1
  end
  return roots, filters, until_failure
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

local function run(roots, filters, until_failure)
  local busted = require "busted.core"()
  require "busted"(busted)
  require "busted.languages.en"
  local counts = report(busted, io.stdout)
  if until_failure then
    busted.subscribe({ "failure" }, function() finish(counts) end)
    busted.subscribe({ "error" }, function() finish(counts) end)
  end
  require "busted.modules.filter_loader"()(busted, {
    filter = filters, filterOut = {}, tags = {}, excludeTags = {},
  })
  -- busted's loader reads the specs; a file that cannot be read or parsed is an error event.
  require "busted.modules.test_file_loader"(busted, { "lua" })(roots, { "_spec%.lua$" }, {
    excludes = {}, recursive = true,
  })
  require "busted.execute"(busted)(1, {})
  return counts
end

finish(run(parse(arg)))
