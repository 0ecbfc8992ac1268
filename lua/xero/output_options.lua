-- What xero.table.write takes: a mistake of the caller is said at the caller's line.

local output_options = {}

-- The types of each option and of each field of a column.
local OPTIONS = {
  format = "string", columns = "table", fields = "table", file = "userdata or table",
  terminal = "boolean", colour = "boolean", width = "number",
}
local COLUMN = {
  title = "string", key = "string or number", value = "function", align = "string", max = "number",
}

local function check_keys(values, known, what, level)
  for key, value in pairs(values) do
    local wanted = known[key]
    if not wanted then
      error(("unknown option '%s' of %s"):format(tostring(key), what), level + 1)
    elseif not wanted:find(type(value), 1, true) then
      error(("option '%s' of %s is a %s, not a %s"):format(key, what, type(value), wanted),
        level + 1)
    end
  end
end

local function check_column(column, what, level)
  if type(column) ~= "table" then
    error(('%s is a %s, not a table such as { title = "ID", key = "id" }'):format(what,
      type(column)), level + 1)
  end
  check_keys(column, COLUMN, what, level + 1)
  if not column.title or not (column.key or column.value) then
    error(("%s needs a title, and a key or a value"):format(what), level + 1)
  end
end

---Raises at a level what is wrong with the arguments of write.
---@param rows any
---@param options any
---@param level integer
function output_options.check(rows, options, level)
  if type(rows) ~= "table" then
    error(("bad argument #1 to 'write' (list of rows expected, got %s)"):format(type(rows)),
      level + 1)
  elseif options == nil then
    return
  elseif type(options) ~= "table" then
    error(("bad argument #2 to 'write' (table expected, got %s)"):format(type(options)), level + 1)
  end
  check_keys(options, OPTIONS, "'write'", level + 1)
  for i, column in ipairs(options.columns or {}) do
    check_column(column, ("column %d of 'write'"):format(i), level + 1)
  end
end

return output_options
