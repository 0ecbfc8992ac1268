-- Policies as a user runs them: a policy's file, a sandbox of its own and a state of its own.
--
--   local app <close> = require "support.policy_run".start { "--connections", "10" }
--   local result = app:run({ "apply", "--yes" }, 'policy.disconnect "all" { name = "*" },')

local cjson = require "cjson"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

---@class support.PolicyRun
---@field world support.Sandbox
---@field state string the directory that XERO_RUN_STATE names
---@field file string the policy's file
local PolicyRun = {}
PolicyRun.__index = PolicyRun

---@param n integer
---@return string id of the sandbox's connection
function PolicyRun.id(n) return ("c0000000-0000-4000-8000-%012d"):format(n) end

---@param n integer
---@return string id of the sandbox's tenant
function PolicyRun.tenant(n) return ("7e000000-0000-4000-8000-%012d"):format(n) end

---@param options? support.Command of the sandbox
---@return support.PolicyRun
local function start(options)
  return setmetatable({
    world = sandbox.start(options),
    state = temp.directory(),
    file = temp.directory() .. "/policy.lua",
  }, PolicyRun)
end

--- Writes the policy: its rules, and what stands before it. Rules may say `tenant(7)`.
---@param rules string
---@param before? string
function PolicyRun:write(rules, before)
  temp.write(self.file, ([[
    local xero = require "xero"
    local policy = xero.policy
    local function tenant(n) return ("7e000000-0000-4000-8000-%%012d"):format(n) end
    local _ = tenant
    %s
    return policy "test" { %s }]]):format(before or "", rules))
end

local function words_of(self, words, more)
  local command = table.move(words, 1, #words, 1, { env = self.world:with {
    XERO_RUN_STATE = self.state,
  } })
  for key, value in pairs(more or {}) do command[key] = value end
  for name, value in pairs(words.env or {}) do command.env[name] = value end
  return command
end

--- Runs xero-run with these words and, where rules are given, the policy's file behind them.
---@param words support.Command
---@param rules? string
---@param before? string
---@return support.Result
function PolicyRun:run(words, rules, before)
  local command = words_of(self, words, { tty = words.tty, stdin = words.stdin, cwd = words.cwd })
  if rules then
    self:write(rules, before)
    command[#command + 1] = self.file
  end
  return run(command)
end

--- The same in the background.
---@return support.Process
function PolicyRun:spawn(words, rules)
  self:write(rules)
  local command = words_of(self, words)
  command[#command + 1] = self.file
  return run.spawn(command)
end

--- The numbers of the connections for which the server saw a DELETE, in their order.
---@return integer[]
function PolicyRun:deleted()
  local seen, numbers = {}, {}
  for _, request in ipairs(self.world:log()) do
    local n = request.method == "DELETE" and tonumber(request.path:match "(%d+)$")
    if n and not seen[n] then
      seen[n] = true
      numbers[#numbers + 1] = n
    end
  end
  table.sort(numbers)
  return numbers
end

--- The lines of the journal of profile default.
---@return table[]
function PolicyRun:journal()
  local lines, file = {}, io.open(self.state .. "/default/journal.jsonl")
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = cjson.decode(line) end
  file:close()
  return lines
end

function PolicyRun:stop()
  self.world:stop()
end

PolicyRun.__close = PolicyRun.stop

return { start = start, id = PolicyRun.id, tenant = PolicyRun.tenant }
