-- The rows of a step: what it printed of its cases.

---@class proof.Row
---@field step proof.Step
---@field title string
---@field command string
---@field played? integer
---@field of? integer
---@field short? integer
---@field seconds? integer
---@field reason? string why it was not played, or not to its end

local rows = {}

---@param output string
---@return proof.Row[]
local function counted(step, output)
  local list = {}
  for line in output:gmatch "[^\n]+" do
    local title, played, of, short, seconds =
      line:match "^= (.*): (%d+) of (%d+) cases, (%d+) fell short, (%d+) s$"
    if title then
      list[#list + 1] = { title = title, played = math.tointeger(played),
        of = math.tointeger(of), short = math.tointeger(short), seconds = math.tointeger(seconds) }
    end
    local left, reason = line:match "^%- (.*): not played, for (.*)$"
    if left then list[#list + 1] = { title = left, reason = reason } end
  end
  local passed, failed, rest = output:match "\n(%d+) passed, (%d+) failed([^\n]*)\n*$"
  if passed then
    local played, skipped = passed + failed, tonumber(rest:match "%d+") or 0
    list[#list + 1] = { title = step.title, played = math.tointeger(played),
      of = math.tointeger(played + skipped), short = math.tointeger(failed) }
  end
  return list
end

-- Whether the program has said itself what went wrong.
local function has_short(list)
  for _, row in ipairs(list) do
    if row.short and row.short > 0 then return true end
  end
  return false
end

--- Of a step that has ended, or was ended.
---@param step proof.Step
---@param command string
---@param result support.Result
---@param cut? string why it was ended before its end
---@return proof.Row[]
function rows.of(step, command, result, cut)
  local list = counted(step, "\n" .. result.out)
  local seconds = math.floor(result.seconds + 0.5)
  if cut then
    list[#list + 1] = { title = step.title, reason = cut }
  elseif result.status ~= 0 and not has_short(list) then
    list[#list + 1] = { title = step.title,
      reason = ("it ended with status %d"):format(result.status) }
  elseif #list == 0 then
    list[1] = { title = step.title, played = 1, of = 1, short = 0 }
  end
  for _, row in ipairs(list) do
    row.step, row.command, row.seconds = step, command, row.seconds or seconds
  end
  return list
end

--- Of one that was not played.
---@param step proof.Step
---@param command string
---@param reason string
---@return proof.Row[]
function rows.unplayed(step, command, reason)
  return { { step = step, title = step.title, command = command, reason = reason } }
end

return rows
