-- What the answers to a DELETE mean for one connection. Pure: the loop that sends and waits is
-- elsewhere, so that one by one and many at once decide alike.

local connection = require "xero.connection"

local deletion = {}

deletion.MAX_ATTEMPTS = 5

---@class xero.Deletion
---@field id string in lower case
---@field connection? xero.Connection as it was listed
---@field updated? string what updatedDateUtc was then
---@field attempts integer
---@field sends integer how often it was sent: libcurl may have repeated an attempt
---@field uncertain boolean whether an earlier attempt may have done the work
---@field in_doubt? boolean whether no list has settled that yet
---@field renewed boolean whether the token was renewed for it
---@field unlisted? boolean whether Xero's list does not have it
---@field reason? string
---@field http? integer the last status
---@field correlation_id? string
---@field status? string what became of it
---@field error? xero.Error

---@param id string in lower case
---@param listed? xero.Connection as listed before
---@return xero.Deletion
function deletion.new(id, listed)
  return {
    id = id,
    connection = listed,
    updated = listed and listed.updatedDateUtc,
    attempts = 0,
    sends = 0,
    uncertain = false,
    renewed = false,
    -- What comes later has its room from the beginning: a table that grows is made anew each time.
    reason = nil, http = nil, correlation_id = nil, status = nil, error = nil, outcome = nil,
    place = nil, given = nil, request = nil, round = nil, token = nil, intent = nil, entry = nil,
  }
end

---What messages call it.
---@param self table the deletion
---@return string
function deletion.name(self)
  return self.connection and tostring(self.connection) or self.id
end

local function doubt(self)
  self.uncertain, self.in_doubt = true, true
end

local DELETED, ABSENT = { action = "deleted" }, { action = "absent" }

-- Other successes than 204 are not in the contract, so they prove nothing: they may be a proxy's.
local function done(self, answer)
  if answer.status == 404 then
    local ours = self.uncertain or (answer.sends or 1) > 1
    return ours and DELETED or ABSENT
  elseif answer.status == 204 then
    return DELETED
  end
  doubt(self)
  return {
    action = "settle",
    wait = 0,
    error = {
      kind = "http",
      status = answer.status,
      message = ("Xero answered the disconnect of %s with %d, not 204"):format(
        deletion.name(self), answer.status),
    },
  }
end

---The error of a connection that was not there, as Xero answered or as the list says.
---@param self table the deletion
---@return table failure fields for error.new
function deletion.not_found(self)
  return {
    kind = "not_found",
    status = self.http,
    attempts = self.attempts > 0 and self.attempts or nil,
    correlation_id = self.correlation_id,
    message = ("there is no connection %s"):format(self.id),
    hint = "it may be disconnected already; xero-run list shows what there is",
  }
end

---The error of one that the list does not have, where that may be a protected tenant's.
---@param self table the deletion
---@return table failure fields for error.new
function deletion.withheld(self)
  return {
    kind = "not_found",
    message = ("Xero's list has no connection %s"):format(self.id),
    hint = "the profile protects tenants, and nobody can tell whose this is: it was not sent",
  }
end

-- After a silent repetition by libcurl, the first sending may have done the work, whatever the
-- answer to the second one says.
local function doubted(self, answer, verdict)
  if (answer.sends or 1) <= 1 or verdict.action == "done" then return verdict end
  doubt(self)
  if verdict.action ~= "fail" then return verdict end
  return { action = "uncertain", error = verdict.error }
end

---Takes in that it was answered with 204, to its only sending this time.
---@param self table the deletion
---@param correlation_id? string Xero's
function deletion.went_well(self, correlation_id)
  self.attempts, self.sends, self.http = self.attempts + 1, self.sends + 1, 204
  self.correlation_id = correlation_id or self.correlation_id
end

---Takes in that it was sent, and that its answer is lost.
---@param self table the deletion
---@param why any what was raised
function deletion.lost(self, why)
  self.attempts, self.sends = self.attempts + 1, self.sends + 1
  self.failure = {
    kind = "protocol",
    message = ("the answer to the disconnect of %s is lost: %s"):format(deletion.name(self),
      tostring(why)),
  }
  doubt(self)
end

---What to do after an answer.
---@param self table the deletion; it remembers what stays uncertain
---@param answer table of the pump
---@param verdict table of retry.verdict for it
---@return { action: string, wait?: number, error?: table } step; the action is "deleted", "absent",
---  "settle", "wait", "renew" or "fail"
function deletion.judge(self, answer, verdict)
  verdict = doubted(self, answer, verdict)
  if verdict.action == "done" then
    return done(self, answer)
  elseif verdict.action == "uncertain" then
    doubt(self)
    return { action = "settle", wait = verdict.wait or 0, error = verdict.error }
  elseif verdict.action == "fail" and verdict.error.status == 403 and self.unlisted then
    verdict.error.hint = ("there is no connection %s; xero-run list shows what there is"):format(
      self.id)
  end
  return verdict
end

---What a list fetched afterwards says about an uncertain deletion.
---@param self table the deletion
---@param there xero.Connection|nil the connection as listed now, if it is
---@return "deleted"|"reconnected"|"present"
function deletion.settle(self, there)
  self.in_doubt = false
  if not there then return "deleted" end
  local before = self.updated
  self.updated = before or there.updatedDateUtc
  return before and there.updatedDateUtc ~= before and "reconnected" or "present"
end

---What is wrong with an id that is none of the listed connections', where the list can tell. Xero
---itself answers such an id with a misleading 403.
---@param self table the deletion
---@param list xero.Connection[]
---@return table|nil failure fields for error.new
function deletion.misnamed(self, list)
  local explanation = connection.explain(list, self.id)
  return explanation and {
    kind = "not_found",
    message = ("%s is not the id of a connection: %s"):format(self.id, explanation),
    hint = "it takes the connection's own id; xero-run disconnect finds it for you",
  }
end

return deletion
