-- Lists for people and for programs: a table, JSON, JSON lines, CSV or just the ids.
--
-- A table is for people: cells are made printable, and cut to the terminal's width; where too
-- little would be left of them, a row takes several lines. The other forms carry the data as it is,
-- whole: JSON of a Connection has Xero's fields and no others. What goes to a terminal is harmless
-- in every form, for names of tenants come from strangers; JSON escapes what is not (and stays the
-- same JSON), CSV is escaped only where it goes to a terminal.

local connection = require "xero.connection"
local json = require "xero.json"
local native = require "xero.native"
local output_options = require "xero.output_options"
local is_error = require("xero.error").is
local raise = require("xero.error").raise
local text = require "xero.text"
local time = require "xero.time"
local uuid = require "xero.uuid"

---@class xero.table
local M = {}

local GAP = "  "
local INDENT = 2
local NARROWEST = 12 -- columns that are left of a cell on one line with all others
local BATCH = 200
local BOLD, PLAIN = "\27[1m", "\27[0m"

---@class xero.Column
---@field title string
---@field key? string the field that the cell shows
---@field value? fun(row: table): any what the cell shows, in place of a field
---@field align? "left"|"right"
---@field max? integer the most columns of the terminal that it takes; off a terminal nothing is cut

---@class xero.OutputOptions
---@field format? "table"|"json"|"jsonl"|"csv"|"ids" by default --format, or else a table
---@field columns? xero.Column[] of a table, and of CSV for rows that are no Connections
---@field fields? string[] the fields of CSV, and the first ones of JSON; by default Xero's for
---  Connections, or else the columns
---@field file? file* by default standard output
---@field terminal? boolean whether that is a terminal; by default it is looked at
---@field colour? boolean by default on a terminal, unless NO_COLOR is set
---@field width? integer columns to fit a table into; by default those of the terminal

-- A connection or an error within a row says itself in a line.
local function cell_text(value)
  if value == nil or value == json.null then return "" end
  local is_data = type(value) == "table" and not connection.is(value) and not is_error(value)
  return is_data and json.encode(value) or tostring(value)
end

local function value_of(column, row)
  if column.value then return column.value(row) end
  return row[column.key]
end

local function cells_of(row, columns)
  local cells = {}
  for j, column in ipairs(columns) do
    local value = value_of(column, row)
    cells[j] = type(value) == "string" and value or cell_text(value)
  end
  return cells
end

-- The string keys that any row has, by name; those in `known` come first, in their order.
local function keys_of(rows, known)
  local seen, keys, others = {}, {}, {}
  for _, key in ipairs(known) do
    seen[key] = true
    keys[#keys + 1] = key
  end
  for _, row in ipairs(rows) do
    for key in next, row do
      if type(key) == "string" and not seen[key] then
        seen[key] = true
        others[#others + 1] = key
      end
    end
  end
  table.sort(others)
  return table.move(others, 1, #others, #keys + 1, keys)
end

local function key_columns(keys)
  local columns = {}
  for i, key in ipairs(keys) do columns[i] = { title = key, key = key } end
  return columns
end

-- Tables ----------------------------------------------------------------------------------------

-- The name comes last: one of 200 letters, or of letters that terminals disagree about, then moves
-- nothing out of line.
local CONNECTION_COLUMNS = {
  { title = "ID", key = "id" },
  { title = "CONNECTED", value = function(c) return time.date_of(c.createdDateUtc) end },
  { title = "TYPE", key = "tenantType" },
  { title = "NAME", value = function(c) return connection.shown_name(c.name) end },
}

local function default_columns(rows)
  if connection.is(rows[1]) then return CONNECTION_COLUMNS end
  return key_columns(keys_of(rows, {}))
end

-- Makes the cells of a line printable, and the widths no less than theirs.
local function settle_line(cells, widths)
  if native.widen(cells, widths) then return end
  for j, cell in ipairs(cells) do
    cells[j] = text.printable(cell)
    widths[j] = math.max(widths[j], text.width(cells[j]))
  end
end

-- The lines of a table, the titles first, and how wide each column is by itself.
local function table_lines(rows, columns)
  local titles, widths = {}, {}
  for j, column in ipairs(columns) do titles[j], widths[j] = column.title, 0 end
  local lines = { titles }
  for i, row in ipairs(rows) do lines[i + 1] = cells_of(row, columns) end
  for _, cells in ipairs(lines) do settle_line(cells, widths) end
  return lines, widths
end

-- Which columns may not be cut, for half an id is worth nothing.
local function rigid_columns(lines, columns)
  local rigid = {}
  for j in ipairs(columns) do
    rigid[j] = true
    for i = 2, #lines do
      local cell = lines[i][j]
      if cell ~= "" and not uuid.is(cell) then
        rigid[j] = false
        break
      end
    end
  end
  return rigid
end

local function widest(widths, rigid)
  local found
  for j, width in ipairs(widths) do
    if not rigid[j] and width > NARROWEST and (not found or width > widths[found]) then
      found = j
    end
  end
  return found
end

-- Narrows the widest columns, one step at a time, until the line fits. False where too little would
-- be left of them.
local function fit(widths, rigid, width)
  local narrowed, total = table.move(widths, 1, #widths, 1, {}), #GAP * (#widths - 1)
  for _, each in ipairs(widths) do total = total + each end
  while total > width do
    local j = widest(narrowed, rigid)
    if not j then return false end
    narrowed[j] = narrowed[j] - 1
    total = total - 1
  end
  table.move(narrowed, 1, #narrowed, 1, widths)
  return true
end

---@class xero.output.Line some of a table's columns that stand on one line of the terminal
---@field first integer
---@field last integer
---@field indent string
---@field folded? boolean whether there are several such lines

-- The columns on several lines, those after the first line a little in.
local function fold(widths, rigid, width)
  local lines, used = {}, math.huge
  for j in ipairs(widths) do
    if not rigid[j] then widths[j] = math.min(widths[j], width - #GAP) end
    if used + #GAP + widths[j] > width then
      lines[#lines + 1] = { first = j, indent = #lines == 0 and "" or GAP, folded = true }
      used = #lines[#lines].indent - #GAP
    end
    used = used + #GAP + widths[j]
    lines[#lines].last = j
  end
  return lines
end

-- How the columns stand on a terminal of that width. Their widths are narrowed as it needs.
local function arrange(lines, widths, columns, width)
  for j, column in ipairs(columns) do
    widths[j] = math.min(widths[j], column.max or math.huge)
  end
  local rigid = rigid_columns(lines, columns)
  if fit(widths, rigid, width) then return nil end
  return fold(widths, rigid, width)
end

-- A cell that a folded row has put on a line of its own may take several.
local function table_line(cells, fields, widths, part, cut)
  if part.folded and part.first == part.last then
    return text.wrap(part.indent .. cells[part.first], #part.indent + widths[part.first], #GAP)
  end
  local padded = {}
  for j = part.first, part.last do
    local cell = cut and text.truncate(cells[j], widths[j]) or cells[j]
    table.insert(padded, text.pad(cell, widths[j], fields[j] > 0 and "right" or "left"))
  end
  return (part.indent .. table.concat(padded, GAP):gsub(" +$", ""))
end

local function write_table(emit, rows, options)
  local columns = options.columns or default_columns(rows)
  if #columns == 0 then return end
  local lines, widths = table_lines(rows, columns)
  local cut = options.width ~= nil
  local parts = cut and arrange(lines, widths, columns, options.width)
  local whole = { first = 1, last = #columns, indent = "" }
  -- As in printf, a width below zero stands for text that begins at the left.
  local fields = {}
  for j, column in ipairs(columns) do
    fields[j] = column.align == "right" and widths[j] or -widths[j]
  end
  for i, cells in ipairs(lines) do
    for _, part in ipairs(parts or { whole }) do
      local line = not parts and native.plain_line(cells, fields, GAP)
        or table_line(cells, fields, widths, part, cut)
      emit(i == 1 and options.colour and BOLD .. line .. PLAIN or line)
      emit "\n"
    end
  end
end

-- The other forms ---------------------------------------------------------------------------------

local function encoder_for(rows, options, indent)
  local order = options.fields or connection.is(rows[1]) and connection.FIELDS or nil
  return json.encoder { indent = indent, order = order }
end

-- Row by row, so that a long list is not held three times over.
local function write_json(emit, rows, options)
  if #rows == 0 then return emit "[]\n" end
  local encode = encoder_for(rows, options, INDENT)
  local margin = "\n" .. (" "):rep(INDENT)
  for i, row in ipairs(rows) do
    emit(i == 1 and "[" .. margin or "," .. margin)
    emit(encode(row, 1))
  end
  emit "\n]\n"
end

local function write_jsonl(emit, rows, options)
  local encode = encoder_for(rows, options)
  for _, row in ipairs(rows) do
    emit(encode(row))
    emit "\n"
  end
end

local function csv_columns(rows, options)
  if options.fields then return key_columns(options.fields) end
  if connection.is(rows[1]) then return key_columns(keys_of(rows, connection.FIELDS)) end
  if not options.columns then return key_columns(keys_of(rows, {})) end
  local columns = {}
  for i, column in ipairs(options.columns) do
    columns[i] = { title = column.key or column.title, key = column.key, value = column.value }
  end
  return columns
end

-- The keys of the columns, where each shows a field as it is.
local function plain_keys(columns)
  local keys = {}
  for j, column in ipairs(columns) do
    if column.value or not column.key then return nil end
    keys[j] = column.key
  end
  return keys
end

-- RFC 4180: CRLF ends each line, quotes are doubled. No byte order mark.
local function write_csv(emit, rows, options)
  local columns = csv_columns(rows, options)
  if #columns == 0 then return end
  local titles, positions = {}, {}
  for j, column in ipairs(columns) do titles[j], positions[j] = column.title, j end
  local function emit_cells(cells)
    if options.terminal then
      for j, cell in ipairs(cells) do cells[j] = text.printable(cell) end
    end
    emit(native.csv_line(cells, positions))
  end
  local keys = not options.terminal and plain_keys(columns)
  emit_cells(titles)
  for _, row in ipairs(rows) do
    local line = keys and native.csv_line(row, keys)
    if line then emit(line) else emit_cells(cells_of(row, columns)) end
  end
end

local function write_ids(emit, rows)
  for _, row in ipairs(rows) do
    if row.id then
      emit(text.printable(cell_text(row.id)))
      emit "\n"
    end
  end
end

local WRITERS = {
  table = write_table, json = write_json, jsonl = write_jsonl, csv = write_csv, ids = write_ids,
}

-- Where it goes -----------------------------------------------------------------------------------

local function descriptor(file)
  return file == io.stdout and 1 or file == io.stderr and 2 or nil
end

-- The options with what the caller left open filled in from the process.
local function settle(options)
  local settled = {}
  for key, value in pairs(options) do settled[key] = value end
  settled.format = options.format or native.options.format or "table"
  settled.file = options.file or io.stdout
  local fd = descriptor(settled.file)
  if options.terminal == nil then settled.terminal = fd ~= nil and native.isatty(fd) end
  if options.colour == nil then
    settled.colour = settled.terminal and (os.getenv "NO_COLOR" or "") == ""
  end
  if not options.width and settled.terminal and fd then settled.width = native.columns(fd) end
  return settled
end

-- What a method of a file gives back.
local function check(file, ok, message, code)
  if ok then return end
  if file == io.stdout then native.output_failed(code) end
  raise { kind = "store", message = "cannot write the output: " .. message }
end

-- Two functions: one takes a text, the other writes what has gathered. A call of `write` for each
-- text is dear where there are many.
local function gather(file)
  local texts, count = {}, 0
  local function flush()
    check(file, file:write(table.concat(texts, "", 1, count)))
    count = 0
  end
  return function(piece)
    count = count + 1
    texts[count] = piece
    if count == BATCH then flush() end
  end, flush
end

---Prints a line for people. On a terminal that is too narrow it is broken at its words.
---@param line string printable text
---@param indent integer spaces before what does not fit on the first line
function M.print_line(line, indent)
  local width = native.isatty(1) and native.columns(1)
  print(width and text.wrap(line, width, indent) or line)
end

---Writes rows. Raises kind "store" where they cannot be written (a full disk, a closed pipe), kind
---"usage" for a format that there is not.
---@param rows table[] Connections, or tables with string keys
---@param options? xero.OutputOptions
function M.write(rows, options)
  output_options.check(rows, options, 2)
  local settled = settle(options or {})
  local write = WRITERS[settled.format]
  if not write then
    raise { kind = "usage", message = "no such format: " .. tostring(settled.format),
      hint = "the formats are table, json, jsonl, csv and ids" }
  end
  local emit, flush = gather(settled.file)
  write(emit, settled.format == "table" and rows or connection.as_sent(rows), settled)
  flush()
  check(settled.file, settled.file:flush())
end

return M
