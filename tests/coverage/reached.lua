-- What a build that counts has counted: of C by gcov, of Lua by the marks of embed.lua.

local cjson = require "cjson"
local shell = require "support.shell"

---@class coverage.Count
---@field all integer
---@field reached integer

---@class coverage.Missed
---@field line integer
---@field what string  "line", or which branch

---@class coverage.File
---@field lines coverage.Count
---@field branches coverage.Count
---@field missed coverage.Missed[]  by line

local function new_file()
  return { lines = { all = 0, reached = 0 }, branches = { all = 0, reached = 0 }, missed = {} }
end

local function file_of(files, name)
  files[name] = files[name] or new_file()
  return files[name]
end

local function count(file, kind, line, was_reached, what)
  file[kind].all = file[kind].all + 1
  if was_reached then
    file[kind].reached = file[kind].reached + 1
  else
    table.insert(file.missed, { line = line, what = what })
  end
end

-- Of what stands in a header each file that includes it has counts; none of ours has code in one.
local function add_c(files, directory)
  local list = shell.output { "sh", "-c", 'gcov -b -j -t "$1"/*.gcda 2>/dev/null', "sh", directory }
  for text in list:gmatch "[^\n]+" do
    for _, source in ipairs(cjson.decode(text).files) do
      if source.file:find "^src/.*%.c$" then
        local file = file_of(files, source.file)
        for _, line in ipairs(source.lines) do
          count(file, "lines", line.line_number, line.count > 0, "line")
          for i, branch in ipairs(line.branches) do
            count(file, "branches", line.line_number, branch.count > 0,
              ("branch %d of %d"):format(i, #line.branches))
          end
        end
      end
    end
  end
end

-- A line of Lua is reached when all statements that begin there are.
local function add_lua(files, directory)
  local marks = assert(io.open(directory .. "/lua.counts", "rb"))
  local counted = marks:read "a"
  marks:close()
  local lines = {}
  for row in io.lines(directory .. "/lua.marks") do
    local number, name, line, kind, text = row:match "^(%d+) (%S+):(%d+) (%a+) (.*)$"
    local was_reached = counted:byte(number + 1) == 1
    line = math.tointeger(line)
    if kind == "statement" then
      local place = name .. ":" .. line
      lines[place] = lines[place] or { name = name, line = line, reached = true }
      lines[place].reached = lines[place].reached and was_reached
    else
      count(file_of(files, name), "branches", line, was_reached, ("never %s: %s"):format(kind,
        text))
    end
  end
  for _, line in pairs(lines) do
    count(file_of(files, line.name), "lines", line.line, line.reached, "line")
  end
end

--- By the name of the file.
---@param directory string  of the build
---@return table<string, coverage.File>
return function(directory)
  local files = {}
  add_c(files, directory)
  add_lua(files, directory)
  for _, file in pairs(files) do
    table.sort(file.missed, function(a, b)
      if a.line ~= b.line then return a.line < b.line end
      return a.what < b.what
    end)
  end
  return files
end
