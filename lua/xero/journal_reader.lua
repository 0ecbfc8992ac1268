-- Reading the journal: what was disconnected, and whether the chain of its lines is whole. It takes
-- the lines as they come, so that a journal of many years is no matter. See journal.lua for what
-- they are.

local journal = require "xero.journal"
local time = require "xero.time"

local M = {}

---The order of a row's fields, for JSON and CSV.
M.FIELDS = {
  "time", "verdict", "connection", "tenant", "name", "reason", "script", "profile", "user", "host",
  "as", "run", "intended", "sends", "http", "correlation_id", "error", "reconnected", "settled_by",
}

---@class xero.JournalRow what one disconnect came to
---@field time string when that was known
---@field verdict "deleted"|"absent"|"failed"|"unknown"|"skipped"|"present"|"unfinished"
---@field intended string when it was written down, before it was sent
---@field settled_by? string the later run that found out

local COPIED = { "connection", "tenant", "name", "reason", "script", "profile", "user", "host",
  "as", "run" }

local function row_of(intent, closing)
  local row = { intended = intent.time, time = intent.time, verdict = "unfinished" }
  for _, key in ipairs(COPIED) do row[key] = intent[key] end
  if not closing then return row end
  row.time, row.verdict, row.reconnected = closing.time, closing.verdict, closing.reconnected
  row.sends, row.http, row.error = closing.sends, closing.http, closing.error
  row.correlation_id = closing.correlation_id
  row.settled_by = closing.event == "settled" and closing.run or nil
  return row
end

-- Of years that nobody asks for, a line is not read but looked at: mostly `--since` asks for days.
-- Each is judged by itself, for a clock that was set back leaves later lines with earlier times.
local BEGINNING = '^{"v":' .. journal.VERSION
  .. ',"seq":(%d+),"time":"(%d+-%d+-%d+T[%d:.]+Z)","event":"(%l+)",()'
local ENDING, LONGEST_ENDING = ',"hash":"%x+"}\n?$', #',"hash":""}' + 64 + 1

-- Whether a line is from before: an intent then waits as text, and what was closed is done with.
local function pass_over(line, begin, intents)
  local seq, at, event, rest = line:match(BEGINNING)
  if not at or at >= begin or not line:find(ENDING, -LONGEST_ENDING) then return false end
  local is_intent = event == "intent"
  local number = math.tointeger(tonumber(is_intent and seq or line:match('^"intent":(%d+),', rest)))
  if not number then return false end
  intents[number] = is_intent and line or nil
  return true
end

---One row for each disconnect, in the order in which they ended; the unfinished ones come last.
---@param lines fun(): string|nil
---@param since? number seconds since the epoch; rows from then on
---@return xero.JournalRow[]
function M.rows(lines, since)
  local rows, intents, order = {}, {}, {}
  local begin = since and since >= 0 and time.format(math.floor(since)):sub(1, -2)
  local function intent_of(entry)
    local intent = intents[entry.intent]
    intents[entry.intent] = nil
    return type(intent) == "string" and journal.parse(intent) or intent or entry
  end
  local function add(intent, closing)
    local row = row_of(intent, closing)
    local at = time.parse(row.time)
    if not since or at and at >= since then rows[#rows + 1] = row end
  end
  local function read(line)
    local entry = journal.parse(line)
    if entry and entry.event == "intent" then
      intents[entry.seq] = entry
      order[#order + 1] = entry.seq
    elseif entry and entry.intent then
      add(intent_of(entry), entry)
    end
  end
  for line in lines do
    if not begin or not pass_over(line, begin, intents) then read(line) end
  end
  for _, seq in ipairs(order) do
    if type(intents[seq]) == "table" then add(intents[seq]) end
  end
  return rows
end

-- Checking ---------------------------------------------------------------------------------------

-- What is wrong with a line that is to follow the last good one; nil where nothing is.
local function fault(state, entry, line, native)
  if not entry then return "is no line of a journal" end
  if entry.v > journal.VERSION then return "was written by a newer xero-run" end
  if not journal.is_whole(native, line) then return "was changed" end
  if entry.prev ~= state.prev or entry.seq ~= state.seq + 1 then
    return "does not follow the line before it: lines are missing, or not in their order"
  end
  local opened = entry.event == "intent" and 1 or entry.intent and -1 or 0
  if entry.open ~= state.open + opened then return "counts the unfinished ones wrongly" end
end

-- Whether the lines that did not fit are the bytes of a torn write, as this line says.
local function explains(state, entry, line, native)
  if not entry or entry.event ~= "torn" or fault(state, entry, line, native) then return false end
  local bytes = table.concat(state.odd, "\n")
  if entry.bytes == #bytes + 1 then bytes = bytes .. "\n" end
  return entry.bytes == #bytes and entry.sha256 == native.sha256_hex(bytes)
end

local MOST_TORN = 10000 -- lines; more than a crash can tear

---@class xero.JournalCheck
---@field lines integer how many lines there are
---@field unfinished integer disconnects without an outcome
---@field torn integer places where a write did not end, and that a later run noted
---@field line? integer the first bad line
---@field message? string what is wrong with it

-- Takes in one line. From the first one that does not fit on, all are odd, until one explains them.
local function take(state, text, native)
  local line = text:gsub("\n$", "")
  local entry = line ~= text and journal.parse(line) or nil
  if #state.odd > 0 and explains(state, entry, line, native) then
    state.odd, state.torn = {}, state.torn + 1
  else
    local message = line == text and "is cut short" or fault(state, entry, line, native)
    if message and #state.odd == 0 then state.odd_since, state.message = state.lines, message end
    if message or #state.odd > 0 then
      state.odd[#state.odd + 1] = line
      return
    end
  end
  state.prev, state.seq, state.open = entry.hash, entry.seq, entry.open
end

---Checks that each line follows from the one before it.
---@param lines fun(): string|nil each with its newline, where it has one
---@param native table
---@return xero.JournalCheck
function M.verify(lines, native)
  local state = { prev = journal.BEGINNING, seq = 0, open = 0, lines = 0, torn = 0, odd = {} }
  for text in lines do
    state.lines = state.lines + 1
    take(state, text, native)
    if #state.odd > MOST_TORN then break end
  end
  local broken = #state.odd > 0
  return {
    lines = state.lines, unfinished = state.open, torn = state.torn,
    line = broken and state.odd_since or nil, message = broken and state.message or nil,
  }
end

return M
