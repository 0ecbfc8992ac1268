-- A bar on standard error while many disconnects run: how many are done, how fast, how long it will
-- take. On a terminal and without --quiet only.
--
-- The bar is the last line of the terminal and is never left behind: whoever writes to the terminal
-- calls `clear` first (log.lua does), and the next step draws it again. The width is asked for at
-- each drawing, so that it survives a resized window; in a narrow one the parts that matter less
-- are left out.

local text = require "xero.text"

local M = {}

local INTERVAL = 0.1 -- seconds between two drawings
local WIDEST_BAR, NARROWEST_BAR = 40, 5
local ERASE = "\r\27[K"

-- What stands on the terminal now: at most one bar.
local shown

---Takes the bar off the terminal, where there is one.
function M.clear()
  if not shown then return end
  shown.file:write(ERASE)
  shown.file:flush()
  shown = nil
end

local function duration(seconds)
  seconds = math.ceil(seconds)
  if seconds < 3600 then return ("%d:%02d"):format(seconds // 60, seconds % 60) end
  return ("%d:%02d:%02d"):format(seconds // 3600, seconds // 60 % 60, seconds % 60)
end

local function bar(done, total, width)
  local filled = total > 0 and width * done // total or 0
  return "[" .. ("="):rep(filled) .. (" "):rep(width - filled) .. "]"
end

---The line for a state, at most `width` columns wide; "" where there is no room for any.
---@param state { done: integer, total: integer, bad: integer, seconds: number }
---@param width integer
---@return string
function M.line(state, width)
  local done, total = state.done, state.total
  local parts = { ("%d/%d"):format(done, total) }
  if #parts[1] > width then return "" end
  local length, full = #parts[1], false
  local function add(part)
    full = full or length + 2 + #part > width
    if full then return end
    parts[#parts + 1] = part
    length = length + 2 + #part
  end
  if state.bad > 0 then add(("%d failed"):format(state.bad)) end
  if done > 0 and state.seconds > 0 then
    local rate = done / state.seconds
    if done < total then add(duration((total - done) / rate) .. " left") end
    add(("%.3g/s"):format(rate))
  end
  local room = math.min(width - length - 3, WIDEST_BAR)
  local line = table.concat(parts, "  ")
  return room >= NARROWEST_BAR and bar(done, total, room) .. " " .. line or line
end

---@class xero.Progress
local Progress = {}
Progress.__index = Progress

---A bar for so many steps; nil where nobody would see it.
---@param native table
---@param total integer
---@param file? file* standard error
---@return xero.Progress|nil
function M.new(native, total, file)
  if native.options.quiet or not native.isatty(2) then return nil end
  return setmetatable({
    native = native, file = file or io.stderr, total = total, done = 0, bad = 0,
    began = native.monotonic(), drawn_at = -math.huge,
  }, Progress)
end

local function draw(self, now)
  self.drawn_at = now
  -- The last column stays free: some terminals begin a new line once it is written.
  local width = (self.native.columns(2) or 80) - 1
  local line = M.line({
    done = self.done, total = self.total, bad = self.bad, seconds = now - self.began,
  }, width)
  self.file:write(ERASE, text.printable(line))
  self.file:flush()
  shown = self
end

---One more is done.
---@param status "deleted"|"absent"|"failed"|"unknown"|"skipped"
function Progress:advance(status)
  self.done = self.done + 1
  if status == "failed" or status == "unknown" then self.bad = self.bad + 1 end
  local now = self.native.monotonic()
  if now - self.drawn_at >= INTERVAL or shown ~= self and self.done < self.total then
    draw(self, now)
  end
end

---Takes the bar away before the script writes something of its own.
function Progress.hide()
  M.clear()
end

Progress.close = Progress.hide

return M
