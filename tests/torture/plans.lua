-- Tortures what policies leave behind: saved plans, and what is remembered from run to run.
--
--   xero-run tests/torture/plans.lua     (make torture-plans)
--
-- Kills `plan --save`, `apply` of a policy and `apply` of a saved plan at every system call, from
-- the reading of the policy on, and gives the calls that touch files errors. After each, plan and
-- marks are the old ones or the new ones, whole and private; nobody was disconnected whose turn it
-- is not; who was is in the journal; and the next run does what this one had to do.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local cases = require "torture.cases"
local cjson = require "cjson"
local json = require "xero.json"
local marks = require "xero.marks"
local native = require "xero.native"
local new_job = require "torture.job"
local new_tally = require "torture.tally"
local saved_plan = require "xero.saved_plan"
local shell = require "support.shell"
local strace = require "torture.strace"
local temp = require "support.temp"
local time = require "xero.time"

local HOUR, DAY = 3600, 86400
local REFUSED_SOURCE = 6

-- Who goes, who would after a wait that has only begun, and whom the list of customers holds.
local GO = { "Leaver 1", "Leaver 2", "Due 1" }
local STAY = { "Early 1", "Fresh 1", "Customer 1", "Customer 2", "Customer 3" }
local CUSTOMERS = 3

local POLICY = [[
  local xero = require "xero"
  local policy = xero.policy
  local crm = xero.source.csv("crm", { path = "crm.csv", column = "id", max_shrink = "20%" })
  return policy "torture" {
    limits = { max_percent = 100 },
    policy.keep       "a customer" { listed = crm },
    policy.disconnect "left"       { name = "Leaver *" },
    policy.disconnect "due"        { name = "Due *", after = "1h" },
    policy.disconnect "early"      { name = { "Early *", "Fresh *" }, after = "7d" },
  }
]]

local tally = new_tally()

---@class torture.Plans
---@field job torture.Job
---@field policy string the policy's file
---@field saved string the saved plan's
---@field marks string that of the marks
---@field rules table<string, string> the identities of the rules with a wait, by their labels
local Plans = {}
Plans.__index = Plans

-- The scene --------------------------------------------------------------------------------------

-- The person's connections, by name.
local function listed(self)
  local problem, printed = self.job:run_well(self.job:command("list", "--format", "json"))
  if problem then error(problem, 0) end
  local by_name = {}
  for _, connection in ipairs(json.decode(printed)) do
    by_name[connection.tenantName] = connection
  end
  return by_name
end

local function write_customers(self, connections)
  local lines = { "id" }
  for i = 1, CUSTOMERS do lines[i + 1] = connections["Customer " .. i].tenantId end
  temp.write(self.directory .. "/crm.csv", table.concat(lines, "\n") .. "\n")
end

-- As runs of days ago have left it; `customers` is how many there were then.
local function write_marks(self, connections, customers)
  local now = native.now()
  local state = assert(marks.decode(self.learnt))
  local record = state.policies.torture
  record.at, record.connections, record.marks = now - DAY, #GO + #STAY, {}
  record.sources.crm.rows, record.sources.crm.at = customers, now - DAY
  for name, since in pairs { ["Due 1"] = now - 2 * HOUR, ["Early 1"] = now - DAY } do
    local connection = connections[name]
    record.marks[connection.id] = {
      rule = self.rules[name], since = math.floor(since), updated = connection.updatedDateUtc,
    }
  end
  temp.write(self.marks, marks.encode(state))
end

local function prepare(self, options)
  self.job:set()
  self.connections = listed(self)
  write_customers(self, self.connections)
  write_marks(self, self.connections, options.customers or CUSTOMERS)
  os.remove(self.saved)
  shell.output { "sh", "-c", 'rm -f "$1".*', "sh", self.saved }
  if options.saved then
    local problem = self.job:run_well(self:command("plan", "--save", self.saved, self.policy))
    if problem then error("the scene cannot be set: " .. problem, 0) end
    local an_hour_ago = ('"made_at": "%s"'):format(time.format(native.now() - HOUR))
    temp.write(self.saved, (temp.read(self.saved):gsub('"made_at": "[^"]*"', an_hour_ago)))
  end
  self.old = { marks = temp.read(self.marks), saved = options.saved and temp.read(self.saved) }
end

function Plans:command(...)
  return self.job:command("--quiet", "--yes", ...)
end

-- What must hold ---------------------------------------------------------------------------------

local function is_kept(self, names, connections)
  for _, name in ipairs(names) do
    if not connections[name] or connections[name].id ~= self.connections[name].id then
      return false, name
    end
  end
  return true
end

local function count_going(connections)
  local count = 0
  for _, name in ipairs(GO) do
    if connections[name] then count = count + 1 end
  end
  return count
end

-- Whether the marks are the old ones, and what is wrong with them.
local function judge_marks(self)
  local text = temp.read(self.marks)
  if text == self.old.marks then return true end
  local state, message = marks.decode(text)
  if not state then return false, "the marks are torn: " .. message end
  local record, before = state.policies.torture, marks.decode(self.old.marks).policies.torture
  local function mark(of, name) return of.marks[self.connections[name].id] end
  local early, fresh, due = mark(record, "Early 1"), mark(record, "Fresh 1"), mark(record, "Due 1")
  if not early or early.since ~= mark(before, "Early 1").since then
    return false, "the wait of Early 1 is another"
  elseif not fresh or fresh.since < before.at + DAY then
    return false, "the wait of Fresh 1 did not begin in this run"
  elseif due and due.since ~= mark(before, "Due 1").since then
    return false, "the wait of Due 1 is another"
  elseif record.sources.crm.rows ~= CUSTOMERS then
    return false, "how long the source was is not remembered"
  end
  return false
end

-- Whether there is a plan that is not the old one, and what is wrong with it.
local function judge_saved(self)
  local file <close> = io.open(self.saved, "rb")
  local text = file and file:read "a" or nil
  if text == self.old.saved then return false end
  if not text then return false, "the saved plan is gone" end
  local whole, plan = pcall(saved_plan.decode, text, self.saved)
  if not whole then return false, "the saved plan is torn: " .. tostring(plan) end
  if #plan.items ~= #GO then return false, "the saved plan is another" end
  return true
end

-- Files beside the plan that are not private, or that only a kill may leave.
local function judge_left(self, killed)
  local left = shell.output { "find", self.directory, "-name", "plan.json*",
    killed and "!" or "-true", killed and "-perm" or "-name", killed and "600" or "*.??????" }
  return left ~= "" and "left behind: " .. left or nil
end

-- What a run has to have done that ended with 0.
local function judge_done(scene, result, is_saved, marks_are_old, going)
  if result.status ~= 0 then return nil end
  if scene.refused then return "it went on with a source that has shrunk" end
  if scene.saves and not is_saved then return "the plan was not saved, in silence" end
  if not scene.saves and marks_are_old and result.err == "" then
    return "the run was not remembered, in silence"
  end
  if not scene.saves and going > 0 then return "somebody is still connected, in silence" end
  return nil
end

-- The run after it, undisturbed: it does what was to be done, and leaves what belongs there.
local function recover(self, scene)
  if scene.refused then return nil end
  local words = { "apply", self.policy }
  if scene.saves then
    local problem = self.job:run_well(self:command("plan", "--save", self.saved, self.policy))
      or select(2, judge_saved(self))
    if problem then return problem end
    words = { "apply", self.saved }
  end
  local problem = self.job:run_well(self:command(table.unpack(words)))
  if problem then return problem end
  local connections = listed(self)
  local kept, who = is_kept(self, STAY, connections)
  if not kept then return who .. " was disconnected by the next run" end
  if count_going(connections) > 0 then return "the next run has left somebody connected" end
  local are_old
  are_old, problem = judge_marks(self)
  if are_old then return "the next run was not remembered" end
  if problem then return problem .. ", after the next run" end
  local odd = shell.output { "find", self.job.profile, "-type", "f", "!", "-name", "*.lock",
    "!", "-name", "token.json", "!", "-name", "marks.json", "!", "-name", "journal.jsonl" }
  return odd ~= "" and "left behind: " .. odd or nil
end

local function judge(self, scene, result, killed)
  local problem = self.job:judge(result, killed)
    or judge_left(self, killed or result.fault:find "^unlink")
  if problem then return problem end
  local connections = listed(self)
  local kept, who = is_kept(self, STAY, connections)
  if not kept then return who .. " was disconnected" end
  local going = count_going(connections)
  if (scene.saves or scene.refused) and going < #GO then return "somebody was disconnected" end
  local marks_are_old, is_saved
  marks_are_old, problem = judge_marks(self)
  if problem then return problem end
  if (scene.saves or scene.refused) and not marks_are_old then return "the marks were changed" end
  is_saved, problem = judge_saved(self)
  if problem then return problem end
  return not killed and judge_done(scene, result, is_saved, marks_are_old, going) or nil
end

-- The cases --------------------------------------------------------------------------------------

local function play(self, scene, call, fault, killed)
  prepare(self, scene)
  local result = strace.inject(self:command(table.unpack(scene.words(self))), call.name, fault)
  result.fault = call.name
  local excused = killed or result.status ~= 0 and strace.is_mute(call, result)
  return judge(self, scene, result, excused) or recover(self, scene)
end

local function play_all(self, scene)
  prepare(self, scene)
  local calls = strace.calls(self:command(table.unpack(scene.words(self))), scene.from(self),
    scene.refused and REFUSED_SOURCE)
  local function try(call, fault, killed)
    tally:try(("%s, %s %s: %s"):format(scene.title, call.name, fault, call.text), play, self, scene,
      call, fault, killed)
  end
  for _, call in ipairs(calls) do try(call, ("signal=KILL:when=%d"):format(call.n), true) end
  tally:say("kill -9 at each system call of " .. scene.title)
  for _, call in ipairs(calls) do
    for _, code in ipairs(cases.FILE_ERRORS[call.name] or {}) do
      try(call, ("error=%s:when=%d"):format(code, call.n), false)
      try(call, ("error=%s:when=%d+"):format(code, call.n), false)
    end
  end
  tally:say("an error of each call to files in " .. scene.title)
end

local function save(self) return { "plan", "--save", self.saved, self.policy } end
local function apply(self) return { "apply", self.policy } end
local function policy_file(self) return self.policy end

-- `saves`: it writes a plan and nothing else; `saved`: there is one before; `refused`: it may do
-- nothing at all.
local SCENES = {
  { title = "plan --save", words = save, from = policy_file, saves = true },
  { title = "plan --save in place of a plan", words = save, from = policy_file, saves = true,
    saved = true },
  { title = "apply of a policy", words = apply, from = policy_file },
  { title = "apply of a saved plan", saved = true, from = function(self) return self.saved end,
    words = function(self) return { "apply", self.saved } end },
  { title = "apply with a source that has shrunk", words = apply, from = policy_file,
    refused = true, customers = 10 * CUSTOMERS },
}

local function new()
  local names = table.move(STAY, 1, #STAY, #GO + 1, table.move(GO, 1, #GO, 1, {}))
  local directory = temp.directory()
  local self = setmetatable({
    job = new_job { tenants = names, timeout = "5s" }, directory = directory,
    policy = directory .. "/policy.lua", saved = directory .. "/plan.json", rules = {},
  }, Plans)
  self.marks = self.job.profile .. "/marks.json"
  temp.write(self.policy, POLICY)
  self.job:set()
  local connections = listed(self)
  write_customers(self, connections)
  local problem = self.job:run_well(self:command("apply", self.policy))
  if problem then error(problem, 0) end
  self.learnt = temp.read(self.marks)
  local learnt = cjson.decode(self.learnt).policies.torture.marks
  for _, name in ipairs { "Due 1", "Early 1" } do
    self.rules[name] = learnt[connections[name].id].rule
  end
  return self
end

local missing = strace.missing()
if missing then
  tally:skip("saved plans and marks", missing)
else
  local self = new()
  for _, scene in ipairs(SCENES) do play_all(self, scene) end
  self.job:stop()
end
tally:finish()
