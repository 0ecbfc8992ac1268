-- The count of a torture: plays those of its cases that are wanted, says each that fell short, and
-- in the end how many there were.
--
-- TORTURE_EVERY=N plays each Nth case, TORTURE_FIRST says from which one on, and TORTURE_ONLY=TEXT
-- those whose description holds that text.

local process = require "support.process"
local system = require "system"
local temp = require "support.temp"

---@class torture.Tally
---@field total_short integer how many fell short
local Tally = {}
Tally.__index = Tally

local function is_wanted(self, what)
  self.index = self.index + 1
  if self.only then return what:find(self.only, 1, true) ~= nil end
  return self.index % self.every == self.first % self.every
end

--- Plays a case, where it is wanted.
---@param what string  what case it is
---@param play function  gives what is wrong, or nil; raises it as well
function Tally:try(what, play, ...)
  if not is_wanted(self, what) then return end
  local problem = select(2, pcall(play, ...))
  self.played = self.played + 1
  if problem == nil then return end
  self.short = self.short + 1
  print(("  SHORT  %s\n         %s"):format(what, (tostring(problem):gsub("\n", "\n         "))))
  io.stdout:flush()
end

--- Says how many cases of a kind were played, and begins to count anew.
---@param title string
function Tally:say(title)
  print(("= %s: %d of %d cases, %d fell short, %.0f s"):format(title, self.played, self.index,
    self.short, system.monotime() - self.since))
  io.stdout:flush()
  self.total_short = self.total_short + self.short
  self:begin()
end

--- Says that cases of a kind were not played, and why.
---@param title string
---@param reason string
function Tally.skip(_, title, reason)
  print(("- %s: not played, for %s"):format(title, reason))
end

function Tally:begin()
  self.index, self.played, self.short, self.since = 0, 0, 0, system.monotime()
end

--- Cleans up and ends the program: with 1 where a case fell short.
function Tally:finish()
  process.stop_all()
  temp.remove_all()
  os.exit(self.total_short == 0, true)
end

---@return torture.Tally
return function()
  local self = setmetatable({
    every = tonumber(os.getenv "TORTURE_EVERY") or 1,
    first = tonumber(os.getenv "TORTURE_FIRST") or 1,
    only = os.getenv "TORTURE_ONLY",
    total_short = 0,
  }, Tally)
  self:begin()
  return self
end
