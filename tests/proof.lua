-- Plays every torture and every test that a figure of reliability rests on, and writes
-- docs/proof.md from what it saw, and nothing else.
--
--   xero-run tests/proof.lua EVERY=N TIME=N [WITHOUT=TARGET]...     (make proof)
--
-- EVERY=N plays each Nth case of those tortures that have many, TIME=N fuzzes each target for N
-- seconds, WITHOUT=TARGET leaves a target out. Ends with 1 where a case fell short; what was not
-- played is listed with the reason.

local here = arg[0]:match "^(.*)/proof.lua$"
package.path = here .. "/?.lua;" .. package.path

local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local LIMIT = 8 * 3600
local FILE = here .. "/../docs/proof.md"

local function specs(title, ...)
  return { title = title, "check", "TESTS=" .. table.concat({ ... }, " ") }
end

-- What is played, in this order: the words of make, and `many` where EVERY holds; `title` where the
-- program itself gives none.
local STEPS = {
  { "torture-store", many = true }, { "torture-postgres", many = true },
  { "torture-journal", many = true }, { "torture-bulk" }, { "torture-memory", many = true },
  { "torture-leaks", many = true }, { "torture-wire", many = true }, { "torture-hostile" },
  { "torture-race" }, { "torture-endurance", many = true }, { "fuzz" },
  specs("executed or not × each answer to a DELETE", "tests/cli/verdicts_spec.lua"),
  specs("each status and fault of a server", "tests/cli/faults_spec.lua"),
  specs("TLS that cannot be trusted is sent nothing", "tests/native/pump_tls_spec.lua"),
  specs("bytes on the wire; no redirect is followed", "tests/native/pump_wire_spec.lua"),
  specs("answers that break off, bombs, malformed HTTP", "tests/native/pump_fault_spec.lua"),
  specs("files that cannot be trusted are refused", "tests/native/store_spec.lua"),
  specs("a token is in no output, file or freed memory", "tests/cli/host_safety_spec.lua",
    "tests/peers/memory_spec.lua"),
  { "coverage" }, { "mutation", many = true },
  { title = "every test under AddressSanitizer and UBSan", "asan" },
  { title = "static analysis", "lint" },
}

-- What the figures do not cover, whatever is seen.
local LIMITS = {
  "Allocations are those of C's allocator from the entry of `main` on; mappings (`mmap`) are not "
    .. "made to fail, nor is what libraries allocate before `main`.",
  "Leaks of libcrypto's own while it is set up are left out.",
  "A kill is a `SIGKILL`; that disks keep what was synced at a power cut is theirs to hold.",
  "Branches are those of gcov in C, and in Lua each value that decides one; what is left out of "
    .. "them and which mutants survive is listed with the reasons in `tests/coverage/left_out.lua` "
    .. "and `tests/mutation/survivors.lua`.",
}

local function version(words, pattern)
  local ok, text = pcall(shell.output, words)
  return ok and text:match(pattern) or "unknown"
end

-- The rows that a step printed: what was counted, and what was not played.
local function rows_of(step, output)
  local rows = {}
  for line in output:gmatch "[^\n]+" do
    local title, played, of, short, seconds =
      line:match "^= (.*): (%d+) of (%d+) cases, (%d+) fell short, (%d+) s$"
    if title then
      rows[#rows + 1] = { title = title, played = played, of = of, short = short,
        seconds = seconds }
    end
    local left, reason = line:match "^%- (.*): not played, for (.*)$"
    if left then rows[#rows + 1] = { title = left, reason = reason } end
  end
  local passed, failed, rest = output:match "\n(%d+) passed, (%d+) failed([^\n]*)\n*$"
  if passed then
    rows[#rows + 1] = { title = step.title, played = passed, short = failed,
      of = passed + failed + (tonumber(rest:match "%d+") or 0) }
  end
  return rows
end

local function play(step, settings)
  local words = table.move(step, 1, #step, 3, { "make", "--no-print-directory" })
  local command = shell.join { "make", table.unpack(step) }
  if settings.WITHOUT[step[1]] then
    return { { title = step.title or command, reason = "left out of this run" } }
  end
  words[#words + 1] = "TIME=" .. settings.TIME
  words[#words + 1] = step.many and "EVERY=" .. settings.EVERY or nil
  words.timeout, words.cwd = LIMIT, here .. "/.."
  words.env = { TMPDIR = os.getenv "TMPDIR" or "/tmp" }
  local result = process.run(words)
  io.write(result.out, result.err)
  local rows = rows_of(step, "\n" .. result.out)
  if #rows == 0 and result.status == 0 then
    rows[1] = { title = step.title, played = 1, of = 1, short = 0 }
  elseif result.status ~= 0 then
    rows[#rows + 1] = { title = step.title or command,
      reason = ("it ended with status %s"):format(result.status or result.signal) }
  end
  for _, row in ipairs(rows) do
    row.command, row.seconds = command, row.seconds or ("%.0f"):format(result.seconds)
  end
  return rows
end

local function table_of(rows)
  local lines = { "| what is done | cases | fell short | seconds | command |",
    "|---|---:|---:|---:|---|" }
  for _, row in ipairs(rows) do
    if not row.reason then
      local cases = row.played == tostring(row.of) and row.played
        or ("%s of %s"):format(row.played, row.of)
      lines[#lines + 1] = ("| %s | %s | %s | %s | `%s` |"):format(row.title, cases, row.short,
        row.seconds, row.command)
    end
  end
  return table.concat(lines, "\n")
end

local function list_of(rows)
  local lines = {}
  for _, row in ipairs(rows) do
    if row.reason then lines[#lines + 1] = ("- %s: %s"):format(row.title, row.reason) end
    if tonumber(row.short or 0) > 0 then
      lines[#lines + 1] = ("- %s: %s cases fell short"):format(row.title, row.short)
    end
  end
  if #lines == 0 then return "Nothing: each row was played and met its figure." end
  return table.concat(lines, "\n")
end

local DOCUMENT = [[
# Proof

What one run of `make proof %s` saw, written by that run. Each command can be run by
itself; it counts its cases, and fails where one falls short. `EVERY=N` plays each Nth case of the
tortures that have many, from one of chance on; `TIME=N` fuzzes each target for N seconds.

A case falls short where a login is lost or a file torn, where the journal or the report is not the
server's own record, where a program crashes, ends with a status that is not documented or without a
line that says why, or where it takes more memory or time than it may.

- begun %s, ended %s
- %s
- %s, Linux %s, %s processors

%s

## What was not played or fell short

%s

## What these figures do not cover

- %s
]]

local function write(rows, begun)
  local host = shell.output { run.program(), "--version" }:gsub("%s+$", ""):gsub("\n", "; ")
  temp.write(FILE, DOCUMENT:format(
    shell.join(arg), begun, os.date "!%Y-%m-%d %H:%M UTC", host,
    version({ "sh", "-c", ". /etc/os-release; echo $PRETTY_NAME" }, "[^\n]+"),
    version({ "uname", "-r" }, "%S+"), version({ "nproc" }, "%d+"),
    table_of(rows), list_of(rows), table.concat(LIMITS, "\n- ")))
end

local function read_settings()
  local settings = { EVERY = 1, TIME = 60, WITHOUT = {} }
  for _, word in ipairs(arg) do
    local name, value = word:match "^(%u+)=(.*)$"
    if name == "WITHOUT" then
      settings.WITHOUT[value] = true
    else
      settings[assert(name, "NAME=VALUE is expected")] = value
    end
  end
  return settings
end

local begun, rows, short = os.date "!%Y-%m-%d %H:%M UTC", {}, false
local settings = read_settings()
for _, step in ipairs(STEPS) do
  for _, row in ipairs(play(step, settings)) do
    rows[#rows + 1] = row
    short = short or row.reason ~= nil or tonumber(row.short) > 0
  end
end
write(rows, begun)
temp.remove_all()
os.exit(not short, true)
