-- Runs each spec file in a process of its own, several at once, and adds up what they counted: most
-- tests wait more than they work. A file whose head says "Runs alone:" and why, for it is held to
-- short times or keeps the processors busy, has the machine for itself when all others are done.

local dir = require "pl.dir"
local path = require "pl.path"
local shell = require "support.shell"
local temp = require "support.temp"

local workers = {}

-- In the order of the roots: what takes long is best begun early.
local function files_of(roots)
  local files = {}
  for _, root in ipairs(roots) do
    local found = path.isdir(root) and dir.getallfiles(root, "*_spec.lua") or { root }
    table.sort(found)
    table.move(found, 1, #found, #files + 1, files)
  end
  return files
end

local function runs_alone(file)
  if not path.isfile(file) then return false end -- its worker says so
  for line in io.lines(file) do
    if line:find "^%-%- .*Runs alone:" then return true end
    if not line:find "^%-%-" then return false end
  end
  return false
end

-- Prints the output of a worker, but for its counts, which are given back, and the skipped tests,
-- which are for the end.
local function read_output(output, skipped)
  local counts
  for line in output:gmatch "[^\n]+" do
    local passed, failed, rest = line:match "^(%d+) passed, (%d+) failed(.*)$"
    if passed then
      counts = { passed = passed, failed = failed, skipped = rest:match "%d+" or 0 }
    elseif line:find "^  SKIPPED " then
      skipped[#skipped + 1] = line
    elseif line ~= "no test ran" then
      print(line)
    end
  end
  return counts
end

-- Adds what a worker counted. One that counted nothing, or ended otherwise than its counts let
-- expect (a sanitizer found something), has failed.
local function take(file, status, output, total)
  local counts = read_output(output, total.lines)
  for key, count in pairs(counts or {}) do total[key] = total[key] + math.tointeger(count) end
  local passes = counts and counts.passed ~= "0" and counts.failed == "0"
  if not counts or status ~= (passes and 0 or 1) then
    print(("  FAILED  %s: its process ended with status %d"):format(file, status))
    total.failed = total.failed + 1
  end
  io.stdout:flush()
end

-- xargs hands the files to so many shells at once; each says by a line that it is done.
local function run(files, command, jobs, total)
  local directory = temp.directory()
  local lines = {}
  for i, file in ipairs(files) do
    lines[i] = ("%s %s >%s/%d 2>&1; echo %d $?\n"):format(shell.join(command), shell.quote(file),
      directory, i, i)
  end
  temp.write(directory .. "/list", table.concat(lines))
  local done = assert(io.popen(("xargs -r -a %s/list -d '\\n' -P %d -n 1 sh -c"):format(directory,
    jobs)))
  for line in done:lines() do
    local i, status = line:match "^(%d+) (%d+)$"
    take(files[tonumber(i)], tonumber(status), temp.read(directory .. "/" .. i), total)
  end
  assert(done:close())
end

---@param roots string[]  spec files, and directories of such
---@param command string[]  runs one, whose name is added
---@param jobs integer  how many at once
---@return { passed: integer, failed: integer, skipped: integer }
function workers.run(roots, command, jobs)
  local total = { passed = 0, failed = 0, skipped = 0, lines = {} }
  local beside, alone = {}, {}
  for _, file in ipairs(files_of(roots)) do
    table.insert(runs_alone(file) and alone or beside, file)
  end
  run(beside, command, jobs, total)
  run(alone, command, 1, total)
  for _, line in ipairs(total.lines) do print(line) end
  return total
end

return workers
