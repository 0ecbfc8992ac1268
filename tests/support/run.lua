-- xero-run as a user runs it.
--
--   local run = require "support.run"
--   local result = run { "list", "--format", "ids", env = sandbox.env }
--   assert.equal(0, result.status, result.err)
--
-- The program is XERO_RUN_BIN, or the one that runs the tests.

local assert = require "luassert"
local path = require "pl.path"
local process = require "support.process"

local function program()
  local first = 0
  while arg and arg[first - 1] do
    first = first - 1
  end
  local name = os.getenv "XERO_RUN_BIN" or (first < 0 and arg[first]) or "build/xero-run"
  return path.abspath(name)
end

local function command(options)
  local words = { program() }
  table.move(options, 1, #options, 2, words)
  for key, value in pairs(options) do
    if type(key) == "string" then
      words[key] = value
    end
  end
  return words
end

local run = { program = program }

--- Starts xero-run in the background; see support.process.
---@param options support.Command  arguments, without the program
---@return support.Process
function run.spawn(options)
  return process.spawn(command(options))
end

--- What the program's own Lua prints, line by line; at least one.
---@param statements string
---@return string[]
function run.lines(statements)
  local result = process.run(command { "-e", statements })
  assert.equal(0, result.status, result.err)
  local lines = {}
  for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  assert.is_true(#lines > 0)
  return lines
end

--- Runs xero-run to its end; see support.process.
---@param options support.Command  arguments, without the program
---@return support.Result
return setmetatable(run, {
  __call = function(_, options)
    return process.run(command(options))
  end,
})
