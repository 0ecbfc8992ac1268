-- What is done to a refresh, and to the recovery from one: a kill at each of its system calls, and
-- errors of those that touch files, once and from then on.

local strace = require "torture.strace"

local cases = {}

-- The errors that a call may meet. Those of memory and sockets are not the store's affair.
local ERRORS = {
  openat = { "EIO", "EMFILE", "EACCES", "ENOSPC" },
  read = { "EIO" },
  write = { "EIO", "ENOSPC", "EINTR" },
  fsync = { "EIO", "ENOSPC", "EINTR" },
  renameat = { "EIO", "ENOSPC", "EACCES" },
  ftruncate = { "EIO", "EINTR" },
  fallocate = { "ENOSPC", "EIO", "EINTR", "EOPNOTSUPP" },
  flock = { "EIO", "ENOLCK", "EINTR", "EAGAIN" },
  close = { "EIO", "EINTR", "ENOSPC" },
  unlinkat = { "EIO", "EACCES" },
  newfstatat = { "EIO" },
  fstatfs = { "EIO" },
}

---@class torture.Case
---@field scene "refresh"|"recovery"
---@field call torture.Call
---@field fault string
---@field kill boolean
---@field before boolean  whether the call comes before the token request

local function scene_of(bench, name)
  bench:set { lost = name == "recovery" }
end

--- Every case of a scene.
---@return torture.Case[] kills, torture.Case[] errors
function cases.all(bench, scene)
  scene_of(bench, scene)
  local calls = strace.calls(bench:command(), bench.profile)
  local kills, errors, before = {}, {}, true
  for _, call in ipairs(calls) do
    before = before and call.name ~= "connect"
    local function case(fault, kill)
      return { scene = scene, call = call, fault = fault, kill = kill, before = before }
    end
    kills[#kills + 1] = case(("signal=KILL:when=%d"):format(call.n), true)
    for _, code in ipairs(ERRORS[call.name] or {}) do
      errors[#errors + 1] = case(("error=%s:when=%d"):format(code, call.n), false)
      errors[#errors + 1] = case(("error=%s:when=%d+"):format(code, call.n), false)
    end
  end
  return kills, errors
end

-- What must hold of the run that met an error.
local function judge_error(bench, case, result)
  if result.signal then return "ended by a signal" end
  if result.status ~= 0 and result.err == "" and case.call.name ~= "write" then
    return "failed in silence"
  elseif result.status == 0 and result.err == "" and not bench:is_current() then
    return "went on in silence"
  elseif result.status ~= 0 and case.before and bench:counts() > 0 then
    return "asked the server although the store had failed: " .. result.err
  end
  return nil
end

--- Plays a case; what is wrong after it, or nil.
---@param case torture.Case
---@return string|nil
function cases.play(bench, case)
  scene_of(bench, case.scene)
  local result = strace.inject(bench:command(), case.call.name, case.fault)
  return not case.kill and judge_error(bench, case, result) or bench:torn() or bench:lost()
end

---@param case torture.Case
---@return string
function cases.describe(case)
  return ("%s, %s %s: %s"):format(case.scene, case.call.name, case.fault, case.call.text)
end

return cases
