-- A sandbox server of xero-run, started for a test.
--
--   local sandbox <close> = require "support.sandbox".start { "--connections", "3" }
--   run { "list", env = sandbox.env }
--   sandbox:log()[1].path

local cjson = require "cjson"
local run = require "support.run"
local temp = require "support.temp"

---@class support.Sandbox
---@field env table<string, string>  what its export lines set
---@field process support.Process
local Sandbox = {}
Sandbox.__index = Sandbox

-- The value of one `export` line: sh words of plain characters and '…'.
local function unquoted(word)
  return (word:gsub("'([^']*)'", "%1"):gsub("\\(.)", "%1"))
end

---@param options? support.Command  arguments of `xero-run sandbox`
---@return support.Sandbox
local function start(options)
  local log = temp.directory() .. "/requests.jsonl"
  local words = { "sandbox", "--log", log }
  options = options or {}
  table.move(options, 1, #options, #words + 1, words)
  for _, key in ipairs { "env", "cwd", "timeout" } do
    words[key] = options[key]
  end
  local process = run.spawn(words)
  local exports = process:expect "^(.-\n)\n"
  local env = {}
  for name, value in exports:gmatch "export ([%w_]+)=([^\n]*)" do
    env[name] = unquoted(value)
  end
  return setmetatable({ process = process, env = env, log_file = log }, Sandbox)
end

--- The environment with more in it, or other values (false takes a variable away).
---@param more table<string, string|false>
---@return table<string, string>
function Sandbox:with(more)
  local env = {}
  for _, from in ipairs { self.env, more } do
    for name, value in pairs(from) do
      env[name] = value or nil
    end
  end
  return env
end

---@return table[]  the requests so far, each one a decoded line of the log
function Sandbox:log()
  local file = io.open(self.log_file, "r")
  local requests = {}
  if file then
    for line in file:lines() do
      requests[#requests + 1] = cjson.decode(line)
    end
    file:close()
  end
  return requests
end

---@return integer status
function Sandbox:stop()
  return self.process:stop()
end

Sandbox.__close = Sandbox.stop

return { start = start }
