-- What is done to a refresh, and to the recovery from one: a kill at each of its system calls, and
-- errors of those that touch files, once and from then on. Where the login is in a database, it is
-- the calls that speak to the server.

local strace = require "torture.strace"

local cases = {}

-- The errors that a call may meet. Those of memory are not the store's affair.
cases.FILE_ERRORS = {
  openat = { "EIO", "EMFILE", "EACCES", "ENOSPC" },
  read = { "EIO" },
  write = { "EIO", "ENOSPC", "EINTR" },
  fsync = { "EIO", "ENOSPC", "EINTR" },
  fdatasync = { "EIO", "ENOSPC", "EINTR" },
  rename = { "EIO", "ENOSPC", "EACCES" },
  renameat = { "EIO", "ENOSPC", "EACCES" },
  ftruncate = { "EIO", "EINTR" },
  fallocate = { "ENOSPC", "EIO", "EINTR", "EOPNOTSUPP" },
  flock = { "EIO", "ENOLCK", "EINTR", "EAGAIN" },
  close = { "EIO", "EINTR", "ENOSPC" },
  unlink = { "EIO", "EACCES" },
  unlinkat = { "EIO", "EACCES" },
  fstat = { "EIO" },
  newfstatat = { "EIO" },
  fstatfs = { "EIO" },
}

local SOCKET_ERRORS = {
  connect = { "ECONNREFUSED", "ENETUNREACH" },
  sendto = { "ECONNRESET", "EPIPE" },
  recvfrom = { "ECONNRESET", "ETIMEDOUT" },
  poll = {},
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
  local met = bench.profile and cases.FILE_ERRORS or SOCKET_ERRORS
  local kills, errors, before = {}, {}, true
  local asks = ("htons(%s)"):format(bench.person.env.XERO_API_URL:match ":(%d+)")
  for _, call in ipairs(strace.calls(bench:command(), bench:mark())) do
    before = before and not call.text:find(asks, 1, true)
    local function case(fault, kill)
      return { scene = scene, call = call, fault = fault, kill = kill, before = before }
    end
    if bench.profile or met[call.name] then
      kills[#kills + 1] = case(("signal=KILL:when=%d"):format(call.n), true)
    end
    for _, code in ipairs(met[call.name] or {}) do
      errors[#errors + 1] = case(("error=%s:when=%d"):format(code, call.n), false)
      -- A network that is gone for good while Xero is asked only takes the time of all repeats.
      if bench.profile or before then
        errors[#errors + 1] = case(("error=%s:when=%d+"):format(code, call.n), false)
      end
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

--- Plays each Nth kill or error of a scene, for a spec.
---@param kind "kills"|"errors"
---@return string|nil  what was wrong after one, and which
function cases.sample(bench, scene, kind, every)
  local kills, errors = cases.all(bench, scene)
  local list = kind == "kills" and kills or errors
  for i = every // 2, #list, every do
    local problem = cases.play(bench, list[i])
    if problem then return cases.describe(list[i]) .. ": " .. problem end
  end
  return nil
end

return cases
