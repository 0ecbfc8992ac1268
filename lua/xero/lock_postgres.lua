-- A lock of a profile, shared by several machines: a row of PostgreSQL that a transaction holds for
-- as long as it is open. Poolers leave an open transaction alone; a session's advisory lock they
-- would not. The server ends the transaction when its process dies, or its machine.

local postgres = require "xero.postgres"

local M = {}

local ROW = {
  hold = "SELECT 1::text FROM xero_run.lock WHERE profile = $1 AND name = $2 FOR NO KEY UPDATE",
  make = "INSERT INTO xero_run.lock (profile, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
}

---@class xero.PostgresLock
local Lock = {}
Lock.__index = Lock

---Whether it is still held: a connection may be lost, as at a failover, and the lock with it.
---@return true|nil held
---@return string|nil message
---@return string|nil hint
function Lock:held()
  local rows, failure
  if self.connection then
    rows, failure = self.connection:run("SELECT 1::text", postgres.STATEMENT)
    if rows then return true end
    self.connection:close()
    self.connection = nil
  end
  local message = failure and select(2, self.server:refusal(failure)) or self.server.url.place
  return nil, ("the lock %q was lost: %s"):format(self.name, message),
    "run it again: another run may have begun meanwhile"
end

function Lock:__close()
  if self.connection then self.server:rollback(self.connection) end
  self.connection = nil
end

---@param server xero.Postgres
---@param profile string
---@param name string
---@param seconds number to wait for it
---@return xero.PostgresLock|nil lock to be closed
---@return xero.Error|nil
function M.take(server, profile, name, seconds)
  local connection, failure = server:hold(ROW, seconds, nil, profile, name)
  if connection then
    return setmetatable({ server = server, name = name, connection = connection }, Lock)
  end
  local err = server:error(failure)
  if err.kind == "busy" then
    err.message = ("another run holds the lock %q of profile %s in %s"):format(name, profile,
      server.url.place)
  end
  return nil, err
end

return M
