-- A login in a row of PostgreSQL, shared by several machines; see keeper.lua for the face.
--
-- The row is held by a transaction from before it is read again until the new tokens are committed
-- with it: who commits has held it all the time, and who dies has not changed it. But that a
-- refresh begins must be durable before the token endpoint is asked, and a commit would give the
-- row away. So it is noted by a second connection, in a row of its own (login_note), while the
-- first one holds the login. Each write counts the generation up; the row with the higher one is
-- what is stored.
--
-- A connection that is lost takes the hold with it. Before anything is saved then, the row is taken
-- and read again: if only notes were added since, the new tokens belong there; if it has other
-- tokens by now, those are the login.

local postgres = require "xero.postgres"

local M = {}

-- The transaction that holds the row is idle while the token endpoint is asked, which is at most a
-- minute (refresh.lua). After this the server gives up a holder that hangs.
local IDLE = 180 -- seconds
local AGAIN = 10 -- seconds to wait for a row that was lost
local PAUSE = 1 -- second

---@class xero.PostgresKeeper: xero.Keeper
local Keeper = {}
Keeper.__index = Keeper

local READ = [[
  SELECT greatest(login.generation, note.generation)::text,
    CASE WHEN note.generation > login.generation THEN note.body ELSE login.body END
  FROM xero_run.login LEFT JOIN xero_run.login_note AS note USING (profile)
  WHERE login.profile = $1]]

local ROW = {
  hold = "SELECT 1::text FROM xero_run.login WHERE profile = $1 FOR NO KEY UPDATE",
  make = "INSERT INTO xero_run.login (profile) VALUES ($1) ON CONFLICT DO NOTHING",
}

local NOTE = [[
  INSERT INTO xero_run.login_note AS note (profile, generation, body)
  SELECT profile, $2::bigint + 1, $3::bytea FROM xero_run.login
    WHERE profile = $1 AND generation <= $2::bigint AND ]] .. postgres.DURABLE .. [[

  ON CONFLICT (profile) DO UPDATE
    SET generation = excluded.generation, body = excluded.body, changed_at = now()
    WHERE note.generation <= $2::bigint
  RETURNING generation::text]]

-- What was noted is of no use any more, and holds tokens.
local SAVE = [[
  WITH forgotten AS (DELETE FROM xero_run.login_note WHERE profile = $1)
  UPDATE xero_run.login SET generation = $2::bigint + 1, body = $3::bytea, changed_at = now()
  WHERE profile = $1 AND generation <= $2::bigint
  RETURNING generation::text]]

local REHEARSE = [[
  UPDATE xero_run.login SET generation = generation WHERE profile = $1 RETURNING generation::text]]

local OVERTAKEN = "another run has changed the login meanwhile"

-- Reading ----------------------------------------------------------------------------------------

-- The generation that is stored and its bytes; 0 and nil where there is no row.
local function read(self, run)
  local rows, failure = run(READ, self.profile)
  if not rows then return nil, failure end
  local row = rows[1] or { "0", false }
  return math.tointeger(tonumber(row[1])), row[2] or nil
end

local function run_on(connection)
  return function(sql, ...) return connection:run(sql, postgres.STATEMENT, ...) end
end

local function decode(self, bytes)
  local grant, message, why = self.form:decode(bytes)
  if grant then return grant end
  self.form.raise("the login in " .. self.place, message, why,
    ("xero-run -p %s login"):format(self.profile))
end

function Keeper:load()
  local run = self.held and run_on(self.held)
    or function(sql, ...) return self.server:run(sql, ...) end
  local generation, bytes = read(self, run)
  if not generation then error(self.server:error(bytes), 0) end
  local grant = bytes and decode(self, bytes)
  if self.held then self.generation, self.base = generation, grant end
  return grant
end

-- Holding ----------------------------------------------------------------------------------------

local function hold(self, seconds)
  return self.server:hold(ROW, seconds, IDLE, self.profile)
end

function Keeper:lock(seconds)
  local connection, failure = hold(self, seconds)
  if not connection then
    local err = self.server:error(failure)
    if err.kind == "busy" then err.message = "another run holds the login in " .. self.place end
    return nil, err
  end
  self.held, self.generation, self.base = connection, nil, nil
  return setmetatable({}, { __close = function()
    if self.held then self.server:rollback(self.held) end
    self.held = nil
  end })
end

local function drop(self)
  if self.held then self.held:close() end
  self.held = nil
end

-- Takes the row again that was lost, or committed. What stands there now: "as before" (of our
-- tokens, though others may have noted something), "this" grant, or "other"; or nil and the
-- failure.
local function hold_again(self, grant)
  local connection, failure = hold(self, AGAIN)
  if not connection then return nil, failure end
  self.held = connection
  local generation, bytes = read(self, run_on(connection))
  if not generation then
    drop(self)
    return nil, bytes
  end
  local stored = bytes and self.form:decode(bytes)
  if stored and grant and stored:same(grant) then return "this" end
  local untouched = generation == self.generation
  if untouched or stored and self.base and stored:same_tokens(self.base) then
    self.generation = generation
    return "as before"
  end
  return "other"
end

-- Writing ----------------------------------------------------------------------------------------

local function generation_now(self)
  if self.generation then return true end
  local generation, failure = read(self, run_on(self.held))
  self.generation = generation
  return generation, failure
end

-- Stores bytes (nil: none) with the row that is held, and gives it back.
local function commit(self, bytes)
  local known, rows, failure, done
  known, failure = generation_now(self)
  if known then
    rows, failure = self.held:run(SAVE, postgres.STATEMENT, self.profile, self.generation, bytes)
  end
  if not rows or not rows[1] then
    drop(self)
    return nil, failure or { status = "refused", sqlstate = "", message = OVERTAKEN }
  end
  local connection = self.held
  self.held = nil
  done, failure = self.server:commit(connection)
  if done then self.generation = self.generation + 1 end
  return done, failure
end

function Keeper:save(grant)
  if not self.held then
    local what, failure = hold_again(self, grant)
    if not what then
      self.native.sleep(PAUSE) -- a server that restarts takes a while
      return self.server:refusal(failure)
    end
    -- A login that others have renewed meanwhile is no older than ours, which serves this run.
    if what ~= "as before" then return true end
  end
  local done, failure = commit(self, self.form:encode(grant))
  if done then
    self.base = grant
    return true
  end
  return self.server:refusal(failure)
end

function Keeper:note(grant)
  if not self.held then
    local what, failure = hold_again(self, grant)
    if not what then return self.server:refusal(failure) end
    if what == "this" then return true end
    if what == "other" then return nil, OVERTAKEN end
  end
  local body = self.form:encode(grant)
  local rows, failure = self.server:run(NOTE, self.profile, self.generation, body)
  if rows and rows[1] then
    self.generation = self.generation + 1
    return true
  end
  drop(self) -- what is stored has to be looked at before the next try
  if rows then return nil, OVERTAKEN end
  return self.server:refusal(failure)
end

-- The server has room for what it has just stored; what has to be sure is that the row is still
-- held and can be written.
function Keeper:prepare()
  if not self.held then return nil, OVERTAKEN end
  self.form:check()
  local rows, failure = self.held:run(REHEARSE, postgres.STATEMENT, self.profile)
  if rows then return true end
  drop(self)
  return self.server:refusal(failure)
end

---Forgets the login; the caller holds the lock.
---@return boolean|nil done also where there was none
---@return string|nil message
---@return string|nil hint
function Keeper:remove()
  if not self.held then return nil, OVERTAKEN end
  local done, failure = commit(self, nil)
  if done then return true end
  return self.server:refusal(failure)
end

---@param native table
---@param server xero.Postgres
---@param profile string
---@param place string for messages
---@param form xero.LoginForm
---@return xero.PostgresKeeper
function M.new(native, server, profile, place, form)
  return setmetatable({
    native = native, server = server, profile = profile, place = place, form = form,
  }, Keeper)
end

return M
