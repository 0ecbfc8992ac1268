-- The tables of a state in PostgreSQL, by versions. A database is brought to the newest one by
-- `xero-run doctor --create-schema`; a program works with its own version only.
--
-- All is in the schema "xero_run". A profile is known by its name. Locks are rows that a
-- transaction holds for as long as it is open. A login is in one row; what is noted about it while
-- that row is held is in another, and of the two that with the higher generation counts
-- (keeper_postgres.lua).

local M = {}

local STATEMENT = 60 -- seconds

-- What made each version of the one before. Never changed once it was released, only added to.
local STEPS = {
  [[
  CREATE TABLE xero_run.schema_version (version integer NOT NULL);
  INSERT INTO xero_run.schema_version VALUES (0);

  CREATE TABLE xero_run.lock (
    profile text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (profile, name)
  );

  -- body: the text of token.json, sealed where a key is configured; NULL where there is no login.
  CREATE TABLE xero_run.login (
    profile text PRIMARY KEY,
    generation bigint NOT NULL DEFAULT 0,
    body bytea,
    changed_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE xero_run.login_note (
    profile text PRIMARY KEY REFERENCES xero_run.login,
    generation bigint NOT NULL,
    body bytea NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
  );

  -- line: as in journal.jsonl, so that the chain of hashes is the same there and here.
  CREATE TABLE xero_run.journal (
    profile text NOT NULL,
    seq bigint NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (profile, seq)
  );

  -- body: of marks.json, what one policy remembers: its marks and the history of its sources.
  CREATE TABLE xero_run.policy (
    profile text NOT NULL,
    name text NOT NULL,
    body json NOT NULL,
    PRIMARY KEY (profile, name)
  );
  ]],
}

---The version that this program works with.
M.VERSION = #STEPS

local LOOK = "SELECT version::text FROM xero_run.schema_version"

local ABSENT = { ["3F000"] = true, ["42P01"] = true } -- no such schema, no such table

---Why a database cannot be worked with; nil where it can.
---@param connection userdata
---@return string|table|nil fault what is wrong with it, or the failure of asking it
---@return string|nil hint where it is not doctor's to mend
function M.fault(connection)
  local rows, failure = connection:run(LOOK, STATEMENT)
  if not rows then
    return ABSENT[failure.sqlstate] and "has no schema of xero-run yet" or failure
  end
  local version = rows[1] and math.tointeger(tonumber(rows[1][1])) or 0
  if version == M.VERSION then return nil end
  if version > M.VERSION then
    return ("has schema version %d of a newer xero-run; this one knows %d"):format(version,
      M.VERSION), "use that xero-run here, too"
  end
  return ("has schema version %d, and this xero-run needs %d"):format(version, M.VERSION)
end

-- Only one at a time; the number is of no meaning but to be ours.
local BEGIN = [[
  BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL lock_timeout = 30000;
  SELECT pg_advisory_xact_lock(8460271396)]]

-- A role that owns the schema need not be one that may create schemas.
local FIND = "SELECT to_regclass('xero_run.schema_version')::text"
local FIND_SCHEMA = "SELECT 1::text FROM pg_catalog.pg_namespace WHERE nspname = 'xero_run'"

-- The version of the database, and what has to come before the steps to a newer one.
local function look(connection)
  local found, failure = connection:run(FIND, STATEMENT)
  if not found then return nil, failure end
  if not found[1][1] then
    found, failure = connection:run(FIND_SCHEMA, STATEMENT)
    if not found then return nil, failure end
    return 0, found[1] and "" or "CREATE SCHEMA xero_run;"
  end
  local rows
  rows, failure = connection:run(LOOK, STATEMENT)
  if not rows then return nil, failure end
  return math.tointeger(tonumber(rows[1][1])), ""
end

---Brings a database to the newest version, all or nothing.
---@param connection userdata in no transaction
---@return integer|nil before the version that it had; 0 where there was none
---@return table|nil failure
function M.create(connection)
  local begun, failure = connection:script(BEGIN, STATEMENT)
  if not begun then return nil, failure end
  local before, first = look(connection)
  if not before then return nil, first end
  local script = { first }
  for version = before + 1, M.VERSION do script[#script + 1] = STEPS[version] end
  if before < M.VERSION then
    script[#script + 1] = ("UPDATE xero_run.schema_version SET version = %d;"):format(M.VERSION)
  end
  script[#script + 1] = "COMMIT"
  local done
  done, failure = connection:script(table.concat(script, "\n"), STATEMENT)
  return done and before or nil, failure
end

return M
