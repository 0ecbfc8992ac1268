-- What programs cost: CPU time, wall time and peak memory, as medians of runs that take turns, so
-- that ratios mean something on any machine. Prints what it finds, and judges it by limits.

local path = require "pl.path"
local process = require "support.process"

---@class bench.Cost
---@field cpu number milliseconds, of user and system together
---@field wall number milliseconds
---@field rss number MiB, at its peak

---@class bench.Meter
---@field over boolean whether anything was over its limit
local Meter = {}
Meter.__index = Meter

local M = {}

---@param directory string where the bench's own programs were built
---@param rounds integer how often each program is run
---@return bench.Meter
function M.new(directory, rounds)
  return setmetatable({
    directory = path.abspath(directory), rounds = rounds, over = false,
  }, Meter)
end

---A program of the bench's own.
---@param name string
---@return string
function Meter:tool(name)
  return self.directory .. "/" .. name
end

---Runs a program once; it must end with 0.
---@param program support.Command
---@return bench.Cost
---@return string out what it printed
function Meter:once(program)
  local command = table.move(program, 1, #program, 2, { self:tool "measure" })
  command.env, command.timeout = program.env, program.timeout
  local result = process.run(command)
  assert(result.status == 0, result.err)
  local cpu, wall, rss = result.err:match "cpu_us=(%d+) wall_us=(%d+) rss_kib=(%d+)"
  return { cpu = cpu / 1000, wall = wall / 1000, rss = rss / 1024 }, result.out
end

local function median(numbers)
  table.sort(numbers)
  return numbers[(#numbers + 1) // 2]
end

---What each program costs. A first round, which warms up, does not count.
---@param programs support.Command[]
---@param rounds? integer default: as the meter was made
---@return bench.Cost[] medians, in the order of the programs
function Meter:compare(programs, rounds)
  local samples = {}
  for i in ipairs(programs) do
    samples[i] = { cpu = {}, wall = {}, rss = {} }
  end
  for round = 0, rounds or self.rounds do
    for i, program in ipairs(programs) do
      local cost = self:once(program)
      if round > 0 then
        for key, list in pairs(samples[i]) do list[round] = cost[key] end
      end
    end
  end
  for _, sample in ipairs(samples) do
    for key, list in pairs(sample) do sample[key] = median(list) end
  end
  return samples
end

---@param title string
---@param cost bench.Cost
function Meter.row(_, title, cost)
  print(("  %-42s %8.1f ms CPU %8.1f ms wall %6.1f MiB"):format(title, cost.cpu, cost.wall,
    cost.rss))
end

---@param title string
---@param value number
---@param limit number
---@param unit? string
function Meter:judge(title, value, limit, unit)
  local fits = value <= limit
  self.over = self.over or not fits
  print(("  %-42s %8.2f%s, limit %.1f%s: %s"):format(title, value, unit or "", limit, unit or "",
    fits and "ok" or "OVER"))
end

return M
