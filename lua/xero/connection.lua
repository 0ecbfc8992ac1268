-- A connection: one link between a tenant (an organisation or a practice), a user of Xero and the
-- app.
--
-- It is the table that Xero sent, by Xero's names, unknown fields included; `pairs` shows just
-- that. What scripts need beyond it (`name`, `created_at`, `updated_at`) is worked out when it is
-- asked for, so that a list of ten thousand costs nothing that nobody looks at.

local json = require "xero.json"
local native = require "xero.native"
local raise = require("xero.error").raise
local text = require "xero.text"
local time = require "xero.time"
local uuid = require "xero.uuid"

---Fields as in xero-identity.yaml, schema Connection; none of them is required there.
---@class xero.Connection
---@field id? string UUID of the connection: what `delete_connection` takes
---@field authEventId? string UUID of the consent; connections made at once share it
---@field tenantId? string UUID of the organisation or practice
---@field tenantType? string "ORGANISATION", "PRACTICE", "PRACTICEMANAGER", … (an open set)
---@field tenantName? string what the tenant calls itself: words of a stranger
---@field createdDateUtc? string when the user connected the tenant, UTC without a zone
---@field updatedDateUtc? string when the user connected it most recently
---@field name string tenantName, or "" where Xero gave none
---@field created_at number|nil createdDateUtc in seconds since the epoch; nil where it is no date
---@field updated_at number|nil updatedDateUtc likewise

local M = {}

---Xero's own fields, in the order of Xero's documentation.
M.FIELDS = {
  "id", "authEventId", "tenantId", "tenantType", "tenantName", "createdDateUtc", "updatedDateUtc",
}

local KNOWN = {}
for _, field in ipairs(M.FIELDS) do KNOWN[field] = true end

-- What of Xero's has the name of one of ours, by connection.
local set_aside = setmetatable({}, { __mode = "k" })

local INSTANTS = { created_at = "createdDateUtc", updated_at = "updatedDateUtc" }
local DATE_WIDTH = 40 -- columns that a warning spends on what is no date

---A tenant's name for people, who would take nothing for a mistake.
---@param name? string
---@return string
function M.shown_name(name)
  return (name == nil or name == "") and "(no name)" or tostring(name)
end

-- It never raises, for accounts depend on it: a script may have put anything into a Connection. One
-- of which nothing but the id is known is that id.
local function to_text(connection)
  local first, id = next(connection)
  if first == "id" and next(connection, first) == nil then return text.printable(tostring(id)) end
  local name = M.shown_name(connection.name)
  id = tostring(connection.id or "no id")
  return ("%s (%s)"):format(text.printable(name), text.printable(id))
end

-- The first bad date of a list is spoken of; ten thousand lines would say no more.
local function warn_of_date(connection, field, date)
  local metatable = getmetatable(connection)
  if not metatable.log then return end
  metatable.log.warn("%s of %s is no date: %s", field, to_text(connection),
    text.excerpt(date, DATE_WIDTH))
  metatable.log = nil
end

local function get(connection, key)
  if key == "name" then return rawget(connection, "tenantName") or "" end
  local field = INSTANTS[key]
  local date = field and rawget(connection, field)
  local at = date and time.parse(date)
  if date and not at then warn_of_date(connection, field, date) end
  return at
end

-- Each list has one of its own, with the log that hears of its first bad date.
local function new_metatable(log)
  return { __name = "xero.Connection", __index = get, __tostring = to_text, log = log }
end

---Tells whether a value is a Connection.
---@param value any
---@return boolean
function M.is(value)
  local metatable = getmetatable(value)
  return type(metatable) == "table" and metatable.__index == get
end

-- A decoded list is marked as one; others show it by their first element.
local function is_list(value)
  return json.is_array(value) or type(value) == "table" and value[1] ~= nil
end

local NAMES = {
  boolean = "a boolean", number = "a number", string = "a string", table = "an object",
  userdata = "null",
}

local function describe(value)
  if is_list(value) then return "a list" end
  return NAMES[type(value)] or type(value)
end

local function refuse(message, ...)
  raise { kind = "protocol", message = "Xero's list of connections: " .. message:format(...) }
end

-- What is not a string: a null goes, a field that we know must be one, any other may be anything.
local function settle_field(index, element, key, value)
  if value == json.null then
    element[key] = nil
  elseif KNOWN[key] then
    refuse("connection %d: %s is %s", index, key, describe(value))
  else
    local settled, message = json.settle(value)
    if message then refuse("connection %d: %s: %s", index, text.printable(key), message) end
    element[key] = settled
  end
end

local function settle(index, element)
  for key, value in next, element do
    if type(value) ~= "string" then settle_field(index, element, key, value) end
  end
end

-- Scripts count on ours: that `name` is a string, and that an instant is a number.
local OURS = { name = true, created_at = true, updated_at = true }

local function make_way(element)
  local aside = {}
  for key in pairs(OURS) do
    aside[key], element[key] = element[key], nil
  end
  set_aside[element] = aside
end

local function adopt(element, index, metatable)
  if type(element) ~= "table" or getmetatable(element) or element[1] ~= nil then
    refuse("element %d is %s", index, describe(element))
  end
  if not native.holds_strings_only(element) then settle(index, element) end
  if element.name ~= nil or element.created_at ~= nil or element.updated_at ~= nil then
    make_way(element)
  end
  return setmetatable(element, metatable)
end

-- Whether objects with these keys, all of whose values are strings, are connections as they are.
local function fit(keys)
  for _, key in ipairs(keys) do
    if OURS[key] then return false end
  end
  return true
end

---Makes Connections of the decoded objects, in place. Raises kind "protocol" where the list is no
---list, an element no object, or one of Xero's fields no string.
---@param list table[] as `json.decode` or `json.decode_list` gives it
---@param log? xero.Log is warned, once, where an instant is asked for and the date is none
---@param keys? string[] what `json.decode_list` gives beside it: nothing is left to be looked at
---@return xero.Connection[] list the same table
function M.adopt(list, log, keys)
  if not is_list(list) then refuse("not a list but %s", describe(list)) end
  local metatable = new_metatable(log)
  if keys and fit(keys) then
    for index = 1, #list do setmetatable(list[index], metatable) end
  else
    for index = 1, #list do adopt(list[index], index, metatable) end
  end
  return list
end

-- A copy that has the fields which had to make way.
local function whole(connection)
  local copy = {}
  for _, fields in ipairs { connection, set_aside[connection] } do
    for key, value in next, fields do copy[key] = value end
  end
  return setmetatable(copy, getmetatable(connection))
end

---Rows as Xero sent them, for programs that read them: with a `name` of Xero's own, if there ever
---is one, which scripts do not see.
---@param rows table[] Connections or others
---@return table[]
function M.as_sent(rows)
  if next(set_aside) == nil then return rows end
  local list = {}
  for i, row in ipairs(rows) do list[i] = set_aside[row] and whole(row) or row end
  return list
end

local function having(list, field, id)
  local found = {}
  for _, connection in ipairs(list) do
    local value = connection[field]
    if value and uuid.equal(value, id) then found[#found + 1] = connection end
  end
  return found
end

---The connection with this id.
---@param list xero.Connection[]
---@param id string
---@return xero.Connection|nil
function M.find(list, id)
  return having(list, "id", id)[1]
end

---The connections by their ids, in lower case.
---@param list xero.Connection[]
---@return table<string, xero.Connection>
function M.index(list)
  local by_id = {}
  for _, connection in ipairs(list) do
    if connection.id then by_id[uuid.normal(connection.id)] = connection end
  end
  return by_id
end

---Whose the connections are, as Xero said it: what a script does to them later does not matter.
---@param list xero.Connection[]
---@return table<string, string|false> tenants by the connections' ids, in lower case; false: it has
---  no valid tenantId
function M.tenants(list)
  local by_id = {}
  for _, connection in ipairs(list) do
    local tenant = connection.tenantId
    if connection.id then by_id[uuid.normal(connection.id)] = uuid.is(tenant) and tenant end
  end
  return by_id
end

---Explains an id that was taken for a connection's: the tenant's id and the consent's are the usual
---mix-ups, and Xero answers them with a misleading 403.
---@param list xero.Connection[] the connections there are
---@param id string the id that was used
---@return string|nil explanation such as "that is the tenant id of …"; nil: it is none of theirs
function M.explain(list, id)
  local tenants = having(list, "tenantId", id)
  if tenants[1] then
    local ids = {}
    for i, connection in ipairs(tenants) do ids[i] = connection.id or "without an id" end
    return text.printable(("that is the tenant id of %s (connection%s %s)"):format(
      M.shown_name(tenants[1].name), #ids == 1 and "" or "s", table.concat(ids, ", ")))
  end
  local count = #having(list, "authEventId", id)
  if count > 0 then
    return "that is the auth event id of " .. text.count(count, "connection")
  end
  return nil
end

return M
