-- A profile's state in PostgreSQL, shared by several machines. See state.lua for what each function
-- gives, and docs/state.md for what the database sees and what happens at a failover.

local errors = require "xero.error"
local keeper_postgres = require "xero.keeper_postgres"
local lock_postgres = require "xero.lock_postgres"
local postgres = require "xero.postgres"
local state_url = require "xero.state_url"

local M = {}

---@class xero.PostgresState: xero.ProfileState
local State = {}
State.__index = State

function State:keeper()
  return keeper_postgres.new(self.native, self.server, self.profile, self.place, self.form)
end

local HAS_LOGIN = "SELECT 1::text FROM xero_run.login WHERE profile = $1 AND body IS NOT NULL"

function State:has_login()
  return self.server:read(HAS_LOGIN, self.profile)[1] ~= nil
end

function State:lock(name, seconds)
  local lock, err = lock_postgres.take(self.server, self.profile, name, seconds)
  self.locks[name] = lock
  return lock, err
end

local function journal(self, lock)
  return require "xero.journal_postgres".open(self.native, self.server, self.profile,
    self.journal_name, lock)
end

function State:journal()
  return journal(self, self.locks.run)
end

function State:journal_lines()
  return journal(self):forwards()
end

-- Marks ------------------------------------------------------------------------------------------

-- The text is that of marks.json, put together from the rows and taken apart again. Its version is
-- that of the schema.
local READ_MARKS = [[
  SELECT json_build_object('version', 1, 'policies', json_object_agg(name, body))::text
  FROM xero_run.policy WHERE profile = $1 HAVING count(*) > 0]]

local REPLACE_MARKS = [[
  WITH given AS (SELECT key AS name, value AS body FROM json_each($2::json -> 'policies')),
  gone AS (DELETE FROM xero_run.policy
    WHERE profile = $1 AND name NOT IN (SELECT name FROM given))
  INSERT INTO xero_run.policy (profile, name, body) SELECT $1, name, body FROM given
  WHERE ]] .. postgres.DURABLE .. [[

  ON CONFLICT (profile, name) DO UPDATE SET body = excluded.body]]

function State:read_marks(limit)
  local row = self.server:read(READ_MARKS, self.profile)[1]
  if row and #row[1] > limit then
    errors.raise { kind = "store", message = ("the marks in %s are too large"):format(self.place) }
  end
  return row and row[1]
end

function State:replace_marks(text)
  local held, message, hint = self.locks.marks:held()
  if not held then return nil, message, hint end
  local rows, failure = self.server:run(REPLACE_MARKS, self.profile, text)
  if rows then return true end
  return self.server:refusal(failure)
end

-- What doctor says
-- ---------------------------------------------------------------------------------

local RIGHTS = [[
  SELECT string_agg(of.what || ' on ' || of.name, ', ')
  FROM (VALUES ('login', 'SELECT'), ('login', 'INSERT'), ('login', 'UPDATE'),
    ('login_note', 'SELECT'), ('login_note', 'INSERT'), ('login_note', 'UPDATE'),
    ('login_note', 'DELETE'), ('lock', 'SELECT'), ('lock', 'INSERT'), ('lock', 'UPDATE'),
    ('journal', 'SELECT'), ('journal', 'INSERT'), ('policy', 'SELECT'), ('policy', 'INSERT'),
    ('policy', 'UPDATE'), ('policy', 'DELETE')) AS of (name, what)
  WHERE NOT has_table_privilege('xero_run.' || of.name, of.what)]]

local READ_ONLY = "SELECT current_setting('transaction_read_only')"

local function version_of(number)
  return ("%d.%d"):format(number // 10000, number % 10000)
end

-- The connection, and what the way there shows to others.
local function inspect_connection(self, add)
  local connection, failure = self.server:take()
  if not connection then error(self.server:error(failure), 0) end
  local about = connection:about()
  self.server:give(connection)
  add("ok", nil, "%s: PostgreSQL %s, libpq %s%s", self.place, version_of(about.server),
    version_of(about.libpq), about.tls and ", TLS" or "")
  if not about.tls and not self.server.url.is_here then
    add("warn", "sslmode=verify-full in the URL", "the way to the database is not encrypted")
  end
end

function State:inspect()
  local findings = {}
  local function add(state, mend, format, ...)
    findings[#findings + 1] = { state = state, mend = mend, finding = format:format(...) }
  end
  inspect_connection(self, add)
  local missing = self.server:read(RIGHTS)[1][1]
  if missing then
    add("FAIL", "docs/state.md lists what the role needs", "the role lacks %s", missing)
  elseif self.server:read(READ_ONLY)[1][1] == "on" then
    add("FAIL", "target_session_attrs=read-write in the URL finds the primary",
      "the database is read-only")
  end
  if self.form:is_sealing() then
    add("ok", nil, "the login is sealed with the key of the profile")
  else
    add("warn", "state_key of the profile seals them (docs/state.md)",
      "the database sees the tokens as they are")
  end
  return findings
end

---Makes the tables, or brings them to the version that this program needs.
---@return integer before their version until now; 0 where there were none
---@return integer now
function State:create_schema()
  local schema = require "xero.state_schema"
  local connection, failure = self.server:connect()
  if not connection then error(self.server:error(failure), 0) end
  local before
  before, failure = schema.create(connection)
  connection:close()
  if not before then error(self.server:error(failure), 0) end
  return before, schema.VERSION
end

---@param environment { native: table, getenv: fun(name: string): string? }
---@param url xero.StateUrl
---@param profile string
---@param form xero.LoginForm
---@return xero.PostgresState
function M.new(environment, url, profile, form)
  local native, sslmode = environment.native, state_url.sslmode(url, environment.getenv)
  local place = ("%s (profile %s)"):format(url.place, profile)
  return setmetatable({
    native = native, profile = profile, place = place, form = form, shared = true, locks = {},
    journal_name = "the journal in " .. place, marks_name = "the marks in " .. place,
    server = postgres.new(native, url, sslmode),
  }, State)
end

return M
