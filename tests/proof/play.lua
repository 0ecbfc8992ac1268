-- Plays the steps of the proof, several at a time, each within its limits.

local rows = require "proof.rows"
local session = require "support.session"
local shell = require "support.shell"
local steps = require "proof.steps"
local system = require "system"

local LANES = 3 -- steps at a time: most of them wait more than they work
local NEVER = 30 * 86400

---@class proof.Settings
---@field every table<string, string> by target; [""] for all others
---@field without table<string, boolean> targets that are left out
---@field time string seconds for each target that is fuzzed
---@field limit number seconds for a step
---@field within? number seconds for all

local function words_of(step, settings)
  local words = { "make", step.target }
  local every = settings.every[step.target] or settings.every[""] or "1"
  if step.many and every ~= "1" then words[#words + 1] = "EVERY=" .. every end
  if step.target == "fuzz" then words[#words + 1] = "TIME=" .. settings.time end
  if step.tests then words[#words + 1] = "TESTS=" .. step.tests end
  return words
end

local function start(step, settings)
  local words = words_of(step, settings)
  local command = shell.join(words)
  print("begun: " .. command)
  table.insert(words, 2, "--no-print-directory")
  words.timeout = NEVER
  words.env = { TMPDIR = os.getenv "TMPDIR" or "/tmp" }
  local begun = system.monotime()
  return { step = step, command = command, process = session.start(words), begun = begun,
    until_then = begun + settings.limit }
end

-- Whether a step may be played beside those that are.
local function may_start(step, running)
  for _, other in ipairs(running) do
    if step.alone or other.step.alone or step.uses and step.uses == other.step.uses then
      return false
    end
  end
  return #running < LANES
end

local function start_some(waiting, running, settings)
  local at = 1
  while waiting[at] do
    if may_start(waiting[at], running) then
      running[#running + 1] = start(table.remove(waiting, at), settings)
    else
      at = at + 1
    end
  end
end

-- The rows of a step where it has ended, or is ended now; nil while it goes on.
local function ended(played, time_is_over)
  local now, cut = system.monotime(), nil
  if not played.process:ended() then
    if time_is_over then
      cut = "cut off, for the time of the whole run was over"
    elseif now >= played.until_then then
      cut = "cut off, for its time was over"
    else
      return nil
    end
    played.process:kill()
  end
  local result = { out = played.process:out(), status = played.process.status,
    seconds = now - played.begun }
  io.write(result.out, played.process:err())
  return rows.of(played.step, played.command, result, cut)
end

--- Plays all; `report(rows)` is told of each change, with all rows so far, in the order of the
--- steps.
---@param settings proof.Settings
---@param report fun(rows: proof.Row[])
---@return proof.Row[]
return function(settings, report)
  local waiting, running, done = {}, {}, {}
  local function all_rows()
    local list = {}
    for _, step in ipairs(steps) do
      local of = done[step] or rows.unplayed(step, shell.join(words_of(step, settings)),
        "not reached")
      table.move(of, 1, #of, #list + 1, list)
    end
    return list
  end
  for _, step in ipairs(steps) do
    if settings.without[step.target] then
      done[step] = rows.unplayed(step, shell.join(words_of(step, settings)),
        "left out of this run")
    else
      waiting[#waiting + 1] = step
    end
  end
  local last = settings.within and system.monotime() + settings.within
  repeat
    local time_is_over = last ~= nil and system.monotime() >= last
    if time_is_over then waiting = {} end
    start_some(waiting, running, settings)
    for i = #running, 1, -1 do
      local played = running[i]
      done[played.step] = ended(played, time_is_over)
      if done[played.step] then
        table.remove(running, i)
        report(all_rows())
      end
    end
    system.sleep(0.2)
  until #running == 0 and #waiting == 0
  return all_rows()
end
