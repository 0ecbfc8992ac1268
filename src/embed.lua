-- Writes the C file that carries the Lua sources inside the binary.
--
--   lua5.4 src/embed.lua OUTPUT KIND:NAME=FILE...
--
-- KIND is "module" (NAME is what `require` takes), "command" (NAME is the bare word) or "text" (a
-- file for the user). All are embedded as they are; modules and commands compiled, too, with all
-- debug information, so that line numbers in messages are true either way. The rows are sorted, so
-- that the same sources always give the same bytes, and OUTPUT is touched only when it changes.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function bytes(text)
  local out = {}
  for i = 1, #text, 20 do
    out[#out + 1] = "    " .. table.concat({ text:byte(i, math.min(i + 19, #text)) }, ",") .. ","
  end
  return table.concat(out, "\n")
end

local function table_of(kind, rows)
  table.sort(rows, function(a, b) return a.name < b.name end)
  local out = {}
  local array = "static const unsigned char %s_%s_%d[] = {\n%s\n};"
  local row_format = '    {"%s", "%s", (const char *)%s_text_%d, %d, %s, %d},'
  for i, row in ipairs(rows) do
    out[#out + 1] = array:format(kind, "text", i, bytes(row.text .. "\0"))
    row.code = kind ~= "text" and string.dump(assert(load(row.text, "@" .. row.file, "t"))) or ""
    row.code_name = "NULL"
    if kind ~= "text" then
      row.code_name = ("(const char *)%s_code_%d"):format(kind, i)
      out[#out + 1] = array:format(kind, "code", i, bytes(row.code))
    end
  end
  out[#out + 1] = ("const struct xr_embedded xr_embedded_%ss[] = {"):format(kind)
  for i, row in ipairs(rows) do
    out[#out + 1] = row_format:format(row.name, row.file, kind, i, #row.text, row.code_name,
      #row.code)
  end
  out[#out + 1] = "};"
  out[#out + 1] = ("const size_t xr_embedded_%s_count = %d;"):format(kind, #rows)
  return table.concat(out, "\n")
end

local output, rows = arg[1], { module = {}, command = {}, text = {} }
for i = 2, #arg do
  local kind, name, file = arg[i]:match "^(%w+):([^=]+)=(.+)$"
  table.insert(assert(rows[kind], arg[i]), { name = name, file = file, text = read(file) })
end

local text = table.concat({
  "/* Made by src/embed.lua; do not edit. */",
  '#include "embedded.h"',
  table_of("module", rows.module),
  table_of("command", rows.command),
  table_of("text", rows.text),
  "",
}, "\n")

local old = io.open(output, "rb")
if not old or old:read "a" ~= text then
  local file = assert(io.open(output, "wb"))
  assert(file:write(text))
  assert(file:close())
end
