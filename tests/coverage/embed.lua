-- src/embed.lua for a build that counts what is executed: it embeds lua/xero and the commands with
-- a mark before each statement and around each value that decides a branch.
--
--   lua5.4 tests/coverage/embed.lua src/embed.lua OUTPUT KIND:NAME=FILE...
--
-- Lines stay where they are. The numbers of the marks, which marks.c counts, are listed beside
-- OUTPUT in lua.marks: NUMBER FILE:LINE KIND TEXT, where KIND is "statement", "true" or "false".

local here = arg[0]:match "^(.*)embed%.lua$"
package.path = here .. "../?.lua;" .. package.path

local add_marks = require "coverage.instrument"

local target, output = arg[1], arg[2]
local marks = {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function is_ours(path)
  return path:find "^lua/xero/" or path:find "^scripts/commands/"
end

-- A file that the embedder opens: as it is, or with marks.
local function open(path, mode)
  if not is_ours(path) then return io.open(path, mode) end
  local text = add_marks(path, read(path), marks)
  return { read = function() return text end, close = function() end }
end

table.move(arg, 2, #arg + 1, 1)
local environment = setmetatable({ io = { open = open } }, { __index = _G })
assert(loadfile(target, "t", environment))()

local list = assert(io.open(output:match "^(.*)/" .. "/lua.marks", "wb"))
assert(list:write(table.concat(marks, "\n"), "\n"))
assert(list:close())
