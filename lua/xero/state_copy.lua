-- Moves what a profile keeps to another state: the journal and the marks are copied, the login is
-- moved, for two copies of it would retire each other's tokens.
--
-- All locks of both are held meanwhile. The login in the old state is retired first, durably: it
-- keeps its tokens, says where it was moved, and nobody uses it. Only then it is saved in the new
-- one. Whatever ends the program in between leaves one live copy, or none and a retired one from
-- which the next `state copy` goes on.

local errors = require "xero.error"
local journal = require "xero.journal"
local keeper = require "xero.keeper"
local marks = require "xero.marks"
local unless_stored = require("xero.raise").unless_stored
local usage = require("xero.raise").usage

local M = {}

local BATCH = 500 -- lines

-- Locks of both states, to be closed in the opposite order.
local function lock_all(from, to, seconds)
  local held = setmetatable({}, { __close = function(locks)
    for i = #locks, 1, -1 do getmetatable(locks[i]).__close(locks[i]) end
  end })
  for _, name in ipairs { "run", "marks" } do
    for _, kept in ipairs { from, to } do
      local lock, err = kept:lock(name, seconds)
      if not lock then
        getmetatable(held).__close(held)
        error(err, 0)
      end
      table.insert(held, lock)
    end
  end
  return held
end

-- The journal ------------------------------------------------------------------------------------

-- The lines of a journal that are some: what a crash tore has no place in a table.
local function entries(kept)
  local lines = kept:journal_lines()
  return function()
    for line in lines do
      line = line:gsub("\n$", "")
      if journal.parse(line) then return line end
    end
  end
end

-- Adds to the one what the other has more; what both have must be the same.
local function copy_journal(from, to)
  local theirs = entries(from)
  for line in entries(to) do
    if line ~= theirs() then
      usage(("%s is not a beginning of %s"):format(to.journal_name, from.journal_name),
        "two histories cannot become one: choose an empty state")
    end
  end
  local log, count, batch = to:journal(), 0, {}
  log:last()
  local function flush()
    if #batch == 0 then return end
    unless_stored(log:append(function() return table.concat(batch) end))
    count, batch = count + #batch, {}
  end
  for line in theirs do
    batch[#batch + 1] = line .. "\n"
    if #batch == BATCH then flush() end
  end
  flush()
  unless_stored(log:sync())
  return count
end

local function copy_marks(from, to)
  local text = from:read_marks(marks.MOST_BYTES)
  if text then unless_stored(to:replace_marks(text)) end
end

-- The login --------------------------------------------------------------------------------------

-- A place as a grant can hold it.
local function name_of(kept)
  return (kept.place:gsub("[^\x20-\x7e]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

-- Whether the login is to be moved; false where that was done already. Raises where it must not be.
local function is_to_be_moved(grant, there, from, to)
  local moved = grant and grant:about().moved_to
  local other = there and there:about().moved_to
  if moved and moved ~= name_of(to) then
    usage("the login was moved to " .. moved .. " already", "copy from there")
  elseif there and not other and not moved then
    usage(("%s has a login already"):format(to.place), "log out there first: xero-run logout")
  elseif other and other ~= name_of(from) then
    usage(("the login of %s was moved to %s"):format(to.place, other), "copy from there")
  end
  return grant ~= nil and not (moved and there and not other)
end

-- Nothing stops the program in between but what stops the machine.
local function move(world, source, target, grant, from, to)
  if not grant:about().moved_to then
    unless_stored(keeper.save(source, grant:change { moved_to = name_of(to) }))
  end
  local tag = world.host_tag(to) or false
  local done, message = keeper.save(target, grant:change { moved_to = false, host_tag = tag })
  if done then return end
  errors.raise {
    kind = "store",
    message = ("the login is retired in %s and not yet in %s: %s"):format(from.place, to.place,
      message),
    hint = "nothing is lost: run the same again",
  }
end

local function move_login(world, from, to)
  local source, target = from:keeper(true), to:keeper(true)
  local one <close>, err = source:lock(world.seconds)
  if not one then error(err, 0) end
  local other <close>, why = target:lock(world.seconds)
  if not other then error(why, 0) end
  local grant, there = source:load(), target:load()
  if not is_to_be_moved(grant, there, from, to) then return false end
  unless_stored(source:prepare())
  unless_stored(target:prepare())
  world.native.shield(move, world, source, target, grant, from, to)
  return true
end

---@class xero.StateCopyWorld
---@field native table
---@field seconds number to wait for each lock
---@field host_tag fun(kept: xero.ProfileState): string|nil what a login in that state is tied to

---Moves a profile from one state to another. Raises kind "usage" where that would leave two live
---logins or mix two journals, "busy" where somebody works with either of them.
---@param from xero.ProfileState
---@param to xero.ProfileState
---@param world xero.StateCopyWorld
---@return integer lines of the journal that were copied
---@return boolean moved whether a login was moved
function M.copy(from, to, world)
  if from.place == to.place then usage("both are the same state: " .. from.place) end
  local _ <close> = lock_all(from, to, world.seconds)
  local lines = copy_journal(from, to)
  copy_marks(from, to)
  return lines, move_login(world, from, to)
end

return M
