-- What the answers to a DELETE mean for one connection. Pure: the loop that sends and waits is
-- elsewhere, so that one by one and many at once decide alike.
--
-- A deletion is { id, name, updated, attempts, uncertain, renewed }: `updated` is what
-- updatedDateUtc was beforehand, if known; `uncertain` says that an earlier attempt may have done
-- the work.

local connection = require "xero.connection"
local uuid = require "xero.uuid"

local deletion = {}

deletion.MAX_ATTEMPTS = 5

---@param id string
---@param listed? xero.Connection as listed before
---@return table deletion
function deletion.new(id, listed)
  return {
    id = uuid.normal(id),
    name = connection.is(listed) and tostring(listed) or id,
    updated = listed and listed.updatedDateUtc,
    attempts = 0,
    uncertain = false,
    renewed = false,
  }
end

-- Other successes than 204 are not in the contract, so they prove nothing: they may be a proxy's.
local function done(self, answer)
  if answer.status == 404 then
    local ours = self.uncertain or (answer.sends or 1) > 1
    return { action = ours and "deleted" or "absent" }
  elseif answer.status == 204 then
    return { action = "deleted" }
  end
  self.uncertain = true
  return {
    action = "settle",
    wait = 0,
    error = {
      kind = "http",
      status = answer.status,
      message = ("Xero answered the disconnect of %s with %d, not 204"):format(self.name,
        answer.status),
    },
  }
end

---The error of a connection that was not there.
---@param self table the deletion
---@return table failure fields for error.new
function deletion.not_found(self)
  return {
    kind = "not_found",
    status = 404,
    message = ("there is no connection %s"):format(self.id),
    hint = "it may be disconnected already; xero-run list shows what there is",
    attempts = self.attempts,
  }
end

---What to do after an answer.
---@param self table the deletion; it remembers what stays uncertain
---@param answer table of the pump
---@param verdict table of retry.verdict for it
---@return { action: string, wait?: number, error?: table } step; the action is "deleted", "absent",
---  "settle", "wait", "renew" or "fail"
function deletion.judge(self, answer, verdict)
  if verdict.action == "done" then
    return done(self, answer)
  elseif verdict.action == "uncertain" then
    self.uncertain = true
    return { action = "settle", wait = verdict.wait or 0, error = verdict.error }
  end
  return verdict
end

---What a list fetched afterwards says about an uncertain deletion.
---@param self table the deletion
---@param list xero.Connection[]
---@return "deleted"|"reconnected"|"present"
function deletion.settle(self, list)
  local there = connection.find(list, self.id)
  if not there then return "deleted" end
  local before = self.updated
  self.updated = before or there.updatedDateUtc
  return before and there.updatedDateUtc ~= before and "reconnected" or "present"
end

---What was wrong with an id that Xero answered with 403 or 404, as far as the list tells.
---@param self table the deletion
---@param failure table fields of the error so far
---@param list xero.Connection[]
---@return table failure
function deletion.explain(self, failure, list)
  if connection.find(list, self.id) then return failure end
  local explanation = connection.explain(list, self.id)
  if explanation then
    failure.kind = "not_found"
    failure.message = ("%s is not the id of a connection: %s"):format(self.id, explanation)
    failure.hint = "it takes the connection's own id; xero-run disconnect finds it for you"
  elseif failure.kind ~= "not_found" then
    failure.hint = ("there is no connection %s; xero-run list shows what there is"):format(
      self.id)
  end
  return failure
end

return deletion
