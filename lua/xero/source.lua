-- Lists from elsewhere that policies rely on: the customers of a CRM, the tenants of a contract.
--
-- Who is missing from such a list may be disconnected, so a source fails closed: whatever is not
-- as the script said it would be is raised as kind "source" before anything is planned, and the
-- message says what was expected and what was found. Options are checked where the source is
-- defined; nothing is read before `load`.

local csv = require "xero.source_csv"
local definition = require "xero.definition"
local errors = require "xero.error"
local json = require "xero.json"
local options_of = require "xero.source_options"
local more_pages = require "xero.source_pages"
local origin = require "xero.source_origin"
local rows = require "xero.source_rows"
local strict = require "xero.strict"
local text = require "xero.text"
local time = require "xero.time"

local BYTE_ORDER_MARK = "\xEF\xBB\xBF"
local CLOCK_SKEW = 300 -- seconds that a date may lie ahead

---@class xero.SourceOptions
---@field path? string csv and json: a file; relative to the directory of the script that says so
---@field url? string http
---@field headers? table<string, string|{ env: string, prefix?: string }> http; env: a variable
---@field command? string|string[] a command line of sh, or the words of a program
---@field timeout? number|string http and command
---@field format? "csv"|"json" http and command; by default what the text begins as
---@field separator? string csv; ","
---@field rows? string|table|function json: the path to the list; table: the list itself
---@field column? string where the tenant's id stands: a column, or a key or a dotted path of JSON
---@field where? table<string, any> rows that count: a value, a list of values, or a function of the
---  value and the row that gives true or false
---@field min_rows? integer how many ids there must be at least; 1
---@field max_age? number|string how old a file or a web answer may be
---@field max_shrink? integer|string how many ids fewer than at the last success, or "20%"
---@field duplicates? "agree"|"allow"|"refuse" of several rows with one id: they must agree on
---  `where` (the default), they need not, or there must be none

---@class xero.Source
---@field name string
---@field kind "csv"|"json"|"http"|"command"|"table"
---@field options table as they were checked
---@field place xero.Place where it is defined
local Source = {}
local metatable = { __name = "xero.source", __index = Source }

---@class xero.SourceLoaded
---@field ids table<string, table> the rows that count, by tenant id in lower case
---@field rows integer how many ids these are
---@field all integer how many rows there were before `where`
---@field duplicates integer how many rows repeated an id
---@field at number when the data were made, seconds since the epoch
---@field history { rows: integer, at: number } what `load` wants to know the next time

---@package
---Raises kind "source".
---@param expected string
---@param found string
---@param hint? string
function Source:refuse(expected, found, hint)
  local place = origin.name(self)
  errors.raise {
    kind = "source",
    source = self.name,
    message = ('source "%s" is refused: %sexpected %s, found %s'):format(self.name,
      place and place .. ": " or "", expected, found),
    hint = hint,
  }
end

local function refuse(self, fault)
  self:refuse(fault.expected, fault.found, fault.hint)
end

-- The text ----------------------------------------------------------------------------------------

local function line_of(whole, position)
  return select(2, whole:sub(1, position - 1):gsub("\n", "")) + 1
end

local function check_encoding(self, whole)
  local mark = whole:sub(1, 2)
  if mark == "\xFF\xFE" or mark == "\xFE\xFF" then
    self:refuse("UTF-8", "UTF-16", "save it as UTF-8")
  end
  local valid, bad = require("xero.native").check_utf8(whole)
  local nul = valid and whole:find("\0", 1, true)
  if not valid or nul then
    bad = bad or nul
    local found = ("the byte 0x%02X on line %d"):format(whole:byte(bad), line_of(whole, bad))
    self:refuse("UTF-8", found, "save it as UTF-8")
  end
end

-- What programs answer in place of data: a login page, a page that says what is wrong.
local function check_markup(self, whole, expected)
  if not whole:find "^%s*<" then return end
  local head = whole:sub(1, 1024):lower()
  local is_html = head:find("<html", 1, true) or head:find("<!doctype html", 1, true)
  self:refuse(expected, is_html and "an HTML page" or "XML or HTML",
    is_html and "is it a login page, or an error page?" or nil)
end

local function plain_text(self, whole, expected)
  check_encoding(self, whole)
  if whole:sub(1, 3) == BYTE_ORDER_MARK then whole = whole:sub(4) end
  check_markup(self, whole, expected)
  if not whole:find "%S" then self:refuse(expected, "nothing: it is empty") end
  return whole
end

-- The rows ----------------------------------------------------------------------------------------

local function csv_rows(self, whole)
  local options = self.options
  whole = plain_text(self, whole, "CSV with a header")
  if not options.column then
    self:refuse("JSON, or to be told the column of the ids", "CSV", 'say column = "…"')
  end
  local separator = options.separator or ","
  local parsed, fault = csv.parse(whole, separator)
  if not parsed then refuse(self, fault) end
  return rows.of_csv(parsed, separator)
end

-- Which fields of an object hold lists: what `rows` might have meant.
local function lists_in(value)
  local names = {}
  for key, each in pairs(type(value) == "table" and value or {}) do
    if type(key) == "string" and json.is_array(each) then names[#names + 1] = key end
  end
  table.sort(names)
  return names
end

local function list_in(self, value)
  local path = self.options.rows
  local list = value
  if type(path) == "string" then list = rows.at_path(value, path) end
  if json.is_array(list) then return list end
  local names = lists_in(value)
  self:refuse(path and ('a list at "%s"'):format(path) or "a list",
    list == nil and "none" or type(list) == "table" and "an object" or "a " .. type(list),
    names[1] and ('say rows = "%s"?'):format(names[1]) or nil)
end

-- All are objects, or all are ids.
local function rows_of_list(self, list)
  local wanted = self.options.column and "table" or "string"
  for i, row in ipairs(list) do
    if type(row) ~= wanted then
      self:refuse(self.options.column and "rows with fields" or "a list of ids",
        ("%s on row %d"):format(definition.got(row == json.null and "null" or row), i),
        not self.options.column and type(row) == "table"
          and 'say where the id stands: column = "…"' or nil)
    end
  end
  return (self.options.column and rows.of_objects or rows.of_ids)(list)
end

local function json_rows(self, whole)
  whole = plain_text(self, whole, "JSON")
  local value, message = json.decode(whole)
  if message then self:refuse("JSON", message, "is it cut off?") end
  local more = more_pages(value)
  if more then
    self:refuse("all rows in one answer", ("that there are more (%s)"):format(more),
      origin.ALL_PAGES)
  end
  return rows_of_list(self, list_in(self, value))
end

local function any_rows(self, whole)
  local format = self.options.format or whole:find "^[\xEF\xBB\xBF%s]*[%[{]" and "json" or "csv"
  return (format == "json" and json_rows or csv_rows)(self, whole)
end

local function called(self, give)
  local ok, list = pcall(give)
  if not ok and errors.is(list) then error(list, 0) end
  if not ok then self:refuse("a list", "an error: " .. text.printable(tostring(list))) end
  return list
end

local function table_rows(self)
  local list = self.options.rows
  if type(list) == "function" then list = called(self, list) end
  if type(list) ~= "table" then self:refuse("a list", definition.got(list)) end
  if not definition.is_list(list) then
    self:refuse("a list without names and gaps", "names or gaps in it")
  end
  return rows_of_list(self, list)
end

local READERS = {
  csv = csv_rows, json = json_rows, http = any_rows, command = any_rows, table = table_rows,
}

-- Whether it may be believed ----------------------------------------------------------------------

local function check_age(self, at, now)
  local most = self.options.max_age
  if not most then return end
  if not at then
    self:refuse("to be told when it was made", "neither Last-Modified nor Date")
  elseif at > now + CLOCK_SKEW then
    self:refuse("a date in the past", time.format(at), "check the clocks")
  elseif now - at > most then
    self:refuse(("data at most %s old"):format(time.describe(most)),
      ("data %s old, of %s"):format(time.describe(now - at), time.format(at)))
  end
end

local function says_which(where)
  local names = {}
  for name in pairs(where or {}) do names[#names + 1] = name end
  table.sort(names)
  return #names > 0 and " where " .. table.concat(names, ", ") .. " match" or ""
end

local function check_count(self, chosen)
  local least = self.options.min_rows or 1
  if chosen.count >= least then return end
  self:refuse(("at least %s%s"):format(text.count(least, "id"), says_which(self.options.where)),
    ("%d in %s"):format(chosen.count, text.count(chosen.all, "row")),
    chosen.all == 0 and least == 1 and "min_rows = 0 allows an empty list" or nil)
end

local function check_shrink(self, chosen, history)
  local bound = self.options.max_shrink
  local before = history and history.rows
  if not bound or math.type(before) ~= "integer" or before <= chosen.count then return end
  local lost = before - chosen.count
  local most = bound.count or before * bound.percent / 100
  if lost <= most then return end
  self:refuse(("at most %s fewer than the %d ids of the last success%s"):format(
    bound.count or ("%g %%"):format(bound.percent), before,
    type(history.at) == "number" and " on " .. time.date(history.at) or ""),
    ("%d, which is %d fewer"):format(chosen.count, lost),
    "where that is right, raise max_shrink for one run")
end

-- What counts among what was read, or was given in its place.
local function choose(self, made)
  if made.ids then
    return rows.choose(rows.of_ids(made.ids), { duplicates = self.options.duplicates })
  end
  local data = made.rows and rows_of_list(self, made.rows) or READERS[self.kind](self, made.text)
  return rows.choose(data, self.options)
end

---@class xero.SourceGiven what a test says in place of what would be read; one of the first three
---@field text? string
---@field rows? table[]
---@field ids? string[] those that count
---@field at number when the data were made, seconds since the epoch

---@package
---Reads the source and judges it. Raises kind "source" where it cannot be believed; what is no
---fault of the source, a signal for example, is raised as it is.
---@param env? { now?: number, getenv?: function, native?: table, http?: table,
---  history?: { rows: integer, at: number }, given?: xero.SourceGiven } history: what the last
---  successful load returned
---@return xero.SourceLoaded
function Source:load(env)
  env = setmetatable({}, { __index = env })
  env.native = env.native or require "xero.native"
  env.now = env.now or env.native.now()
  env.getenv = env.getenv or os.getenv
  env.http = env.http or require "xero.http"
  local read = origin.read[self.kind]
  local made = env.given or read and read(self, env) or { at = env.now }
  check_age(self, made.at, env.now)
  local chosen, fault = choose(self, made)
  if not chosen then refuse(self, fault) end
  check_count(self, chosen)
  check_shrink(self, chosen, env.history)
  return {
    ids = chosen.ids, rows = chosen.count, all = chosen.all, duplicates = chosen.duplicates,
    at = made.at or env.now,
    history = { rows = chosen.count, at = env.now },
  }
end

local function definer(kind)
  return function(name, options)
    local place = definition.here(2, ("xero.source.%s"):format(kind))
    definition.label(place, name, options_of.written(kind))
    place.what = ('source "%s"'):format(name)
    local checked = options_of.check(kind, options, place)
    return setmetatable({ name = name, kind = kind, options = checked, place = place }, metatable)
  end
end

---The kinds of sources: `xero.source.csv("crm", { path = "customers.csv", column = "tenant" })`.
---Each raises kind "usage", with file and line, where an option is wrong.
---@class xero.Sources
---@field csv fun(name: string, options: xero.SourceOptions): xero.Source a CSV file
---@field json fun(name: string, options: xero.SourceOptions): xero.Source a JSON file
---@field http fun(name: string, options: xero.SourceOptions): xero.Source CSV or JSON of a server
---@field command fun(name: string, options: xero.SourceOptions): xero.Source what one prints
---@field table fun(name: string, options: xero.SourceOptions): xero.Source a list of the script's
local M = {}
local KINDS = { "csv", "json", "http", "command", "table" }
strict.watch_script()
for _, kind in ipairs(KINDS) do M[kind] = definer(kind) end
return setmetatable(M, { __index = definition.no_kind("xero.source", "source", KINDS) })
