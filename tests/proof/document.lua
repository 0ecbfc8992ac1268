-- docs/proof.md: what the rows of a proof say, for a stranger.

local run = require "support.run"
local shell = require "support.shell"

local document = {}

-- The sections, each with what is required of its rows.
local SECTIONS = {
  { name = "logins", title = "Logins", text = [[
A program that renews a person's login is killed at each of its system calls, meets an error at each
call that touches its files or its database, and runs fifty at a time. Required: afterwards the next
run works without a new login and what is stored is the server's current token; no file is torn or
readable for others; nothing fails in silence; what fails before Xero is asked, asks nothing.]] },
  { name = "tenants", title = "Disconnects and policies", text = [[
The same for runs that disconnect, for their journal, for saved plans and for what policies
remember. Required: report and journal are the server's own record; nobody is disconnected twice, or
whose turn it is not; the next run settles what is unfinished.]] },
  { name = "wire", title = "The wire", text = [[
Each answer of Xero's is cut at every byte, stalled, dripped and spoilt, or is made to take memory.
Required: every verdict is what the server did; the run ends by itself, within 256 MiB, with a
documented status and a line that says why; the next run works without a new login.]] },
  { name = "memory", title = "Memory", text = [[
Each allocation of a whole job over TLS fails, once, and from that one on. Required: no crash, no
leak, nothing lost. And one run that renews and disconnects ten thousand times, with faults in
between. Required: its memory and descriptors in the end are what they were near the start.]] },
  { name = "bytes", title = "Bytes of strangers", text = [[
Each parser of what comes from outside is fed its corpus and then inputs of chance, under the
sanitizers of clang; a case is an input. Required: no finding.]] },
  { name = "tests", title = "What the tests themselves are worth", text = [[
Required: no finding of the analyzers and the sanitizers; of the files that keep logins and tenants
safe every branch is reached, of all others 90 % of the lines (a case is a file); each place where
code is broken on purpose is noticed by a test, or listed with the reason.]] },
}

-- What the figures do not cover, whatever is seen.
local LIMITS = {
  "Allocations are those of C's allocator from the entry of `main` on; mappings (`mmap`) are not "
    .. "made to fail, nor is what libraries allocate before `main`.",
  "What glibc allocates to look up a user is not made to fail: it crashes by itself there, before "
    .. "anybody is disconnected.",
  "Leaks of libcrypto's own while it is set up are left out.",
  "Where writing to standard error is what fails, no line is asked for.",
  "A kill is a `SIGKILL`; that disks keep what was synced at a power cut is theirs to hold.",
  "Branches are those of gcov in C, and in Lua each value that decides one; what is left out of "
    .. "them and which mutants survive is listed with the reasons in `tests/coverage/left_out.lua` "
    .. "and `tests/mutation/survivors.lua`.",
}

local TEXT = [[
# Proof

What one run saw, written by that run itself. Each command can be run by itself; it counts its
cases, says each that falls short, and ends with a status other than 0 where one does. A row is met
where all of its cases were played and none fell short.

- `%s`
- begun %s, %s
- commit %s
- %s
- %s, Linux %s, %s processors

%s
## What was not met

%s

## What these figures do not cover

- %s
]]

local function version(words, pattern)
  local ok, text = pcall(shell.output, words)
  return ok and text:match(pattern) or "unknown"
end

--- What was run where.
---@return string[] of the document: the commit, the program, the system, its kernel, processors
local function origin()
  return {
    version({ "git", "describe", "--always", "--dirty", "--exclude=*" }, "%S+"),
    (shell.output { run.program(), "--version" }:gsub("%s+$", ""):gsub("\n", "; ")),
    version({ "sh", "-c", ". /etc/os-release; echo $PRETTY_NAME" }, "[^\n]+"),
    version({ "uname", "-r" }, "%S+"), version({ "nproc" }, "%d+"),
  }
end

-- A number as people read it: 12,345.
local function grouped(number)
  return (tostring(number):reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local function share_of(row)
  if row.played == row.of then return "all" end
  return ("%s of %s"):format(grouped(row.played), grouped(row.of))
end

local function table_of(list)
  local lines = { "| what is done | cases played | share | fell short | seconds | command |",
    "|---|---:|---:|---:|---:|---|" }
  for _, row in ipairs(list) do
    if not row.reason then
      lines[#lines + 1] = ("| %s | %s | %s | %s | %s | `%s` |"):format(row.title,
        grouped(row.played), share_of(row), grouped(row.short), grouped(row.seconds), row.command)
    end
  end
  return #lines > 2 and table.concat(lines, "\n") .. "\n" or "Nothing was played.\n"
end

local function sections_of(list)
  local parts = {}
  for _, section in ipairs(SECTIONS) do
    local own = {}
    for _, row in ipairs(list) do
      if row.step.section == section.name then own[#own + 1] = row end
    end
    parts[#parts + 1] = ("## %s\n\n%s\n\n%s"):format(section.title, section.text, table_of(own))
  end
  return table.concat(parts, "\n")
end

-- How long all cases of a step take, in seconds; nil where some were not played at all.
local function whole_of(list, step)
  local seconds = 0
  for _, row in ipairs(list) do
    if row.step == step and row.played then
      if row.played == 0 then return nil end
      seconds = seconds + row.seconds * row.of / row.played
    end
  end
  return math.ceil(seconds)
end

-- That not all of a step was played, and what would be needed.
local function share_missing(list, row)
  if not row.step.many then
    return ("%s of %s were skipped by the program itself"):format(grouped(row.of - row.played),
      grouped(row.of))
  end
  local whole = whole_of(list, row.step)
  return ("only a share of its cases was played; `make %s` plays all%s"):format(row.step.target,
    whole and (", in about %s seconds"):format(grouped(whole)) or "")
end

local function list_of(list)
  local lines, said = {}, {}
  local function add(title, command, text)
    lines[#lines + 1] = ("- %s (`%s`): %s"):format(title, command, text)
  end
  for _, row in ipairs(list) do
    local step = row.step
    if row.reason then
      add(row.title, row.command, row.reason)
    elseif row.short > 0 then
      add(row.title, row.command, grouped(row.short) .. " fell short")
    end
    if not row.reason and row.played < row.of and not said[step] then
      said[step] = true
      add(step.title, row.command, share_missing(list, row))
    end
  end
  return lines[1] and table.concat(lines, "\n") or "Nothing: every row is met."
end

--- A writer for one run.
---@param command string with which it was started
---@return fun(list: proof.Row[], is_ended: boolean): string
function document.new(command)
  local from, begun = origin(), os.date "!%Y-%m-%d %H:%M UTC"
  return function(list, is_ended)
    local state = (is_ended and "ended " or "still under way ") .. os.date "!%Y-%m-%d %H:%M UTC"
    return TEXT:format(command, begun, state, from[1], from[2], from[3], from[4], from[5],
      sections_of(list), list_of(list), table.concat(LIMITS, "\n- "))
  end
end

return document
