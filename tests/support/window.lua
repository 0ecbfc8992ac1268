-- A stand-in for the window of xero.native (src/window.h), over a pump that has `delete` and
-- `wait`: what it sends goes through the former, what it is answered comes from the latter.

local Window = {}
Window.__index = Window

local window = {}

-- What cannot be sent any more once a signal came.
local function fill(self)
  while self.token and self.queue[1] and self.flying < self.width
    and not self.native.interrupted() do
    local one = table.remove(self.queue, 1)
    local id = self.pump:delete {
      url = self.url, timeout = self.timeout, token = self.token, id = one.id,
    }
    self.tags[id] = one.tag
    self.flying = self.flying + 1
  end
end

-- The next answer to one of its own; those of others that share the pump are kept for them.
local function receive(self, seconds)
  local kept = self.pump.kept
  for id, answer in pairs(kept) do
    if self.tags[id] then
      kept[id] = nil
      return answer
    end
  end
  local answer = self.pump:wait(seconds)
  while answer and not self.tags[answer.id] do
    kept[answer.id] = answer
    answer = self.pump:wait(seconds)
  end
  return answer
end

local function is_plain(answer)
  return not answer.error and answer.status == 204 and answer.sends == 1
end

function Window:add(tag, id)
  table.insert(self.queue, { tag = tag, id = id })
  return true
end

function Window:open(token, width)
  self.token, self.width = token, width
end

function Window:wait(seconds, batch)
  while true do
    fill(self)
    if self.flying == 0 or batch > 0 and #self.deleted >= batch then return nil end
    local answer = receive(self, self.deleted[1] and 0 or seconds)
    if not answer then return nil end
    self.flying = self.flying - 1
    answer.tag = self.tags[answer.id]
    self.tags[answer.id] = nil
    if batch == 0 or not is_plain(answer) then
      self.token = nil
      return answer
    end
    table.insert(self.deleted, { answer.tag, answer.headers["xero-correlation-id"] })
  end
end

function Window:next()
  return table.unpack(table.remove(self.deleted, 1) or {}, 1, 2)
end

function Window:recall()
  local tags = {}
  for i, one in ipairs(self.queue) do tags[i] = one.tag end
  self.queue, self.token = {}, nil
  return tags
end

function Window:under_way() return self.flying end

---@param pump table with `delete` and `wait`
---@param native table
---@param options { url: string, timeout: number }
function window.new(pump, native, options)
  pump.kept = pump.kept or {}
  return setmetatable({
    pump = pump, native = native, url = options.url, timeout = options.timeout,
    queue = {}, flying = 0, tags = {}, deleted = {},
  }, Window)
end

return window
