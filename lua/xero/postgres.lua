-- The PostgreSQL server of a state: connections to it, transactions, and what its failures mean.
--
-- A connection is one of libpq's (src/postgres.h). Those that nobody uses are kept for the next one
-- who asks. What holds a lock is a transaction that is left open: when its process ends, however it
-- ends, the server rolls it back. Nothing is kept between transactions that a pooler in front of
-- the server might lose: no session locks, no settings, no prepared statements.

local errors = require "xero.error"
local schema = require "xero.state_schema"

local M = {}

local CONNECT = 10 -- seconds
local STATEMENT = 30 -- seconds
local SCRUB = 2 -- seconds
local TRUSTED = 1 -- seconds that a connection may lie idle and is still taken as it is

local DOCTOR = "xero-run doctor --create-schema, as a role that may create it (docs/state.md)"

---@class xero.Postgres
local Server = {}
Server.__index = Server

-- What went wrong --------------------------------------------------------------------------------

-- By SQLSTATE (PostgreSQL's manual, appendix A): what kind of failure it is, and what to do.
local MEANINGS = {
  ["25006"] = { "store", "is it a standby? target_session_attrs=read-write in the URL finds the"
    .. " primary" },
  ["3F000"] = { "usage", DOCTOR },
  ["42501"] = { "usage", "docs/state.md lists what the role needs" },
  ["42P01"] = { "usage", DOCTOR },
  ["53100"] = { "store", "free some space on the database server" },
  ["53200"] = { "store", "the database server is short of memory" },
  ["53300"] = { "store", "raise max_connections there, or put a pooler in front of it" },
  ["55P03"] = { "busy", "--lock-timeout sets how long to wait for it" },
}

-- Of a connection that is not made the server gives no SQLSTATE, only words.
local WORDS = {
  { "authentication failed", "check user and password of the URL, or the passfile it names" },
  { "no password supplied", "put the password into a passfile (passfile= in the URL, mode 0600)" },
  { "no pg_hba.conf entry", "the server's pg_hba.conf lets nobody in from here as that role" },
  { "role .* does not exist", "create the role (docs/state.md)" },
  { "database .* does not exist", "create the database (docs/state.md)" },
  { "root certificate file", "name the authority's file: sslrootcert=/etc/ssl/… in the URL" },
  { "certificate verify failed", "name the authority's file: sslrootcert=/etc/ssl/… in the URL" },
  { "does not support SSL", "let the server use TLS, or say sslmode=disable in the URL" },
  { "invalid URI query parameter", "the parameters of the URL are those of libpq" },
  { "does not match host name", "use the name that the server's certificate has" },
}

local function meaning_of(failure)
  if failure.status == "missing" then
    return "usage", "apt install libpq5, or keep the state in a directory"
  elseif failure.sqlstate ~= "" then
    local known = MEANINGS[failure.sqlstate]
    return known and known[1] or "store", known and known[2]
  end
  for _, it in ipairs(WORDS) do
    if failure.message:find(it[1]) then return "usage", it[2] end
  end
  local is_lost = failure.status == "lost"
  return "store", is_lost and "is the database up, and can it be reached from here?" or nil
end

-- libpq quotes a URL that it does not understand, with the password.
local function without_url(self, message)
  local at, to = message:find(self.url.text, 1, true)
  if at then message = message:sub(1, at - 1) .. "…" .. message:sub(to + 1) end
  return (message:gsub("postgres%a*://[^%s\"]*", "…"))
end

---What a failure of a connection or statement is to the user.
---@param failure xero.Error|{ status: string, sqlstate: string, message: string }
---@return xero.Error
function Server:error(failure)
  if errors.is(failure) then return failure end
  if failure.status == "interrupted" then
    return errors.interruption(self.native.interrupted())
  end
  local kind, hint = meaning_of(failure)
  return errors.new {
    kind = kind,
    message = ("%s: %s"):format(self.url.place, without_url(self, failure.message)),
    hint = hint,
  }
end

---The same as the values with which a save says that it failed.
---@return nil, string message, string|nil hint
function Server:refusal(failure)
  local err = self:error(failure)
  return nil, err.message, err.hint
end

-- Connections ------------------------------------------------------------------------------------

---A connection of the caller's own, whose schema is not looked at.
---@return userdata|nil connection
---@return table|nil failure
function Server:connect()
  return self.native.postgres(self.url.text, CONNECT, self.sslmode)
end

-- Why the database of a new connection cannot be worked with; nil where it can.
local function schema_fault(self, connection)
  local fault, hint = schema.fault(connection)
  if type(fault) ~= "string" then return fault end
  return errors.new {
    kind = "usage", message = ("%s %s"):format(self.url.place, fault), hint = hint or DOCTOR,
  }
end

-- A connection that lay idle; one that the server closed meanwhile is of no use.
local function idle(self)
  for i = #self.idle, 1, -1 do
    local it = table.remove(self.idle, i)
    local lay = self.native.monotonic() - it.since
    if lay < TRUSTED or it.connection:script("SELECT 1", STATEMENT) then return it.connection end
    it.connection:close()
  end
end

---A connection of the caller's own, until it is given back.
---@return userdata|nil connection
---@return table|nil failure
function Server:take()
  local known = idle(self)
  if known then return known end
  local connection, failure = self:connect()
  if not connection then return nil, failure end
  failure = schema_fault(self, connection)
  if not failure then return connection end
  connection:close()
  return nil, failure
end

---Gives a connection back that has no transaction open.
function Server:give(connection)
  if connection:scrub(SCRUB) then
    table.insert(self.idle, { connection = connection, since = self.native.monotonic() })
  else
    connection:close()
  end
end

---Closes what lies idle.
function Server:close()
  for _, it in ipairs(self.idle) do it.connection:close() end
  self.idle = {}
end

---Runs one statement, a transaction of its own. Where the failure's status is "lost", nobody knows
---whether it was done.
---@param sql string
---@return table[]|nil rows
---@return table|nil failure
function Server:run(sql, ...)
  local connection, failure = self:take()
  if not connection then return nil, failure end
  local rows
  rows, failure = connection:run(sql, STATEMENT, ...)
  if rows or failure.status == "refused" then
    self:give(connection)
  else
    connection:close()
  end
  return rows, failure
end

---The same, raising what went wrong.
---@param sql string
---@return table[] rows
function Server:read(sql, ...)
  local rows, failure = self:run(sql, ...)
  return rows or error(self:error(failure), 0)
end

---Makes the statement that it is a part of durable, where the database is set to be careless.
M.DURABLE = [[set_config('synchronous_commit',
  replace(current_setting('synchronous_commit'), 'off', 'on'), true) <> '']]

-- Milliseconds for the server; 0 is no limit there.
local function milliseconds(seconds)
  return math.max(math.ceil(seconds * 1000), 1)
end

-- A transaction that is to stay open for `idle` seconds at most, or (nil) as long as its process
-- lives. The server is to notice soon that a machine is gone, too.
local BEGIN = [[
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL lock_timeout = %d;
  SET LOCAL statement_timeout = %d;
  SET LOCAL tcp_keepalives_idle = 10;
  SET LOCAL tcp_keepalives_interval = 5;
  SET LOCAL tcp_keepalives_count = 3;
  SELECT set_config(name, '%d', true) FROM pg_catalog.pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout');
  SELECT ]] .. M.DURABLE

-- Begins a transaction on a connection of its own.
local function begin(self, seconds, idle_for)
  local connection, failure = self:take()
  if not connection then return nil, failure end
  local begun
  begun, failure = connection:script(BEGIN:format(milliseconds(seconds),
    milliseconds(seconds + STATEMENT), idle_for and milliseconds(idle_for) or 0), STATEMENT)
  if begun then return connection end
  connection:close()
  return nil, failure
end

---Ends a transaction without what it did, and gives its connection back.
function Server:rollback(connection)
  if connection:script("ROLLBACK", STATEMENT) then
    self:give(connection)
  else
    connection:close()
  end
end

---Takes a row, made where there is none, in a transaction that is left open.
---@param row { hold: string, make: string } statements that lock it and make it
---@param seconds number how long to wait for it
---@param idle_for? number how long the transaction may be idle
---@param ... string what the statements take
---@return userdata|nil connection
---@return table|nil failure
function Server:hold(row, seconds, idle_for, ...)
  for _ = 1, 2 do
    local connection, failure = begin(self, seconds, idle_for)
    if not connection then return nil, failure end
    local rows
    rows, failure = connection:wait(row.hold, seconds + STATEMENT, ...)
    if rows and rows[1] then return connection end
    if not rows and failure.status ~= "refused" then
      connection:close()
      return nil, failure
    end
    self:rollback(connection)
    if not rows then return nil, failure end
    rows, failure = self:run(row.make, ...)
    if not rows then return nil, failure end
  end
  return nil, { status = "refused", sqlstate = "", message = "the row that is held vanished" }
end

---Ends a transaction. Where the failure's status is "lost", nobody knows whether it counts.
---@return boolean|nil done
---@return table|nil failure
function Server:commit(connection)
  local done, failure = connection:script("COMMIT", STATEMENT)
  if done then self:give(connection) else connection:close() end
  return done, failure
end

M.STATEMENT = STATEMENT

---@param native table
---@param url xero.StateUrl
---@param sslmode? string where the URL says none
---@return xero.Postgres
function M.new(native, url, sslmode)
  return setmetatable({ native = native, url = url, sslmode = sslmode, idle = {} }, Server)
end

return M
