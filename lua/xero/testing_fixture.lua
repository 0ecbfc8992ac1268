-- What a test says in place of the world: connections in a few words, sources as rows, ids or text.
--
-- Whatever a test leaves out is filled in the same way each time, from the tenant's name: two
-- connections of one name are the same tenant, and a source can list it by `tenant_id`.

local connection = require "xero.connection"
local json = require "xero.json"
local native = require "xero.native"
local suggest = require "xero.suggest"
local time = require "xero.time"

local fixture = {}

local DAY = 86400
local YEAR = 365 * DAY

-- Raises for a key that is none, with the nearest that is one.
local function unknown(what, key, known)
  local nearest = type(key) == "string" and suggest(key, known)
  error(("%s has no %s: %s"):format(what, tostring(key),
    nearest and ("did you mean %s?"):format(nearest)
    or "there are " .. table.concat(known, ", ")), 0)
end

---Refuses keys that are not known.
---@param what string
---@param fields table
---@param known string[]
function fixture.check_keys(what, fields, known)
  for key in pairs(fields) do
    local found = false
    for _, each in ipairs(known) do found = found or each == key end
    if not found then unknown(what, key, known) end
  end
end

-- A UUID of version 4 in form, made of a text.
local function id_of(words)
  local hex = native.sha256_hex(words)
  return ("%s-%s-4%s-8%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16),
    hex:sub(18, 20), hex:sub(21, 32))
end

---The id of the tenant of that name in all fixtures.
---@param name string
---@return string
function fixture.tenant_id(name)
  if type(name) ~= "string" then
    error(("bad argument #1 to 'tenant_id' (string expected, got %s)"):format(type(name)), 2)
  end
  return id_of("tenant " .. name)
end

-- Instants ----------------------------------------------------------------------------------------

---An instant: seconds since the epoch, or a date.
---@param value any
---@param what string
---@return number
function fixture.instant(value, what)
  local at = type(value) == "number" and value or time.parse(value)
  if at then return at end
  error(('%s: expected a date such as "2026-01-31T09:00:00Z", got %s'):format(what,
    tostring(value)), 0)
end

---A length of time in seconds.
---@param value any
---@param what string
---@return number
function fixture.duration(value, what)
  local seconds, message = time.duration(value)
  if not seconds then error(("%s: %s"):format(what, message), 0) end
  return seconds
end

-- A date, or how long ago it was.
local function past(value, what, now)
  if type(value) == "string" and time.parse(value) then return time.parse(value) end
  return now - fixture.duration(value, what)
end

-- In the form in which Xero writes dates.
local function written(at)
  return (time.format(at):sub(1, -2) .. ".0000000")
end

-- Connections -------------------------------------------------------------------------------------

local OWN_FIELDS = { "name", "created", "updated" }
local KNOWN = table.move(connection.FIELDS, 1, #connection.FIELDS, #OWN_FIELDS + 1,
  { table.unpack(OWN_FIELDS) })

-- A date that may be said in three ways: in Xero's own field, as what it was ago, or not at all.
local function date_of(fields, xero_field, own, default, now)
  if fields[xero_field] ~= nil then return fields[xero_field] end
  if fields[own] == nil then return default end
  return written(past(fields[own], own, now))
end

-- `false` leaves a field out: what does Xero's answer look like to the policy without it?
local function without_false(made)
  for key, value in pairs(made) do
    if value == false then made[key] = nil end
  end
  return made
end

local function check_connection(fields, index)
  if type(fields) ~= "table" then
    error(("connection %d: expected a name or a table, got %s"):format(index, type(fields)), 0)
  end
  fixture.check_keys(("connection %d"):format(index), fields, KNOWN)
end

local function first_given(...)
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if value ~= nil then return value end
  end
end

-- `seen` counts the connections of each name.
local function complete(fields, index, now, seen)
  if type(fields) == "string" then fields = { name = fields } end
  check_connection(fields, index)
  local name = first_given(fields.tenantName, fields.name, "Tenant " .. index)
  local key = tostring(name)
  seen[key] = (seen[key] or 0) + 1
  local nth = ("%s %d"):format(key, seen[key])
  local created = date_of(fields, "createdDateUtc", "created", written(now - YEAR), now)
  return without_false {
    id = first_given(fields.id, id_of("connection " .. nth)),
    authEventId = first_given(fields.authEventId, id_of("consent " .. nth)),
    tenantId = first_given(fields.tenantId, id_of("tenant " .. key)),
    tenantType = first_given(fields.tenantType, "ORGANISATION"),
    tenantName = name,
    createdDateUtc = created,
    updatedDateUtc = date_of(fields, "updatedDateUtc", "updated", created, now),
  }
end

---The connections that a test names: each a name, a table of fields, or a true connection.
---@param list any[]
---@param now number
---@return xero.Connection[]
function fixture.connections(list, now)
  if type(list) ~= "table" then
    error(("connections: expected a list, got %s"):format(type(list)), 0)
  end
  local made, seen = {}, {}
  for i, each in ipairs(list) do
    made[i] = connection.is(each) and each
      or connection.adopt { complete(each, i, now, seen) }[1]
  end
  return made
end

---Reads connections as `xero-run list --format json` writes them.
---@param text string
---@return xero.Connection[]
function fixture.read_connections(text)
  local list, message = json.decode(text)
  if message then error(message, 0) end
  return connection.adopt(list)
end

-- Sources -----------------------------------------------------------------------------------------

local SOURCE_KEYS = { "rows", "text", "age", "before" }

-- A CSV gives every row each of its columns, as texts.
local function as_csv(list)
  local columns, complete_rows = {}, {}
  for _, row in ipairs(list) do
    for name in pairs(row) do columns[name] = true end
  end
  for i, row in ipairs(list) do
    complete_rows[i] = {}
    for name in pairs(columns) do
      complete_rows[i][name] = row[name] == nil and "" or tostring(row[name])
    end
  end
  return complete_rows
end

local function is_record(given)
  for _, key in ipairs(SOURCE_KEYS) do
    if given[key] ~= nil then return true end
  end
  return #given == 0 and next(given) ~= nil
end

local function data_of(source, list)
  local options = source.options
  if type(list) ~= "table" then error(("expected a list, got %s"):format(type(list)), 0) end
  if type(list[1]) ~= "table" then return { ids = list } end
  local is_csv = source.kind == "csv" or options.format == "csv"
  return { rows = is_csv and as_csv(list) or list }
end

local function given_of(source, given, now)
  if type(given) == "string" then return { text = given, at = now } end
  if type(given) ~= "table" then
    error(("expected rows, ids or a text, got %s"):format(type(given)), 0)
  end
  if not is_record(given) then given = { rows = given } end
  fixture.check_keys("it", given, SOURCE_KEYS)
  if (given.rows == nil) == (given.text == nil) then error("expected either rows or text", 0) end
  local data = given.text and { text = given.text } or data_of(source, given.rows)
  data.at = now - fixture.duration(given.age or 0, "age")
  local history = given.before and { rows = given.before, at = now - DAY } or nil
  return data, history
end

-- What a script says itself needs no fixture; what it reads or works out does.
local function says_itself(source)
  return source.kind == "table" and type(source.options.rows) == "table"
end

---Loads a source from what the test gives in its place; nothing is read. Raises kind "source" as
---the source itself would.
---@param source xero.Source
---@param given any nil: the test gave nothing
---@param now number
---@param history? table of the last success
---@return xero.SourceLoaded
function fixture.load(source, given, now, history)
  if given == nil then
    if says_itself(source) then return source:load { now = now, history = history } end
    error(('the policy relies on the source "%s" (%s), for which the test gives no fixture: '
      .. 'say sources = { ["%s"] = { … } }'):format(source.name, source.kind, source.name), 0)
  end
  local ok, data, before = pcall(given_of, source, given, now)
  if not ok then error(('the fixture of source "%s": %s'):format(source.name, data), 0) end
  return source:load { now = now, history = before or history, given = data }
end

return fixture
