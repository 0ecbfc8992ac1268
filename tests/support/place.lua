-- Where a test's programs keep their state: a directory, or a database of a PostgreSQL server whose
-- URL, its owner's, is in XERO_RUN_TEST_STATE. So the specs that use it hold for both; what only
-- concerns files is asked of `place.in_files`.

local native = require "xero.native"
local process = require "support.process"
local shell = require "support.shell"
local temp = require "support.temp"

local place = {}

local SERVER = os.getenv "XERO_RUN_TEST_STATE"

place.in_files = not SERVER
place.ONLY_FILES = "this concerns files only"

---@class support.Place
---@field value string what XERO_RUN_STATE is to be
---@field directory? string in files: the directory
---@field database? support.Database

-- Files ------------------------------------------------------------------------------------------

local Files = {}
Files.__index = Files

local function read(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a"
end

--- The text of a stored login; nil where there is none.
---@param profile? string
---@return string|nil
function Files:login(profile)
  return read(("%s/%s/token.json"):format(self.directory, profile or "default"))
end

---@param text string
---@param profile? string
function Files:write_login(text, profile)
  temp.write(("%s/%s/token.json"):format(self.directory, profile or "default"), text)
end

--- The text of the journal; nil where there is none.
---@param profile? string
---@return string|nil
function Files:journal(profile)
  return read(("%s/%s/journal.jsonl"):format(self.directory, profile or "default"))
end

--- Holds the login as a program that renews it does, until it is closed.
---@return table
function Files:hold_login()
  local lock = self.directory .. "/default/token.lock"
  local holder = process.spawn { "flock", "-o", lock, "sleep", "20" }
  process.await(function() return not os.execute(("flock -n %s true"):format(lock)) end, "the lock")
  return { close = function() holder:stop() end }
end

--- Changes a word in a line of the journal.
---@param number integer
---@param word string
---@param other string
function Files:change_line(number, word, other)
  shell.output { "sed", "-i", ("%ds/%s/%s/"):format(number, word, other),
    self.directory .. "/default/journal.jsonl" }
end

-- PostgreSQL -------------------------------------------------------------------------------------

local Postgres = {}
Postgres.__index = Postgres

function Postgres:login(profile)
  local rows = self.database:rows([[
    SELECT convert_from(CASE WHEN note.generation > login.generation THEN note.body
      ELSE login.body END, 'UTF8')
    FROM xero_run.login LEFT JOIN xero_run.login_note AS note USING (profile)
    WHERE login.profile = $1 AND login.body IS NOT NULL]], profile or "default")
  return rows[1] and rows[1][1]
end

function Postgres:write_login(text, profile)
  self.database:rows([[
    WITH gone AS (DELETE FROM xero_run.login_note WHERE profile = $1)
    UPDATE xero_run.login SET generation = generation + 2, body = convert_to($2, 'UTF8')
    WHERE profile = $1]], profile or "default", text)
end

function Postgres:journal(profile)
  local rows = self.database:rows([[
    SELECT string_agg(line || E'\n', '' ORDER BY seq) FROM xero_run.journal WHERE profile = $1]],
    profile or "default")
  return rows[1][1] or nil
end

function Postgres:hold_login()
  local holder = assert(native.postgres(self.database.owner, 10))
  assert(holder:script("BEGIN; SELECT FROM xero_run.login FOR UPDATE", 10))
  return holder
end

function Postgres:change_line(number, word, other)
  self.database:rows([[
    UPDATE xero_run.journal SET line = replace(line, $2, $3) WHERE seq = $1::bigint]],
    number, word, other)
end

--- A place of its own.
---@param directory? string in files: where, need not exist
---@return support.Place
function place.new(directory)
  if place.in_files then
    directory = directory or temp.directory()
    return setmetatable({ value = directory, directory = directory }, Files)
  end
  return place.of(require "support.postgres".at(SERVER):database())
end

--- The place in a database.
---@param database support.Database
---@return support.Place
function place.of(database)
  return setmetatable({ value = database.url, database = database }, Postgres)
end

return place
