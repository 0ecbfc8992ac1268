-- From rows to ids: which rows count, whose they are, and whether they may be believed. Pure.
--
-- Rows come in one of three forms (CSV records, objects, plain ids), each behind a reader, so that
-- the rules are written once.

local csv = require "xero.source_csv"
local json = require "xero.json"
local suggest = require "xero.suggest"
local text = require "xero.text"
local uuid = require "xero.uuid"

local source_rows = {}

local MOST_NAMED = 10

---@class xero.SourceRows
---@field rows table
---@field reader fun(name: string): (fun(row: any): any)|nil, xero.SourceFault? how to get a field
---@field place fun(i: integer): string where a row stands, for messages
---@field whole fun(row: any): any a row as predicates and scripts see it

-- Blanks around a name are not seen by people, so a name without them is meant first.
local function nearest_of(name, known)
  local meant = name:match "^%s*(.-)%s*$":lower()
  for _, each in ipairs(known) do
    if each:match "^%s*(.-)%s*$":lower() == meant then return each end
  end
  return suggest(name, known)
end

local function no_field(name, kind, known)
  local nearest = nearest_of(name, known)
  return {
    expected = ('a %s "%s"'):format(kind, name),
    found = #known > 0 and csv.quoted_list(known) or "none",
    hint = nearest and ('did you mean "%s"?'):format(nearest) or nil,
  }
end

-- Every row has every column, so what a script asks for beyond them is misspelt.
local function fail_for_column(name, columns)
  if type(name) ~= "string" then return end
  local nearest = nearest_of(name, columns)
  error(('there is no column "%s": %s'):format(text.printable(name),
    nearest and ('did you mean "%s"?'):format(nearest)
    or "there are " .. csv.quoted_list(columns)), 3)
end

---Rows of a CSV.
---@param parsed xero.Csv
---@param separator string
---@return xero.SourceRows
function source_rows.of_csv(parsed, separator)
  local columns, index = parsed.columns, {}
  for i, name in ipairs(columns) do index[name] = i end
  local strict = { __index = function(_, name) fail_for_column(name, columns) end }
  return {
    rows = parsed.rows,
    reader = function(name)
      local at = index[name]
      if at then return function(row) return row[at] end end
      local missing = no_field(name, "column", columns)
      local other = #columns == 1 and columns[1]:match "[;\t|]"
      if other and other ~= separator then
        missing.hint = ("is it separated by %q? then: separator = %q"):format(other, other)
      end
      return nil, missing
    end,
    place = function(i) return "line " .. parsed.lines[i] end,
    whole = function(row)
      local fields = setmetatable({}, strict)
      for i, name in ipairs(columns) do fields[name] = row[i] end
      return fields
    end,
  }
end

-- The value at a dotted path, unless the whole path is a key itself. JSON's null is nil.
local function at_path(value, path)
  if type(value) ~= "table" then return nil end
  local found = value[path]
  if found == nil then
    for key in path:gmatch "[^.]+" do
      if type(value) ~= "table" then return nil end
      value = value[key]
    end
    found = value
  end
  if found == json.null then return nil end
  return found
end

source_rows.at_path = at_path

local function known_fields(row)
  local names = {}
  for key in pairs(type(row) == "table" and row or {}) do
    if type(key) == "string" then names[#names + 1] = key end
  end
  table.sort(names)
  return names
end

---Rows that are objects.
---@param list table[]
---@return xero.SourceRows
function source_rows.of_objects(list)
  return {
    rows = list,
    reader = function(name)
      local function read(row) return at_path(row, name) end
      for _, row in ipairs(list) do
        if read(row) ~= nil then return read end
      end
      if #list == 0 then return read end
      return nil, no_field(name, "field", known_fields(list[1]))
    end,
    place = function(i) return "row " .. i end,
    whole = function(row) return row end,
  }
end

---Rows that are ids themselves.
---@param list string[]
---@return xero.SourceRows
function source_rows.of_ids(list)
  return {
    rows = list,
    reader = function() return function(row) return row end end,
    place = function(i) return "row " .. i end,
    whole = function(row) return { id = row } end,
  }
end

-- Which rows count -----------------------------------------------------------------------------

local function calls(test, name, data)
  return function(value, row, i)
    local ok, answer = pcall(test, value, data.whole(row))
    if ok and type(answer) == "boolean" then return answer end
    if not ok and require("xero.error").is(answer) then error(answer, 0) end
    return nil, {
      expected = ("true or false of where.%s"):format(name),
      found = ("%s, on %s"):format(ok and "a " .. type(answer)
        or "an error: " .. text.printable(tostring(answer)), data.place(i)),
    }
  end
end

local function folded(value)
  return type(value) == "string" and value:match "^%s*(.-)%s*$":lower() or nil
end

-- "Active" is no "active", yet hardly a customer who has left: which is meant has to be said.
local function nearly(value, meant, name, place)
  return {
    expected = ('"%s" of where.%s, or something else'):format(text.printable(meant), name),
    found = ('"%s" on %s'):format(text.printable(value), place),
    hint = "list both if both are meant; a function may tell them apart",
  }
end

local function matcher(wanted, name, data)
  if type(wanted) == "function" then return calls(wanted, name, data) end
  local set, near = {}, {}
  for _, value in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    set[value] = true
    near[folded(value) or value] = value
  end
  return function(value, _, i)
    if value == nil or set[value] then return value ~= nil end
    local meant = type(value) == "string" and near[folded(value)]
    if not meant then return false end
    return nil, nearly(value, meant, name, data.place(i))
  end
end

local function conditions(where, data)
  local names, list = {}, {}
  for name in pairs(where or {}) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    local read, missing = data.reader(name)
    if not read then return nil, missing end
    list[i] = { read = read, holds = matcher(where[name], name, data) }
  end
  return list
end

-- Whether all of the conditions hold for a row; nil and a fault where one cannot say.
local function counts(list, row, i)
  for _, each in ipairs(list) do
    local holds, wrong = each.holds(each.read(row), row, i)
    if not holds then return holds, wrong end
  end
  return true
end

-- Whose they are ---------------------------------------------------------------------------------

local function bad_ids(bad, total, options)
  local named = {}
  for i, each in ipairs(bad) do
    local value = each.value
    named[i] = each.place .. " " .. ((value == nil or value == "") and "blank"
      or type(value) == "string" and ('"%s"'):format(text.printable(value:sub(1, 60)))
      or type(value) == "number" and tostring(value) or "a " .. type(value))
  end
  local more = total - #bad
  local column = options.column
  local blank = bad[1].value == nil or bad[1].value == ""
  return {
    expected = column and ('UUIDs in "%s"'):format(column) or "UUIDs",
    found = table.concat(named, ", ") .. (more > 0 and (" and %d more"):format(more) or ""),
    hint = blank and column and ('leave out rows without an id by where = { ["%s"] = '
      .. 'function(id) return id ~= nil and id ~= "" end }'):format(column) or nil,
  }
end

local function contradiction(id, counted, left_out, data)
  return {
    expected = "rows of the same id to agree on where",
    found = ("%s on %s, which it takes, and on %s, which it leaves out"):format(id,
      data.place(counted), data.place(left_out)),
    hint = 'duplicates = "allow" takes an id where any of its rows is taken',
  }
end

local function twice(id, first, second, data)
  return {
    expected = "each id once",
    found = ("%s on %s and on %s"):format(id, data.place(first), data.place(second)),
  }
end

-- Rows that say different things about one id.
local function check_agreement(found, data, options)
  if options.duplicates == "allow" then return nil end
  local worst
  for id, i in pairs(found.left_out) do
    if found.counted[id] and (not worst or i < found.left_out[worst]) then worst = id end
  end
  if worst then
    return contradiction(worst, found.counted[worst], found.left_out[worst], data)
  end
  local again = found.again
  if options.duplicates == "refuse" and again then
    return twice(again.id, found.counted[again.id], again.row, data)
  end
end

local function take(found, id, i, row, data)
  if found.counted[id] then
    found.duplicates = found.duplicates + 1
    found.again = found.again or { id = id, row = i }
    return
  end
  found.counted[id] = i
  found.ids[id] = data.whole(row)
  found.count = found.count + 1
end

local function reject(found, value, i, data)
  found.bad_count = found.bad_count + 1
  if found.bad_count <= MOST_NAMED then
    found.bad[found.bad_count] = { value = value, place = data.place(i) }
  end
end

---@class xero.ChosenRows
---@field ids table<string, any> the rows that count, by id in lower case
---@field count integer how many ids these are
---@field all integer how many rows there were
---@field duplicates integer how many rows had an id that another one had

---Finds the ids of the rows that count.
---@param data xero.SourceRows
---@param options { column?: string, where?: table, duplicates?: string }
---@return xero.ChosenRows? nil where the rows cannot be believed
---@return xero.SourceFault? fault
function source_rows.choose(data, options)
  local read_id, missing = data.reader(options.column)
  if not read_id then return nil, missing end
  local list, wrong = conditions(options.where, data)
  if not list then return nil, wrong end
  local found = { ids = {}, count = 0, all = #data.rows, duplicates = 0, bad = {}, bad_count = 0,
    counted = {}, left_out = {} }
  for i, row in ipairs(data.rows) do
    local value = read_id(row)
    local id = uuid.is(value) and uuid.normal(value)
    local holds, fault = counts(list, row, i)
    if fault then return nil, fault end
    if not holds then
      if id then found.left_out[id] = found.left_out[id] or i end
    elseif id then
      take(found, id, i, row, data)
    else
      reject(found, value, i, data)
    end
  end
  if found.bad_count > 0 then return nil, bad_ids(found.bad, found.bad_count, options) end
  local disagreement = check_agreement(found, data, options)
  if disagreement then return nil, disagreement end
  return found
end

return source_rows
