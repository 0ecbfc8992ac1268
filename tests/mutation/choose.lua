-- Which changes are made to a file: those by hand, and as many of all others as its target says.
-- Chosen by a hash of what they change, so that each run makes the same ones, and another line
-- elsewhere in the file changes none of them.

local by_hand = require "mutation.by_hand"
local c_changes = require "mutation.c_changes"
local lua_changes = require "mutation.lua_changes"

local SEED = 20260101

-- FNV-1a.
local function hash(text)
  local value = 2166136261 ~ SEED
  for i = 1, #text do value = ((value ~ text:byte(i)) * 16777619) & 0xffffffff end
  return value
end

local function trimmed(text) return text:match "^%s*(.-)%s*$" end

-- The lines that hold the bytes.
local function lines_of(text, from, to)
  local first = from
  while first > 1 and text:byte(first - 1) ~= 10 do first = first - 1 end
  local last = text:find("\n", to, true) or #text + 1
  return first, last - 1
end

---@class mutation.Mutant
---@field file string
---@field line integer
---@field what string
---@field before string  the line, without its indent
---@field after string
---@field text string  the whole source

---@return mutation.Mutant
local function mutant(file, text, change)
  local first, last = lines_of(text, change.from, change.to)
  local made = text:sub(1, change.from - 1) .. change.text .. text:sub(change.to + 1)
  local _, line = text:sub(1, change.from - 1):gsub("\n", "\n")
  return {
    file = file,
    line = line + 1,
    what = change.what,
    before = trimmed(text:sub(first, last)):match "^[^\n]*",
    after = trimmed(made:sub(first, last + #made - #text)):match "^[^\n]*",
    text = made,
  }
end

local function nasty(file, text)
  local found = {}
  for _, change in ipairs(by_hand) do
    if change.file == file then
      local from, to = text:find(change.find, 1, true)
      assert(from and not text:find(change.find, to + 1, true),
        ("by_hand.lua: %s: not there, or not once: %s"):format(file, change.find))
      found[#found + 1] = mutant(file, text,
        { from = from, to = to, text = change.replace, what = change.what })
    end
  end
  return found
end

---@param target mutation.Target
---@param text string  the source
---@return mutation.Mutant[]
return function(target, text)
  local chosen, others = nasty(target.file, text), {}
  local changes = target.file:find "%.c$" and c_changes or lua_changes
  for _, change in ipairs(changes(text)) do
    local made = mutant(target.file, text, change)
    made.order = hash(("%s\0%s\0%s\0%d"):format(made.file, made.before, made.after, change.to
      - change.from))
    if target.file:find "%.c$" or load(made.text, "=") then others[#others + 1] = made end
  end
  table.sort(others, function(a, b)
    if a.order ~= b.order then return a.order < b.order end
    return a.line < b.line
  end)
  table.move(others, 1, math.min(target.count, #others), #chosen + 1, chosen)
  return chosen
end
