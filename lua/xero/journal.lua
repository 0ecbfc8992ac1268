-- The journal: what was disconnected when, by whom, by which script and why. One JSON object a
-- line, in a profile's state (docs/journal.md).
--
-- Each DELETE is written down twice. The intent is durable before the request is sent; the outcome
-- follows. An intent without an outcome is what a crash leaves behind: the next run finds it and
-- settles it.
--
-- Each line ends with the hash of the line before (`prev`) and with its own (`hash`: the SHA-256 of
-- all that stands before it in the line). It says how many intents are unfinished with it (`open`),
-- so that a run looks back only where something is left to do.
--
-- Where the lines are kept is the log's affair (journal_file.lua); who writes here holds the lock
-- of the profile's run. A line gets its number and its hash when the log takes it, so that it
-- follows the line that is the last one then.

local json = require "xero.json"
local chain_lines = require("xero.native").chain
local check_utf8 = require("xero.native").check_utf8
local json_flat = require("xero.native").json_flat
local json_fields = require("xero.native").json_fields
local json_texts = require("xero.native").json_texts
local printable = require("xero.text").printable
local raise = require "xero.raise"
local time = require "xero.time"

local M = {}

M.VERSION = 1

-- `prev` of the first line.
M.BEGINNING = ("0"):rep(64)

---@class xero.JournalLog where the lines of a journal are kept
---@field name string for messages
---@field last fun(self): table|nil, string|nil the last good entry, and bytes that a crash left
---  behind it
---@field backwards fun(self): fun(): string|nil the lines, from the last one to the first
---@field append fun(self, chain: fun(last?: table): string): true|nil, string|nil, string|nil
---  adds the lines that `chain` gives, each with its newline; told an entry, they follow that one.
---  Or nil, message, hint
---@field sync fun(self): true|nil, string|nil, string|nil makes durable what was added
---@field held fun(self): true|nil, string|nil, string|nil whether the lock of the run is still
---  held: only then something new may begin

---@class xero.Journal
---@field seq integer of the last line
---@field prev string the hash of the last line
---@field open integer how many intents have no outcome
local Journal = {}
Journal.__index = Journal

---Whether a line is as it was written.
---@param native table
---@param line string without its newline
---@return boolean
function M.is_whole(native, line)
  local body, hash = line:match '^(.*),"hash":"(%x+)"}$'
  return body ~= nil and native.sha256_hex(body) == hash
end

-- Who, why and what: text, where a line says it.
local TEXTS = { "profile", "user", "host", "script", "as", "reason", "connection", "tenant", "name",
  "updated" }

local function is_text(value) return value == nil or type(value) == "string" end

local function has_texts(entry)
  for _, key in ipairs(TEXTS) do
    if not is_text(entry[key]) then return false end
  end
  return is_text(entry.run)
end

-- What closes an intent says which, and what became of it.
local function closes_well(entry)
  return entry.intent == nil
    or math.type(entry.intent) == "integer" and type(entry.verdict) == "string"
end

---The entry of a line, or nil where it is none of ours. A version that we do not know is one.
---@param line string
---@return table|nil
function M.parse(line)
  local entry = check_utf8(line) and json_flat(line)
    or line:sub(1, 1) == "{" and json.decode(line)
  if type(entry) ~= "table" or math.type(entry.v) ~= "integer" or type(entry.event) ~= "string"
    or math.type(entry.seq) ~= "integer" or math.type(entry.open) ~= "integer"
    or type(entry.prev) ~= "string" or type(entry.hash) ~= "string" then
    return nil
  end
  local is_ours = entry.v > M.VERSION or has_texts(entry) and closes_well(entry)
  return is_ours and entry or nil
end

-- Writing -----------------------------------------------------------------------------------------

local function stamp(self)
  local now = math.floor(self.native.now() * 1000)
  return ("%s.%03dZ"):format(time.format(now // 1000):sub(1, -2), now % 1000)
end

-- JSON is UTF-8, but names of scripts and reasons may be anything.
local function mended_fields(...)
  local parts = table.pack(...)
  for i = 2, parts.n, 2 do
    local value = parts[i]
    if type(value) == "string" and not check_utf8(value) then
      parts[i] = printable(value)
    end
  end
  return json_fields(table.unpack(parts, 1, parts.n))
end

-- `,"key":value` for each key and its value, but for those that are nil.
local function fields(...)
  return json_fields(...) or mended_fields(...)
end

-- What is to become the next lines, as `chain_lines` takes it; `opened` is by how much each of them
-- changes the count of the unfinished.
local function add_lines(self, event, opened, contents)
  local waiting = self.waiting
  local head, count = fields("time", stamp(self), "event", event), #waiting
  for _, content in ipairs(contents) do
    waiting[count + 1], waiting[count + 2], waiting[count + 3] = opened, head, content
    count = count + 3
  end
end

local HEAD = ('{"v":%d,"seq":'):format(M.VERSION)

-- The lines that are waiting, as they follow the last one.
local function chain(self, last)
  if last then self.seq, self.open, self.prev = last.seq, last.open, last.hash end
  local lines
  lines, self.seq, self.open, self.prev =
    chain_lines(HEAD, self.seq, self.open, self.prev, self.waiting)
  return lines
end

local function outcome(work)
  return fields("intent", work.intent) .. work.entry
    .. fields("verdict", work.status, "sends", work.sends, "http", work.http,
      "reconnected", work.reconnected, "error", work.error and work.error.message,
      "correlation_id", work.correlation_id)
end

local function add_outcomes(self)
  local contents = {}
  for i, work in ipairs(self.concluded) do
    contents[i], work.entry = outcome(work), nil
  end
  add_lines(self, "outcome", -1, contents)
  self.concluded = {}
end

---Writes what is waiting to be written.
---@return boolean|nil written
---@return string|nil message
---@return string|nil hint
function Journal:flush()
  if self.concluded[1] then add_outcomes(self) end
  if not self.waiting[1] then return true end
  local written, message, hint = self.log:append(function(last) return chain(self, last) end)
  if not written then return nil, message, hint end
  self.waiting = {}
  return true
end

---Makes everything durable.
---@return boolean|nil done
---@return string|nil message
---@return string|nil hint
function Journal:sync()
  local written, message, hint = self:flush()
  if not written then return nil, message, hint end
  return self.log:sync()
end

-- What is the same for all lines of one call.
local function circumstances(self, reason)
  local about = self.about
  return fields("run", about.run, "profile", about.profile, "user", about.user,
    "host", about.host, "script", about.script, "as", about.as, "reason", reason)
end

-- Into its own Connection a script may have put anything.
local function as_text(value)
  if type(value) == "string" or value == nil then return value end
  return tostring(value)
end

local function subject(work)
  local connection = work.connection or {}
  local tenant, name, updated =
    connection.tenantId, connection.tenantName, connection.updatedDateUtc
  return json_texts("connection", work.id, "tenant", tenant, "name", name, "updated", updated)
    or fields("connection", work.id, "tenant", as_text(tenant), "name", as_text(name),
      "updated", as_text(updated))
end

---Writes down that these are about to be disconnected, durably.
---@param works table[] deletions (deletion.lua), each with its own reason
---@param reason? string of those that have none
---@return boolean|nil done
---@return string|nil message
---@return string|nil hint
function Journal:intend(works, reason)
  add_outcomes(self)
  local shared, shared_reason = circumstances(self, reason), reason
  local held, why, what_to_do = self.log:held()
  if not held then return nil, why, what_to_do end
  local contents = {}
  for i, work in ipairs(works) do
    local its_reason = work.reason or reason
    if its_reason ~= shared_reason then
      shared, shared_reason = circumstances(self, its_reason), its_reason
    end
    work.entry = shared .. subject(work)
    contents[i] = work.entry
  end
  add_lines(self, "intent", 1, contents)
  local done, message, hint = self:sync()
  for i, work in ipairs(works) do work.intent = self.seq - #works + i end
  return done, message, hint
end

---Takes note of what became of one that was intended. `flush` makes a line of it: there is time for
---that once the next requests are under way.
---@param work table its verdict, and what it was sent and answered
function Journal:conclude(work)
  self.concluded[#self.concluded + 1] = work
end

---Adds what an unfinished intent of an earlier run came to.
---@param intent table an entry of `unfinished`
---@param verdict "deleted"|"present"
---@param reconnected? boolean
function Journal:settle(intent, verdict, reconnected)
  local said = {}
  for i, key in ipairs(TEXTS) do said[i] = fields(key, intent[key]) end
  add_lines(self, "settled", -1, {
    fields("intent", intent.seq, "run", self.about.run, "of_run", intent.run)
      .. table.concat(said) .. fields("verdict", verdict, "reconnected", reconnected),
  })
end

---The intents that have no outcome, in their order: what a crash has left.
---@return table[] entries
function Journal:unfinished()
  local closed, found = {}, {}
  if self.open == 0 then return found end
  for line in self.log:backwards() do
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

-- Opening -----------------------------------------------------------------------------------------

-- Bytes that a crash left after the last good line stay where they are. A line of their own says
-- how many they are and what their hash is, and the chain goes on from the line before them.
local function note_torn(self, bytes)
  add_lines(self, "torn", 0, {
    fields("bytes", #bytes, "sha256", self.native.sha256_hex(bytes)),
  })
  raise.unless_stored(self:sync())
end

---Opens the journal of a state whose lock of the run is held.
---@param native table
---@param log xero.JournalLog
---@param about { run: string, profile: string, user: string, host: string, script: string,
---  as: string }
---@return xero.Journal
function M.open(native, log, about)
  local last, torn = log:last()
  local self = setmetatable({
    native = native, log = log, about = about, waiting = {}, concluded = {},
    seq = last and last.seq or 0,
    open = last and last.open or 0,
    prev = last and last.hash or M.BEGINNING,
  }, Journal)
  if torn then note_torn(self, torn) end
  return self
end

return M
