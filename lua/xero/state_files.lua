-- A profile's state in files of a directory of its own (src/store.h has their rules). See state.lua
-- for what each function gives.

local errors = require "xero.error"

local M = {}

local LOGIN, MARKS = "token.json", "marks.json"

-- Loaded when it is needed: who only lists tenants has no use for it.
local function journal_file()
  return require "xero.journal_file"
end

---@class xero.FileState: xero.ProfileState
local State = {}
State.__index = State

-- The directory's store. Each lock has one of its own.
local function open(self, create)
  return self.native.store { directory = self.place, create = create }
end

function State:keeper(create)
  return require "xero.keeper".files(self.native, self.place, self.form, create)
end

-- A file that cannot be asked about is not taken for absent: the app's own token reaches further
-- than the person's.
function State:has_login()
  local file = self.place .. "/" .. LOGIN
  local status, message, absent = self.native.file_status(file)
  if not status and not absent then
    errors.raise { kind = "store", message = ("cannot look at %s: %s"):format(file, message) }
  end
  return status ~= nil
end

function State:lock(name, seconds)
  local store = open(self, true)
  local locked, why, message = store:lock(seconds, name .. ".lock")
  if locked then
    self.locked[name] = store
    return setmetatable({}, { __close = function()
      self.locked[name] = nil
      store:close()
    end })
  end
  store:close()
  return nil, require "xero.keeper".no_lock(self.native, why, message)
end

function State:journal()
  return journal_file().open(open(self, true), self.place)
end

function State:journal_lines()
  return journal_file().lines(self.place)
end

function State:read_marks(limit)
  local store = open(self)
  return store and store:read_text(MARKS, limit)
end

function State:replace_marks(text)
  return self.locked.marks:replace(MARKS, text)
end

-- The directory and what is in it are held to the store's own rules when it is opened.
function State:inspect()
  local kept = self:keeper()
  local function finding(state, mend, format, ...)
    return { { state = state, mend = mend, finding = format:format(...) } }
  end
  if not kept.store then return finding("ok", nil, "%s does not exist yet", self.place) end
  local lock <close>, busy = kept:lock(0.1)
  if not lock and busy.kind ~= "busy" then
    return finding("FAIL", busy.hint, "%s", busy)
  elseif not lock then
    return finding("warn", "look again in a while: no renewal takes two minutes",
      "another run holds the lock of %s", self.place)
  elseif self.native.file_status(self.place .. "/" .. LOGIN .. ".new") then
    return finding("warn", "nothing: the next renewal removes it",
      "%s/%s.new was left by a run that was cut off", self.place, LOGIN)
  end
  -- What a renewal would be refused for before it asks Xero.
  local done, message, hint = kept:prepare()
  if not done then return finding("FAIL", hint, "%s", message) end
  return finding("ok", nil, "%s is private, has room, and its lock is free", self.place)
end

---@param native table
---@param directory string absolute
---@param form xero.LoginForm
---@return xero.FileState
function M.new(native, directory, form)
  return setmetatable({
    native = native, place = directory, form = form, shared = false, locked = {},
    journal_name = directory .. "/journal.jsonl", marks_name = directory .. "/" .. MARKS,
  }, State)
end

return M
