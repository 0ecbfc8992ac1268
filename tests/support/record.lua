-- What became of each connection: by the sandbox's log, by its list, and by the journal of the run.

local cjson = require "cjson"
local run = require "support.run"

local record = {}

--- By id: how many DELETEs the server saw, how many were carried out, and how many came after one
--- that was.
---@param world support.Sandbox
---@return table<string, { requests: integer, times: integer, done: boolean?, again: integer? }>
function record.of(world)
  local by_id = {}
  for _, request in ipairs(world:log()) do
    if request.op == "delete" then
      local id = request.path:match "[^/]+$"
      local of = by_id[id] or { requests = 0, times = 0 }
      by_id[id] = of
      of.requests = of.requests + 1
      if of.done then of.again = (of.again or 0) + 1 end
      of.done = of.done or request.done
      if request.done then of.times = of.times + 1 end
    end
  end
  return by_id
end

--- The ids that the server lists now.
---@param world support.Sandbox
---@return table<string, boolean>
function record.listed(world)
  local result = run { "list", "-f", "ids", env = world.env }
  assert(result.status == 0, result.err)
  local ids = {}
  for id in result.out:gmatch "%S+" do ids[id] = true end
  return ids
end

local function take(by_id, entry)
  local of = by_id[entry.connection] or { intents = 0 }
  by_id[entry.connection] = of
  if entry.event == "intent" then
    of.intents, of.verdict = of.intents + 1, nil
  else
    of.verdict, of.sends, of.reconnected = entry.verdict, entry.sends, entry.reconnected
  end
end

--- By id: how often it was intended, and the last verdict. A line that a kill tore counts nothing;
--- whether a later one explains it, `xero-run journal verify` tells.
---@param place support.Place
---@return table<string, { intents: integer, verdict: string?, sends: integer? }>
function record.journal(place)
  local by_id = {}
  for line in (place:journal() or ""):gmatch "[^\n]+" do
    local whole, entry = pcall(cjson.decode, line)
    if whole and entry.connection then take(by_id, entry) end
  end
  return by_id
end

return record
