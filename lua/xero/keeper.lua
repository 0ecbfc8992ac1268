-- Where a login is kept: in the files of a profile, or by a script's own token_getter and
-- token_saver. Both have the same face, for xero.refresh:
--
--   load()      the stored grant, or nil; raises kind "store" where it cannot be read
--   lock(s)     something to close; or nil and an error object
--   note(g)     stores what changed about the grant: true, or nil, message, hint
--   prepare(g)  makes sure of the room for the grant that follows g: true, or nil, message, hint
--   save(g)     stores new tokens: true, or nil, message, hint

local errors = require "xero.error"

local M = {}

local SAVES = 5
local FILE = "token.json"
local ROOM = 16384 -- bytes; about five times what Xero's tokens take

---@class xero.Keeper
---@field load fun(self): table|nil
---@field lock fun(self, seconds: number): table|nil, table|nil
---@field note fun(self, grant: table): boolean|nil, string|nil, string|nil
---@field prepare fun(self, grant: table): boolean|nil, string|nil, string|nil
---@field save fun(self, grant: table): boolean|nil, string|nil, string|nil

---Saves new tokens, which nobody can give again: what fails once may succeed the next time.
---@param kept xero.Keeper
---@param grant userdata
---@return boolean|nil saved
---@return string|nil message
---@return string|nil hint
function M.save(kept, grant)
  local saved, message, hint
  for _ = 1, SAVES do
    saved, message, hint = kept:save(grant)
    if saved then return true end
  end
  return nil, message, hint
end

---Why a store of files gave no lock.
---@param native table
---@param why "busy"|"interrupted" as the store has it
---@param message string
---@return xero.Error
function M.no_lock(native, why, message)
  if why == "interrupted" then return errors.interruption(native.interrupted()) end
  return errors.new {
    kind = "busy", message = message, hint = "--lock-timeout sets how long to wait for it",
  }
end

-- Something that ends the lock when it is closed.
local function guard(unlock)
  return setmetatable({}, { __close = unlock })
end

-- Files ------------------------------------------------------------------------------------------

local Files = {}
Files.__index = Files

local function quoted(path)
  return path:find "^[%w/._-]+$" and path or "'" .. path:gsub("'", "'\\''") .. "'"
end

function Files:load()
  if not self.store then return nil end
  local bytes = self.store:read(FILE)
  if not bytes then return nil end
  local grant, message, why = self.form:decode(bytes)
  if grant then return grant end
  local path = quoted(self.directory .. "/" .. FILE)
  local name = self.directory:match "[^/]+$"
  self.form.raise(("%s/%s"):format(self.directory, FILE), message, why,
    ("mv %s %s.bad && xero-run -p %s login"):format(path, path, name))
end

function Files:lock(seconds)
  local done, locked, why, message = pcall(self.store.lock, self.store, seconds)
  if not done then
    if errors.is(locked) then return nil, locked end
    error(locked, 0)
  elseif locked then
    return guard(function() self.store:unlock() end)
  end
  return nil, M.no_lock(self.native, why, message)
end

function Files:save(grant)
  return self.store:replace(FILE, self.form:encode(grant))
end

Files.note = Files.save

function Files:prepare()
  self.form:check()
  return self.store:prepare(FILE, ROOM)
end

---Forgets the login; the caller holds the lock.
---@return boolean|nil done also where there was none
---@return string|nil message
---@return string|nil hint
function Files:remove()
  return self.store:remove(FILE)
end

---A login in the directory of a profile. Without one there (and without `create`) none is stored.
---@param native table
---@param directory string absolute
---@param form xero.LoginForm
---@param create? boolean
---@return xero.Keeper
function M.files(native, directory, form, create)
  local store = native.store { directory = directory, create = create }
  return setmetatable({
    native = native, store = store, directory = directory, form = form,
  }, Files)
end

-- A script ---------------------------------------------------------------------------------------

local Script = {}
Script.__index = Script

-- What a script's function raised, as the text of a failure of the store.
local function failed(name, err)
  return ("%s failed: %s"):format(name, tostring(err))
end

function Script:load()
  local ok, stored = pcall(self.getter)
  if not ok then
    if errors.is_interruption(stored) then error(stored, 0) end
    errors.raise { kind = "store", message = failed("token_getter", stored) }
  elseif stored == nil then
    return nil
  elseif type(stored) ~= "table" then
    errors.raise {
      kind = "store",
      message = "token_getter gave a " .. type(stored) .. ", not a table or nil",
    }
  end
  local grant, message = self.native.grant {
    access_token = stored.access_token, refresh_token = stored.refresh_token,
    expires_at = stored.expires_at, expires_in = stored.expires_in,
    obtained_at = stored.obtained_at, scope = stored.scope, client_id = self.client_id,
  }
  if not grant then
    errors.raise { kind = "store", message = "token_getter: " .. message }
  end
  local noted = self.noted
  return noted and grant:same_access(noted:token()) and noted or grant
end

-- Within the process there is one thread: the lock can only be held by a getter or saver that needs
-- a token itself.
function Script:lock()
  if self.locked then
    return nil, errors.new {
      kind = "store", message = "token_getter or token_saver asks for a token itself",
    }
  end
  self.locked = true
  return guard(function() self.locked = false end)
end

function Script:save(grant)
  local ok, err = pcall(self.saver, grant:reveal())
  if ok then return true end
  return nil, failed("token_saver", err)
end

-- What concerns one refresh is no business of the script's: it is given tokens only. But it is told
-- apart from what another process may have stored meanwhile.
function Script:note(grant)
  self.noted = grant
  return true
end

function Script.prepare()
  return true
end

---A login that a script keeps: `token_getter()` gives a table like a token response, or nil;
---`token_saver(table)` stores one before it returns.
---@param native table
---@param client_id string
---@param getter fun(): table|nil
---@param saver fun(tokens: table)
---@return xero.Keeper
function M.script(native, client_id, getter, saver)
  return setmetatable({
    native = native, client_id = client_id, getter = getter, saver = saver,
  }, Script)
end

return M
