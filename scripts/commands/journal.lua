-- xero-run journal: what was disconnected when, by whom, by which script and why.

local native = require "xero.native"
local profile = require "xero.profile"
local reader = require "xero.journal_reader"
local shown_name = require("xero.connection").shown_name
local state = require "xero.state"
local text = require "xero.text"
local xero = require "xero"

-- 7d and the like, or a date: seconds since the epoch.
local function since(word)
  local date = xero.time.parse(word)
  if date then return date end
  local seconds = xero.time.duration(word)
  if seconds then return native.now() - seconds end
  return nil, ("neither a duration nor a date: %s (write 7d, 36h or 2026-11-23)"):format(
    word == "" and "an empty word" or word)
end

local function parse()
  local parser = xero.args("journal", "Shows what was disconnected when, by whom, by which script"
    .. " and why; `journal verify` checks that no line was changed.")
  parser:argument("action", "verify: check the chain of the lines; ends with 1 where it is broken")
    :args "?":choices { "verify" }
  parser:option("--since", "only what ended since then: 7d, 36h, or a date"):argname "WHEN"
    :convert(since)
  parser:host_options("profile", "config", "format", "quiet", "verbose")
  return parser:parse()
end

local function verify(kept)
  local check = reader.verify(kept:journal_lines(), native)
  if check.line then
    xero.error.raise {
      kind = "store",
      message = ("%s: line %d %s"):format(kept.journal_name, check.line, check.message),
      hint = "the lines before it are as they were written; of those from there on nobody can tell",
    }
  end
  local parts = { text.count(check.lines, "line") .. ", each as it was written" }
  if check.torn > 0 then
    parts[#parts + 1] = text.count(check.torn, "place")
      .. " where a write did not end (a crash, a full disk), as noted there"
  end
  if check.unfinished > 0 then
    parts[#parts + 1] = text.count(check.unfinished, "unfinished disconnect")
      .. ", for the next run to settle"
  end
  if not native.options.quiet then print(table.concat(parts, "; ")) end
end

-- Of an id that no list had, nobody knows what the name was.
local function name_of(row)
  return row.tenant and shown_name(row.name) or row.name
end

local COLUMNS = {
  { title = "TIME", value = function(row) return (row.time:sub(1, 16):gsub("T", " ")) end },
  { title = "VERDICT", key = "verdict" },
  { title = "REASON", key = "reason", max = 30 },
  { title = "SCRIPT", key = "script", max = 30 },
  { title = "USER", key = "user" },
  { title = "CONNECTION", key = "connection" },
  { title = "NAME", value = name_of },
}

local function show(kept, name, begin)
  local rows = reader.rows(kept:journal_lines(), begin)
  if #rows == 0 then
    xero.log.info("the journal of profile %s has nothing%s", name, begin and " since then" or "")
  end
  if native.options.format == "ids" then
    for _, row in ipairs(rows) do row.id = row.connection end
  end
  xero.table.write(rows, { columns = COLUMNS, fields = reader.FIELDS })
end

local args = parse()
local environment = { getenv = os.getenv, native = native }
local chosen = profile.choose(environment)
local kept = state.of(environment, chosen)
if args.action == "verify" then verify(kept) else show(kept, chosen.name, args.since) end
