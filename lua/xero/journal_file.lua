-- A journal's lines in a file, journal.jsonl of a profile's directory. The file itself is the
-- engine's (src/append.h). It is read from its end, so that a journal of many years is no matter.

local errors = require "xero.error"
local journal = require "xero.journal"

local M = {}

M.NAME = "journal.jsonl"

-- What is read at once: first what the last lines fill, for mostly nobody asks for more.
local FIRST_CHUNK, LONGEST_CHUNK = 2048, 65536
local LONGEST_TAIL = 1 << 22 -- more than a crash can tear
local NO_SUCH_FILE = 2 -- errno

---@class xero.JournalFile: xero.JournalLog
local File = {}
File.__index = File

-- The lines of the file from its end to its beginning: each with its offset, and whether a newline
-- ends it. Only the last one may have none.
local function lines_backwards(file)
  local start, rest = file:size(), "" -- `rest` ends a line that begins before `start`
  local waiting, chunk = {}, FIRST_CHUNK
  local function load_chunk()
    local size = math.min(chunk, start)
    chunk = math.min(chunk * 2, LONGEST_CHUNK)
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

function File:backwards()
  return lines_backwards(self.file)
end

local function foreign(name, what)
  errors.raise {
    kind = "store",
    message = ("%s %s"):format(name, what),
    hint = ("keep it under another name: mv '%s' '%s.old'"):format(name, name),
  }
end

-- The last good entry, and where its line ends; nil and 0 where there is none.
local function last_entry(self, size)
  for line, offset, whole in lines_backwards(self.file) do
    local entry = whole and journal.parse(line)
    if entry and entry.v > journal.VERSION then
      foreign(self.name, "was written by a newer xero-run")
    elseif entry then
      return entry, offset + #line + 1
    elseif size - offset > LONGEST_TAIL or whole and offset == 0 then
      foreign(self.name, "is no journal of ours")
    end
  end
  return nil, 0
end

function File:last()
  local size = self.file:size()
  local entry, stop = last_entry(self, size)
  local torn = stop < size and self.file:read(stop, size - stop) or nil
  self.unended = torn and torn:sub(-1) ~= "\n" -- the next line is not to become a part of that one
  return entry, torn
end

function File:append(chain)
  local text = chain()
  if self.unended then text = "\n" .. text end
  self.unended = false
  return self.file:write(text)
end

function File:sync()
  return self.file:sync()
end

-- No other process gets the lock of a file while this one lives.
function File.held()
  return true
end

---The journal in a directory, to be written.
---@param store userdata of native.store
---@param directory string for messages
---@return xero.JournalFile
function M.open(store, directory)
  local name = directory .. "/" .. M.NAME
  return setmetatable({ name = name, file = store:append(M.NAME) }, File)
end

---The lines of the journal in a directory, each with its newline; none where there is no journal.
---@param directory string
---@return fun(): string|nil
function M.lines(directory)
  local file, message, code = io.open(directory .. "/" .. M.NAME, "rb")
  if not file and code ~= NO_SUCH_FILE then
    errors.raise { kind = "store", message = "the journal cannot be read: " .. message }
  end
  return function() return file and file:read "L" end
end

return M
