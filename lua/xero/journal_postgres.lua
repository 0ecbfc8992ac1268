-- A journal's lines in a table of PostgreSQL, a row each, which is only ever added to. See
-- journal.lua for the face of a log.
--
-- A row's key is its number in the chain. So of two writers who would follow the same line one is
-- refused; it looks what the last line is by then, and follows that one. Each batch is one
-- statement and durable with it.

local errors = require "xero.error"
local journal = require "xero.journal"
local postgres = require "xero.postgres"

local M = {}

local PAGE = 500 -- lines
local LOSSES = 8
local LOST_PAUSE = 0.5 -- seconds; a server that restarts takes a while
local LATE_PAUSE = 0.05 -- seconds, at most, so that writers do not go on in step

local UNIQUE = "23505" -- SQLSTATE of a row that is there already

---@class xero.PostgresJournal: xero.JournalLog
local Log = {}
Log.__index = Log

local LAST = "SELECT line FROM xero_run.journal WHERE profile = $1 ORDER BY seq DESC LIMIT 1"

local ADD = [[
  INSERT INTO xero_run.journal (profile, seq, line)
  SELECT $1, $2::bigint + place - 1, line
  FROM unnest(string_to_array($3, E'\n')) WITH ORDINALITY AS lines (line, place)
  WHERE ]] .. postgres.DURABLE

local HAS = [[
  SELECT 1::text FROM xero_run.journal WHERE profile = $1 AND seq = $2::bigint AND line = $3]]

local BEFORE = [[
  SELECT line, seq::text FROM xero_run.journal WHERE profile = $1 AND seq < $2::bigint
  ORDER BY journal.seq DESC LIMIT $3::bigint]]

local AFTER = [[
  SELECT line, seq::text FROM xero_run.journal WHERE profile = $1 AND seq > $2::bigint
  ORDER BY journal.seq LIMIT $3::bigint]]

local function entry_of(self, line)
  local entry = journal.parse(line)
  local fault = not entry and "is no journal of ours"
    or entry.v > journal.VERSION and "was written by a newer xero-run"
  if fault then errors.raise { kind = "store", message = ("%s %s"):format(self.name, fault) } end
  return entry
end

function Log:last()
  local rows = self.server:read(LAST, self.profile)
  return rows[1] and entry_of(self, rows[1][1])
end

-- An iterator over the lines, a page at a time, from where `position` is on.
local function lines(self, sql, position)
  local page, next_line = {}, 1
  return function()
    if next_line > #page then
      if position and #page % PAGE == 0 then
        page, next_line = self.server:read(sql, self.profile, position, PAGE), 1
      end
      if next_line > #page then
        position = nil
        return nil
      end
      position = page[#page][2]
    end
    next_line = next_line + 1
    return page[next_line - 1][1]
  end
end

function Log:backwards()
  return lines(self, BEFORE, math.maxinteger)
end

---The lines from the first one on, each with its newline.
---@return fun(): string|nil
function Log:forwards()
  local each = lines(self, AFTER, 0)
  return function()
    local line = each()
    return line and line .. "\n"
  end
end

-- Adds lines once. Where that failed: how long to wait before looking what came of it, or nil where
-- it was refused; and the failure.
local function add(self, added)
  local first = entry_of(self, added:match "^[^\n]*").seq
  local rows, failure = self.server:run(ADD, self.profile, first, added:sub(1, -2))
  if rows then return true end
  if failure.sqlstate == UNIQUE then return false, LATE_PAUSE * self.native.random(), failure end
  return false, failure.status == "lost" and LOST_PAUSE or nil, failure
end

-- Whether the last of the lines is there: a connection may be lost after it was written. Nil where
-- that cannot be asked.
local function has_last(self, added)
  local line = added:match "([^\n]*)\n$"
  local rows = self.server:run(HAS, self.profile, entry_of(self, line).seq, line)
  return rows and rows[1] ~= nil
end

-- The entry that the next line has to follow, or nil.
local function last_entry(self)
  local rows = self.server:run(LAST, self.profile)
  if not rows then return nil end
  return rows[1] and entry_of(self, rows[1][1]) or { seq = 0, open = 0, hash = journal.BEGINNING }
end

function Log:append(chain)
  local added, losses = chain(), 0
  while true do
    local done, pause, failure = add(self, added)
    if done then return true end
    losses = losses + (pause == LOST_PAUSE and 1 or 0)
    if not pause or losses > LOSSES then return self.server:refusal(failure) end
    self.native.sleep(pause)
    local there = has_last(self, added)
    if there then return true end
    local last = there == false and last_entry(self)
    if last then added = chain(last) end
  end
end

-- It is durable already.
function Log.sync()
  return true
end

-- A lock that was lost with its connection, as at a failover, may be another run's by now.
function Log:held()
  return self.lock:held()
end

---@param native table
---@param server xero.Postgres
---@param profile string
---@param name string for messages
---@param lock? { held: fun(self): true|nil, string|nil, string|nil } of the run, to write
---@return xero.PostgresJournal
function M.open(native, server, profile, name, lock)
  return setmetatable({
    native = native, server = server, profile = profile, name = name, lock = lock,
  }, Log)
end

return M
