-- A PostgreSQL server on a free port of loopback, Debian's, as an unprivileged user: it refuses to
-- be root's.
--
--   local server <close> = require "support.postgres".start()
--   local database = server:database()        -- with the schema, and a role that may only use it
--   run { "list", env = sandbox:with { XERO_RUN_STATE = database.url } }
--   database:rows "SELECT count(*)::text FROM xero_run.journal"

local native = require "xero.native"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local postgres = {}

local PASSWORD = "a-password-of-the-tests"

-- The newest of the versions that are installed.
local function binaries()
  local found = shell.output { "sh", "-c",
    "ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1" }
  return found:match "[^\n]+"
end

--- Why there can be no server here; nil where there can.
---@return string|nil
function postgres.missing()
  return not binaries() and "PostgreSQL's server is not installed" or nil
end

-- The words that run a command as somebody other than root.
local function unprivileged(words)
  if native.user_name() ~= "root" then return words end
  return table.move(words, 1, #words, 5,
    { "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups" })
end

local function initialize(bin, directory)
  local password = directory .. "/password"
  temp.write(password, PASSWORD .. "\n")
  if native.user_name() == "root" then
    shell.output { "chown", "-R", "nobody:nogroup", directory }
  end
  shell.output(unprivileged { bin .. "/initdb", "-D", directory .. "/data", "-U", "owner", "-A",
    "scram-sha-256", "--pwfile=" .. password, "-E", "UTF8", "--locale=C", "--no-sync",
    "--no-instructions" })
end

---@class support.Postgres
---@field port integer
---@field process support.Process
local Server = { PASSWORD = PASSWORD }
Server.__index = Server

local function await_start(self)
  process.await(function()
    if self.process:ended() then return true end
    return native.postgres(self:url "postgres", 5) ~= nil
  end, "PostgreSQL", 30)
  return not self.process:ended()
end

-- Starts the server, on the port that it has or on a free one.
function Server:go(...)
  for _ = 1, 20 do
    local port = self.port or math.random(20000, 32000)
    local words = unprivileged { self.bin .. "/postgres", "-D", self.directory .. "/data", "-p",
      tostring(port), "-k", self.directory, "-c", "listen_addresses=127.0.0.1", "-c",
      "max_connections=300", "-c", "fsync=off", "-c", "logging_collector=off", ... }
    words.timeout = 7200
    self.process = process.spawn(words)
    local fixed = self.port
    self.port = port
    if await_start(self) then return end
    self.port = fixed
    assert(self.process:err():find("already in use", 1, true), self.process:err())
  end
  error "no free port for PostgreSQL"
end

---@return support.Postgres
function postgres.start()
  local directory = temp.directory()
  local self = setmetatable({ bin = binaries(), directory = directory }, Server)
  initialize(self.bin, directory)
  self:go()
  return self
end

---@param database string
---@param role? string default the owner of all
---@return string
function Server:url(database, role)
  local user = role or "owner"
  return ("postgresql://%s:%s@127.0.0.1:%s/%s"):format(user, PASSWORD, self.port, database)
end

--- Stops it at once, as a power cut would not: sessions are ended, what is committed stays.
function Server:stop()
  if self.process:ended() then return end
  self.process:kill "INT" -- its fast shutdown
  self.process:wait(20)
end

Server.__close = Server.stop

---@class support.Database
---@field url string of a role that has what docs/state.md gives it, and no more
---@field owner string the URL of the owner
local Database = {}
Database.__index = Database

local function connected(url)
  local connection, failure = native.postgres(url, 10)
  return connection or error(failure.message, 3)
end

local function rows_of(url, sql, ...)
  local connection <close> = connected(url)
  local rows, failure = connection:run(sql, 30, ...)
  return rows or error(failure.message .. ": " .. sql, 2)
end

local function script(url, sql)
  local connection <close> = connected(url)
  local done, failure = connection:script(sql, 30)
  return done or error(failure.message .. ": " .. sql, 2)
end

-- The grants that the documentation tells people to make.
local function documented_grants()
  local text = temp.read "docs/state.md"
  return assert(text:match "```sql\n(%-%- the role of the jobs.-)```")
end

--- A server that somebody else has started.
---@param url string of the database "postgres", as its owner
---@return support.Postgres
function postgres.at(url)
  return setmetatable({ port = url:match ":(%d+)/" }, Server)
end


--- Runs statements in the database "postgres", as its owner.
---@param sql string
function Server:script(sql)
  script(self:url "postgres", sql)
end

--- A fresh database with the schema.
---@param options? { bare?: boolean } bare: without the schema
---@return support.Database
function Server:database(options)
  local name = "state_" .. native.base64url(native.random_bytes(9)):gsub("%W", "_"):lower()
  self:script("CREATE DATABASE " .. name)
  local self_ = setmetatable({ server = self, name = name, owner = self:url(name) }, Database)
  self_.url = self_.owner
  if options and options.bare then return self_ end
  local made = run { "doctor", "--create-schema", env = { XERO_RUN_STATE = self_.owner } }
  assert(made.status == 0, made.err)
  self_:grant()
  return self_
end

--- Makes the role of the jobs, as the documentation says.
function Database:grant()
  local role = "jobs_" .. self.name
  local sql = documented_grants():gsub("xero_jobs", role):gsub("'…'", "'" .. PASSWORD .. "'")
  script(self.owner, sql)
  self.role, self.url = role, self.server:url(self.name, role)
end

--- What a statement of the owner gives.
---@param sql string with values for $1 and so on
---@return table[]
function Database:rows(sql, ...)
  return rows_of(self.owner, sql, ...)
end

--- Runs statements of the owner.
---@param sql string
function Database:script(sql)
  script(self.owner, sql)
end

return postgres
