-- Says what the tests reached, and whether that is what is promised.
--
--   xero-run tests/coverage/run.lua DIRECTORY                       (make coverage)
--
-- DIRECTORY holds the build that counts, after the tests were run with it. Of the files in COMPLETE
-- every line and every branch must have been reached, or be listed in left_out.lua with the reason;
-- of all others 90 % of the lines, unless they are listed there. Prints a row a file, and ends with
-- 1 where one falls short, or where something is listed that was reached.

package.path = arg[0]:match "^(.*/)coverage/" .. "?.lua;" .. package.path

local left_out = require "coverage.left_out"
local reached = require "coverage.reached"
local system = require "system"

local COMPLETE = {
  "src/store.c", "src/store_directory.c", "src/whole.c", "src/token.c", "lua/xero/apply.lua",
  "lua/xero/journal.lua", "lua/xero/journal_file.lua", "lua/xero/session.lua",
}
local ENOUGH = 90 -- percent of lines
for _, name in ipairs(COMPLETE) do COMPLETE[name] = true end

local started = system.monotime()
local short_files, failed = 0, {}

local function fail(name, format, ...)
  if not failed[name] then
    failed[name], short_files = true, short_files + 1
  end
  print(("  SHORT  %s:" .. format):format(name, ...))
end

local function source_lines(name)
  local lines = {}
  for line in io.lines(name) do lines[#lines + 1] = line:match "^%s*(.-)%s*$" end
  return lines
end

-- Compares what was missed with what is listed; gives the number of what is listed. Lines that are
-- only reached by a branch that is listed stand right below it.
local function judge_complete(name, missed)
  local lines, listed, used, last = source_lines(name), left_out.places[name] or {}, {}, -math.huge
  local count = 0
  for _, item in ipairs(missed) do
    local text = lines[item.line]
    used[text] = true
    if listed[text] or item.what == "line" and item.line - last <= 2 then
      last, count = item.line, count + 1
    else
      fail(name, "%d: %s: %s", item.line, item.what, text)
    end
  end
  for text in pairs(listed) do
    if not used[text] then fail(name, " listed in left_out.lua, but reached: %s", text) end
  end
  return count
end

local function percent(part, whole)
  return whole == 0 and 100 or math.floor(part / whole * 1000) / 10
end

local function judge_lines(name, file)
  local enough = percent(file.lines.reached, file.lines.all) >= ENOUGH
  if enough and left_out.files[name] then
    fail(name, " listed in left_out.lua, but %d %% of the lines are reached", ENOUGH)
  end
  if enough or left_out.files[name] then return end
  fail(name, " fewer than %d %% of the lines", ENOUGH)
  for _, item in ipairs(file.missed) do
    if item.what == "line" then print(("         %s:%d"):format(name, item.line)) end
  end
end

local function show(name, file)
  local lines, branches = file.lines, file.branches
  print(("%-34s lines %5d of %5d %5.1f %%   branches %5d of %5d %5.1f %%%s"):format(name,
    lines.reached, lines.all, percent(lines.reached, lines.all), branches.reached, branches.all,
    percent(branches.reached, branches.all), COMPLETE[name] and "  complete" or ""))
end

local function add(total, file)
  for _, kind in ipairs { "lines", "branches" } do
    total[kind].all = total[kind].all + file[kind].all
    total[kind].reached = total[kind].reached + file[kind].reached
  end
end

local function main(directory)
  local total = { lines = { all = 0, reached = 0 }, branches = { all = 0, reached = 0 } }
  local files, count, left = reached(directory), 0, 0
  local names = {}
  for name in pairs(files) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local file = files[name]
    show(name, file)
    add(total, file)
    count = count + 1
    if COMPLETE[name] then
      left = left + judge_complete(name, file.missed)
    else
      judge_lines(name, file)
    end
  end
  for _, name in ipairs(COMPLETE) do
    if not files[name] then fail(name, " nothing was counted") end
  end
  show("all", total)
  print(("of %d files all branches are reached but for %d, listed with the reason"):format(
    #COMPLETE, left))
  local seconds = system.monotime() - started
  print(("= the lines and branches of a file are reached: %d of %d cases, %d fell short, %.0f s")
    :format(count, count, short_files, seconds))
end

main(assert(arg[1], "where is the build that counts?"))
os.exit(short_files == 0, true)
