-- What a profile's policies remember from run to run, in its state: since when a rule with `after`
-- has matched each connection, how many connections there were, how large each source was.
--
-- A mark belongs to a connection and to the rule as it stands: its label or its conditions changed,
-- or the tenant connected again, and the wait starts anew. It is gone after one successful run in
-- which the rule did not match. Each policy has its own record, so that two which call a source
-- alike do not take each other's list for their own. Pure but for `load` and `save`: whoever runs a
-- policy stores the new state after the run succeeded, and only then.

local errors = require "xero.error"
local json = require "xero.json"
local uuid = require "xero.uuid"

local marks = {}

local VERSION = 1

---100,000 connections that wait; more is no text of ours.
marks.MOST_BYTES = 32 << 20

---@class xero.Mark
---@field rule string the identity of the rule
---@field since number seconds since the epoch
---@field updated string updatedDateUtc at that time

---@class xero.StateRecord
---@field at number when the run judged, seconds since the epoch
---@field connections integer how many remained
---@field file? string of the policy, absolute
---@field marks table<string, xero.Mark> by the id of the connection
---@field sources table<string, table> by name, what each source keeps of its last success

---@class xero.State
---@field version integer
---@field policies table<string, xero.StateRecord> by name, the last run of each that counts

---A state that remembers nothing.
---@return xero.State
function marks.new()
  return { version = VERSION, policies = {} }
end

---Since when a rule has matched a connection, this run included.
---@param old? xero.Mark
---@param rule xero.Rule
---@param updated? string updatedDateUtc; without it nobody can tell whether it connected again
---@param now number
---@return xero.Mark mark `old` itself, or a new one
function marks.continue(old, rule, updated, now)
  local goes_on = old and updated and old.rule == rule.identity and old.updated == updated
    and old.since <= now
  return goes_on and old or { rule = rule.identity, since = now, updated = updated }
end

---What the sources of a policy said of their last success, by name.
---@param state xero.State
---@param policy_name string
---@return table<string, table>
function marks.histories(state, policy_name)
  local record = state.policies[policy_name]
  return record and record.sources or {}
end

---The state after a run of one policy; the given one stays as it is.
---@param state xero.State
---@param policy_name string
---@param record xero.StateRecord
---@return xero.State
function marks.advance(state, policy_name, record)
  local after = marks.new()
  for name, other in pairs(state.policies) do after.policies[name] = other end
  after.policies[policy_name] = record
  return after
end

---How many connections remained after the last run of any policy; 0 where none is remembered.
---@param state xero.State
---@return integer
function marks.connections(state)
  local last
  for _, record in pairs(state.policies) do
    if not last or record.at > last.at then last = record end
  end
  return last and last.connections or 0
end

-- The text --------------------------------------------------------------------------------

local LAST = 253402300799 -- the end of the year 9999

local function is_instant(value)
  return type(value) == "number" and value >= 0 and value <= LAST
end

local function is_mark(id, mark)
  return uuid.is(id) and type(mark) == "table" and type(mark.rule) == "string"
    and is_instant(mark.since) and (mark.updated == nil or type(mark.updated) == "string")
end

local function is_record(record)
  if type(record) ~= "table" or type(record.marks) ~= "table" or type(record.sources) ~= "table"
    or math.type(record.connections) ~= "integer" or not is_instant(record.at) then
    return false
  end
  for id, mark in pairs(record.marks) do
    if not is_mark(id, mark) then return false end
  end
  for name, history in pairs(record.sources) do
    if type(name) ~= "string" or type(history) ~= "table" then return false end
  end
  return true
end

local function is_state(value)
  if type(value.policies) ~= "table" then return false end
  for name, record in pairs(value.policies) do
    if type(name) ~= "string" or not is_record(record) then return false end
  end
  return true
end

---Reads the text that a state keeps.
---@param text string
---@return xero.State|nil state nil where it is none
---@return string|nil message
function marks.decode(text)
  local value, message = json.decode(text)
  if message then return nil, message end
  if type(value) ~= "table" or math.type(value.version) ~= "integer" then
    return nil, "it is no state of policies"
  elseif value.version > VERSION then
    return nil, "it was written by a later version of xero-run"
  elseif not is_state(value) then
    return nil, "it is damaged"
  end
  return value
end

---Writes the text that a state keeps.
---@param state xero.State
---@return string
function marks.encode(state)
  return json.encode(state, { order = { "version", "at", "connections" } })
end

---What the policies of a profile remember. Raises kind "store" where that cannot be read: to go on
---without it would forget how many connections there were.
---@param kept xero.ProfileState
---@return xero.State
function marks.load(kept)
  local text = kept:read_marks(marks.MOST_BYTES)
  if not text then return marks.new() end
  local state, message = marks.decode(text)
  if state then return state end
  errors.raise {
    kind = "store",
    message = ("the marks of %s cannot be used: %s"):format(kept.place, message),
    hint = "without them every wait of a policy starts anew: remove them if that is right",
  }
end

---Replaces what they remember, durably. Raises kind "store" where it cannot.
---@param kept xero.ProfileState whose lock "marks" the caller holds
---@param state xero.State
function marks.save(kept, state)
  local done, message, hint = kept:replace_marks(marks.encode(state))
  if done then return end
  errors.raise { kind = "store", message = "the marks were not saved: " .. message, hint = hint }
end

return marks
