-- What many disconnects still have to send, and in which order: first what is to be sent once more,
-- then the others as they were asked for. Some are given to the window (src/window.h) ahead of
-- their time; what of those was not sent can be called back.
--
-- Nothing is given to the window before its intent is in the journal.

-- So many works are written to the journal at once: the disk is waited for once, not for each.
local LOOK_AHEAD = 256

---@class xero.BulkQueue
---@field given integer how many the window has
local Queue = {}
Queue.__index = Queue

local bulk_queue = {}

---@param works table[] deletions
---@param window table of the pump
---@param ahead integer how many may wait in the window, beside those under way
---@param intend fun(works: table[]): boolean|nil writes intents; nil where it cannot
---@return xero.BulkQueue
function bulk_queue.new(works, window, ahead, intend)
  return setmetatable({
    works = works,
    window = window,
    ahead = ahead,
    intend = intend,
    next = 1, -- of the works, the first that the window does not have yet
    intended = 0, -- of the works, the last that is in the journal
    again = {},
    given = 0,
    width = 0, -- of the window, as it was opened last
    token = nil, -- likewise
  }, Queue)
end

---@return boolean
function Queue:has_more()
  return self.again[1] ~= nil or self.next <= #self.works
end

---Whether there is more, or the window has some that it has not sent.
---@return boolean
function Queue:waits()
  return self:has_more() or self.given > self.width
end

local function write_intents(self)
  local last = math.min(self.intended + LOOK_AHEAD, #self.works)
  local batch = table.move(self.works, self.intended + 1, last, 1, {})
  self.intended = last
  return self.intend(batch)
end

---The next one, which has an intent by then.
---@return table|nil work nil where there is none, or no intent can be written
function Queue:take()
  if self.again[1] then return table.remove(self.again, 1) end
  if self.next > #self.works then return nil end
  if self.next > self.intended and not write_intents(self) then return nil end
  local work = self.works[self.next]
  work.place = self.next
  self.next = self.next + 1
  return work
end

---Gives the window all that it may have, and opens it.
---@param token userdata
---@param pace xero.Pace
function Queue:fill(token, pace)
  -- What it had with another token goes with this one, and a 401 is to say so.
  if token ~= self.token then self:recall() end
  self.token, self.width = token, pace.width
  while self.given < pace.width + self.ahead and self:has_more() do
    local work = self:take()
    if not work then return end
    work.round, work.token = pace.round, token
    self.window:add(work.place, work.id)
    work.given = true
    self.given = self.given + 1
  end
  self.window:open(token, pace.width)
end

---Takes in that the window has one less.
---@param place integer the tag that it gave
---@return table work
function Queue:landed(place)
  local work = self.works[place]
  work.given = nil
  self.given = self.given - 1
  return work
end

---One that is to be sent once more.
---@param work table
function Queue:repeat_later(work)
  table.insert(self.again, work)
end

---One that could not be sent, and is the next.
---@param work table
function Queue:repeat_first(work)
  table.insert(self.again, 1, work)
end

---What was not sent yet is here again, and the window is closed.
function Queue:recall()
  for _, place in ipairs(self.window:recall()) do
    local work = self:landed(place)
    if work.attempts > 0 then
      self:repeat_later(work)
    else
      self.next = math.min(self.next, place)
    end
  end
end

---Those that the window was given and has not told of. Once nothing is under way, it never will.
---@return table[] works
function Queue:missing()
  local works = {}
  if self.given == 0 then return works end
  for _, work in ipairs(self.works) do
    if work.given then works[#works + 1] = self:landed(work.place) end
  end
  return works
end

---Empties it.
---@return table[] again those that were to be sent once more
---@return table[] untried
function Queue:clear()
  local again, untried = self.again, table.move(self.works, self.next, #self.works, 1, {})
  self.again, self.next = {}, #self.works + 1
  return again, untried
end

return bulk_queue
