-- The journal: what was disconnected when, by whom, by which script and why. One JSON object a line
-- in journal.jsonl of a profile's state (docs/journal.md).
--
-- Each DELETE is written down twice. The intent is durable before the request is sent; the outcome
-- follows. An intent without an outcome is what a crash leaves behind: the next run finds it and
-- settles it.
--
-- Each line ends with the hash of the line before (`prev`) and with its own (`hash`: the SHA-256 of
-- all that stands before it in the line). It says how many intents are unfinished with it (`open`),
-- so that a run looks back only where something is left to do.
--
-- The file itself is the engine's (src/append.h); who writes here holds the profile's run.lock.

local errors = require "xero.error"
local json = require "xero.json"
local text = require "xero.text"
local time = require "xero.time"

local M = {}

M.FILE = "journal.jsonl"
M.VERSION = 1

-- `prev` of the first line.
M.BEGINNING = ("0"):rep(64)

local CHUNK = 65536
local LONGEST_TAIL = 1 << 22 -- more than a crash can tear
local HEX = ("%02x"):rep(32)

local encode = json.encoder()

---@class xero.Journal
---@field seq integer of the last line
---@field prev string the hash of the last line
---@field open integer how many intents have no outcome
local Journal = {}
Journal.__index = Journal

---The hash of a text, as lines have it.
---@param native table
---@param bytes string
---@return string
function M.hash(native, bytes)
  return HEX:format(native.sha256(bytes):byte(1, 32))
end

---Whether a line is as it was written.
---@param native table
---@param line string without its newline
---@return boolean
function M.is_whole(native, line)
  local body, hash = line:match '^(.*),"hash":"(%x+)"}$'
  return body ~= nil and M.hash(native, body) == hash
end

---The entry of a line, or nil where it is none of ours. A version that we do not know is one.
---@param line string
---@return table|nil
function M.parse(line)
  local entry = line:sub(1, 1) == "{" and json.decode(line)
  if type(entry) ~= "table" or math.type(entry.v) ~= "integer" or type(entry.event) ~= "string"
    or math.type(entry.seq) ~= "integer" or math.type(entry.open) ~= "integer"
    or type(entry.prev) ~= "string" or type(entry.hash) ~= "string" then
    return nil
  end
  return entry
end

-- Reading backwards -------------------------------------------------------------------------------

-- The lines of the file from its end to its beginning: each with its offset, and whether a newline
-- ends it. Only the last one may have none.
local function lines_backwards(file)
  local start, rest = file:size(), "" -- `rest` ends a line that begins before `start`
  local waiting = {}
  local function load_chunk()
    local size = math.min(CHUNK, start)
    start = start - size
    local bytes = file:read(start, size) .. rest
    local first = start == 0 and 0 or bytes:find("\n", 1, true)
    rest = first and bytes:sub(1, first) or bytes
    if not first then return end
    for offset, line, newline in bytes:gmatch("()([^\n]*)(\n?)", first + 1) do
      if line .. newline ~= "" then
        waiting[#waiting + 1] = { line, start + offset - 1, newline ~= "" }
      end
    end
  end
  return function()
    while #waiting == 0 and start > 0 do load_chunk() end
    return table.unpack(table.remove(waiting) or {})
  end
end

local function foreign(path, what)
  errors.raise {
    kind = "store",
    message = ("%s %s"):format(path, what),
    hint = ("keep it under another name: mv '%s' '%s.old'"):format(path, path),
  }
end

-- The last good entry, and where its line ends; nil and 0 where there is none.
local function last_entry(file, path)
  local size = file:size()
  for line, offset, whole in lines_backwards(file) do
    local entry = whole and M.parse(line)
    if entry and entry.v > M.VERSION then
      foreign(path, "was written by a newer xero-run")
    elseif entry then
      return entry, offset + #line + 1
    elseif size - offset > LONGEST_TAIL or whole and offset == 0 then
      foreign(path, "is no journal of ours")
    end
  end
  return nil, 0
end

-- Writing -----------------------------------------------------------------------------------------

-- Seconds are formatted once, for many lines share them.
local function stamp(self)
  local now = self.native.now()
  local second = math.floor(now)
  if second ~= self.second then
    self.second, self.stamped = second, time.format(second):sub(1, -2)
  end
  return ("%s.%03dZ"):format(self.stamped, math.floor((now - second) * 1000))
end

-- What stands in a line besides the numbers: `,"key":value` for each pair with a value.
local function fields(...)
  local parts = {}
  for i = 1, select("#", ...), 2 do
    local key, value = select(i, ...)
    if value ~= nil then parts[#parts + 1] = (',"%s":%s'):format(key, encode(value)) end
  end
  return table.concat(parts)
end

-- JSON is UTF-8; names of scripts and reasons may be anything.
local function utf8_text(value)
  return value and (utf8.len(value) and value or text.printable(value))
end

local function add_line(self, event, opened, content)
  self.seq = self.seq + 1
  self.open = self.open + opened
  local body = ('{"v":%d,"seq":%d,"time":"%s","event":"%s"%s,"open":%d,"prev":"%s"'):format(
    M.VERSION, self.seq, stamp(self), event, content, self.open, self.prev)
  self.prev = M.hash(self.native, body)
  self.lines[#self.lines + 1] = ('%s,"hash":"%s"}'):format(body, self.prev)
end

---Writes what is waiting to be written.
---@return boolean|nil written
---@return string|nil message
---@return string|nil hint
function Journal:flush()
  if not self.lines[1] then return true end
  local lines = table.concat(self.lines, "\n") .. "\n"
  self.lines = {}
  return self.file:write(lines)
end

---Makes everything durable.
---@return boolean|nil done
---@return string|nil message
---@return string|nil hint
function Journal:sync()
  local written, message, hint = self:flush()
  if not written then return nil, message, hint end
  return self.file:sync()
end

-- What is the same for all lines of one call.
local function circumstances(self, reason)
  local about = self.about
  return fields("run", about.run, "profile", about.profile, "user", about.user, "host", about.host,
    "script", utf8_text(about.script), "as", about.as, "reason", utf8_text(reason))
end

---Writes down that these are about to be disconnected, durably.
---@param works table[] deletions (deletion.lua)
---@param reason? string
---@return boolean|nil done
---@return string|nil message
---@return string|nil hint
function Journal:intend(works, reason)
  local shared = circumstances(self, reason)
  for _, work in ipairs(works) do
    local connection = work.connection or {}
    work.entry = shared .. fields("connection", work.id, "tenant", connection.tenantId, "name",
      connection.tenantName, "updated", connection.updatedDateUtc)
    add_line(self, "intent", 1, work.entry)
    work.intent = self.seq
  end
  return self:sync()
end

---Adds what became of one that was intended; `flush` writes it.
---@param work table its verdict, and what it was sent and answered
function Journal:conclude(work)
  local err = work.error
  add_line(self, "outcome", -1, (',"intent":%d%s%s'):format(work.intent, work.entry,
    fields("verdict", work.status, "sends", work.sends, "http", work.http,
      "reconnected", work.reconnected, "error", err and utf8_text(err.message),
      "correlation_id", utf8_text(work.correlation_id))))
  work.entry = nil
end

---Adds what an unfinished intent of an earlier run came to.
---@param intent table an entry of `unfinished`
---@param verdict "deleted"|"present"
---@param reconnected? boolean
function Journal:settle(intent, verdict, reconnected)
  add_line(self, "settled", -1, (',"intent":%d%s'):format(intent.seq, fields(
    "run", self.about.run, "of_run", intent.run, "profile", intent.profile, "user", intent.user,
    "host", intent.host, "script", intent.script, "as", intent.as, "reason", intent.reason,
    "connection", intent.connection, "tenant", intent.tenant, "name", intent.name,
    "updated", intent.updated, "verdict", verdict, "reconnected", reconnected)))
end

---The intents that have no outcome, in their order: what a crash has left.
---@return table[] entries
function Journal:unfinished()
  local closed, found = {}, {}
  if self.open == 0 then return found end
  for line in lines_backwards(self.file) do
    local entry = M.parse(line)
    if entry and entry.intent then
      closed[entry.intent] = true
    elseif entry and entry.event == "intent" and not closed[entry.seq] then
      table.insert(found, 1, entry)
      if #found == self.open then break end
    end
  end
  return found
end

function Journal:close()
  self.file:close()
end

-- Opening -----------------------------------------------------------------------------------------

-- Bytes that a crash left after the last good line stay where they are. A line of their own says
-- how many they are and what their hash is, and the chain goes on from the line before them.
local function note_torn(self, from)
  local size = self.file:size()
  if from == size then return true end
  local bytes = self.file:read(from, size - from)
  if bytes:sub(-1) ~= "\n" then self.lines[1] = "" end -- ends the torn line
  add_line(self, "torn", 0, fields("bytes", size - from, "sha256", M.hash(self.native, bytes)))
  return self:sync()
end

local function raise_failed(message, hint)
  errors.raise { kind = "store", message = message, hint = hint }
end

---Opens the journal of a store whose run.lock is held.
---@param native table
---@param store userdata of native.store
---@param directory string for messages
---@param about { run: string, profile: string, user: string, host: string, script: string,
---  as: string }
---@return xero.Journal
function M.open(native, store, directory, about)
  local file = store:append(M.FILE)
  local last, stop = last_entry(file, directory .. "/" .. M.FILE)
  local self = setmetatable({
    native = native, file = file, about = about, lines = {},
    seq = last and last.seq or 0,
    open = last and last.open or 0,
    prev = last and last.hash or M.BEGINNING,
  }, Journal)
  local noted, message, hint = note_torn(self, stop)
  if not noted then raise_failed(message, hint) end
  return self
end

return M
