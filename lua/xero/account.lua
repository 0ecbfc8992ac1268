-- The account that a run gives of its disconnects: for each profile one guard, one run.lock and one
-- journal, shared by all clients of the profile. They are opened by the first DELETE, and held
-- until the process ends.

local connection = require "xero.connection"
local deletion = require "xero.deletion"
local errors = require "xero.error"
local guard = require "xero.guard"
local journal = require "xero.journal"
local raise = require "xero.raise"
local text = require "xero.text"

local account = {}

---@class xero.Account
---@field guard xero.Guard
---@field journal? xero.Journal once it is open
local Account = {}
Account.__index = Account

-- By native: those of the run by the profile's name, and how many connections they take together.
local accounts = setmetatable({}, { __mode = "k" })

---The account of the settings' profile.
---@param settings xero.Settings
---@param native table
---@param log xero.Log
---@return xero.Account
function account.of(settings, native, log)
  accounts[native] = accounts[native] or { of = {}, count = 0 }
  local run = accounts[native]
  local known = run.of
  local name = settings.profile.name
  known[name] = known[name] or setmetatable({
    native = native,
    log = log,
    settings = settings,
    guard = guard.new(settings.profile, run),
    settled_for = {},
    troubled = {},
    trouble = 0,
  }, Account)
  return known[name]
end

-- The state -------------------------------------------------------------------------------------

local HOMELESS = "no DELETE is sent without a journal: set XERO_RUN_STATE to a directory of your"
  .. " own"

-- Without a place for the journal nothing is sent. In a container that is the usual surprise, so it
-- says what to set.
local function or_homeless(f)
  local done, err = pcall(f)
  if done then return end
  if not errors.is(err) or errors.is_interruption(err) or err.kind == "busy" then error(err, 0) end
  local hint = err.hint and not err.hint:find "XERO_RUN_STATE" and err.hint .. "; or " or ""
  errors.raise { kind = err.kind, message = err.message, hint = hint .. HOMELESS }
end

local function lock(self)
  self.state = self.settings.state()
  local busy
  self.lock, busy = self.state:lock("run", self.native.options.lock_timeout)
  if self.lock then return end
  if busy.kind ~= "busy" then error(busy, 0) end
  errors.raise {
    kind = "busy",
    message = "another run is disconnecting: " .. busy.message,
    hint = busy.hint,
  }
end

-- What calls itself a script: its path, the name of a command, or "-e".
local function script_name()
  local name = arg and arg[0]
  return name and name:find "^[%w_-]+$" and "xero-run " .. name or name or "-e"
end

local function circumstances(self, identity, script)
  local native = self.native
  return {
    run = native.base64url(native.random_bytes(9)),
    profile = self.settings.profile.name,
    user = native.user_name(),
    host = native.host_name(),
    script = script or script_name(),
    as = identity,
  }
end

-- Settling --------------------------------------------------------------------------------------

-- The unfinished intents of earlier runs that this identity can look up, in the order of the runs.
local function unfinished_by_run(self, identity)
  local runs, by_run, others = {}, {}, 0
  for _, intent in ipairs(self.journal:unfinished()) do
    if intent.as ~= identity then
      others = others + 1
    else
      if not by_run[intent.run] then
        by_run[intent.run] = {}
        table.insert(runs, by_run[intent.run])
      end
      table.insert(by_run[intent.run], intent)
    end
  end
  if others > 0 then
    self.log.warn("the journal has %s of another app or user, which only that one can settle",
      text.count(others, "unfinished disconnect"))
  end
  return runs
end

local function settle_run(self, intents, index)
  local gone, present = 0, 0
  for _, intent in ipairs(intents) do
    local there = index[intent.connection]
    local outcome = deletion.settle({ updated = intent.updated }, there)
    if outcome == "present" then present = present + 1 else gone = gone + 1 end
    self.journal:settle(intent, outcome == "present" and "present" or "deleted",
      outcome == "reconnected" or nil)
  end
  local parts = {}
  if gone > 0 then parts[#parts + 1] = ("%d disconnected"):format(gone) end
  if present > 0 then parts[#parts + 1] = ("%d still connected"):format(present) end
  self.log.warn("settled %s of the run of %s: %s", text.count(#intents, "unfinished disconnect"),
    intents[1].time, table.concat(parts, ", "))
end

local function settle_unfinished(self, identity, list)
  if self.journal.open == 0 then return end
  local runs = unfinished_by_run(self, identity)
  if #runs == 0 then return end
  local index = connection.index(list())
  for _, intents in ipairs(runs) do settle_run(self, intents, index) end
  raise.unless_stored(self.journal:sync())
end

---Takes the lock, opens the journal, and settles what an earlier run of the same identity left
---unfinished. Raises where one of these cannot be done: then nothing may be sent.
---@param identity string the app and user that the run acts as
---@param list fun(): xero.Connection[] fetches the list of all connections
---@param script? string what the journal calls the script, by default its name
function Account:open(identity, list, script)
  if not self.lock then or_homeless(function() lock(self) end) end
  self.journal = self.journal or journal.open(self.native, self.state:journal(),
    circumstances(self, identity, script))
  self.journal.about.as = identity
  if not self.settled_for[identity] then
    settle_unfinished(self, identity, list)
    self.settled_for[identity] = true
  end
end

-- Outcomes --------------------------------------------------------------------------------------

---Notes the outcome of one of many: while any has failed or is unknown, a run that ends by itself
---ends with exit status 3.
---@param id string
---@param status string
function Account:note(id, status)
  local bad = status == "failed" or status == "unknown" or nil
  if self.troubled[id] ~= bad then
    self.troubled[id] = bad
    self.trouble = self.trouble + (bad and 1 or -1)
    self.native.end_partly(self.trouble > 0)
  end
end

return account
