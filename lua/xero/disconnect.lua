-- Disconnecting what a script names: which connections it means, whether they may go at all, and
-- what became of each. One and many go the same way; the window is bulk.lua's.

local account = require "xero.account"
local bulk = require "xero.bulk"
local connection = require "xero.connection"
local declaring = require "xero.declaring"
local deletion = require "xero.deletion"
local errors = require "xero.error"
local profile = require "xero.profile"
local raise = require "xero.raise"
local text = require "xero.text"
local uuid = require "xero.uuid"

local disconnect = {}

local CONCURRENCY = 4

---@class xero.DisconnectOptions
---@field reason? string|fun(connection: xero.Connection): string?
---@field concurrency? integer
---@field on_result? fun(outcome: xero.Outcome)
---@field alone? boolean

---@class xero.Outcome
---@field connection xero.Connection
---@field status "deleted"|"absent"|"failed"|"unknown"|"skipped"
---@field error? xero.Error

local function checked_id(id)
  return uuid.parse(id) or raise.no_id(id, "the id of a connection")
end

-- A deletion for each target, one for those that are the same; and the different ones in order.
local function works_of(targets)
  local all, works, by_id = {}, {}, {}
  for i, target in ipairs(targets) do
    local id = checked_id(type(target) == "table" and target.id or target)
    local work = by_id[id]
    if not work then
      work = deletion.new(id, connection.is(target) and target or nil)
      by_id[id], works[#works + 1] = work, work
    end
    all[i] = work
  end
  return all, works
end

-- Listing what is asked for ----------------------------------------------------------------------

local function all_known(index, works)
  for _, work in ipairs(works) do
    if not index[work.id] then return false end
  end
  return true
end

-- Xero's list as far as it is at hand; fetched where that does not have them all.
local function list_for(client, works)
  local list = client.listed
  if list then
    client.index = client.index or connection.index(list)
    if all_known(client.index, works) then return list end
  end
  list = client:list_all()
  client.index = connection.index(list)
  return list
end

-- Fills in what the list says of each work. What is an id of something else needs no sending.
local function look_up(client, works)
  local list = list_for(client, works)
  for _, work in ipairs(works) do
    local listed = client.index[work.id]
    work.tenant = client.tenants and client.tenants[work.id]
    if listed and not work.connection then
      work.connection, work.updated = listed, listed.updatedDateUtc
    elseif not listed and not work.connection then
      work.unlisted, work.misnamed = true, deletion.misnamed(work, list)
    end
  end
end

local function are_connections(works)
  for _, work in ipairs(works) do
    if not work.connection then return false end
  end
  return true
end

-- The journal is to say which tenant it was, and a reconnection is known only by what was before:
-- so a bare id is looked up. The guard judges by Xero's list, whatever the script says.
local function identify(client, guard, works)
  local needed = guard:needs_list() or not client.native.options.dry_run
    and not are_connections(works)
  if needed then look_up(client, works) end
end

-- Doing it ---------------------------------------------------------------------------------------

local function new_outcome(work)
  local subject = work.connection or connection.adopt { { id = work.id } }[1]
  return { connection = subject, status = "skipped" }
end

-- What each will be told, and the list of that in the order of the targets.
local function give_outcomes(works, all)
  local list = {}
  for _, work in ipairs(works) do work.outcome = new_outcome(work) end
  for i, work in ipairs(all) do list[i] = work.outcome end
  return list
end

local function ask_reason(reason, work)
  local given = reason(work.outcome.connection)
  local kind = type(given)
  if kind ~= "string" and kind ~= "nil" then
    error(("option 'reason' gave a %s, not a string"):format(kind), 0)
  end
  return given
end

-- Before the first one goes, since a function of the script's may fail.
local function give_reasons(works, reason)
  if type(reason) == "function" then
    for _, work in ipairs(works) do work.reason = ask_reason(reason, work) end
  else
    for _, work in ipairs(works) do work.reason = reason end
  end
end

-- What a dry run is asked for, so it is said at any level of logging.
local function say_dry_run(guard, works)
  for _, work in ipairs(works) do
    local line = "dry run: would disconnect " .. deletion.name(work)
    if guard:withholds(work) then
      line = ("dry run: there is no connection %s"):format(deletion.name(work))
    elseif work.reason then line = line .. ": " .. work.reason end
    io.stderr:write(text.printable(line), "\n")
  end
end

local function admit(client, run, works)
  profile.check_known(client.settings)
  local guard, option = run.guard, client.native.options.max_disconnects
  identify(client, guard, works)
  local refusal = guard:admit(works, option, client.total)
  if refusal then errors.raise(refusal) end
end

-- What is told without a request: an id that is something else, and one that may not be sent. An
-- app's list has the connections of all users, a user's own may lack what is there.
local function tell_at_once(client, guard, work)
  if work.misnamed then return "failed", errors.new(work.misnamed) end
  if not guard:withholds(work) then return end
  if client.settings.mode == "app" then return "absent" end
  return "failed", errors.new(deletion.withheld(work))
end

local function tell(works, on_result)
  if not on_result then return end
  for _, work in ipairs(works) do on_result(work.outcome) end
end

local function sort_out(client, guard, works, note)
  local sound, told = {}, {}
  for _, work in ipairs(works) do
    local status, failure = tell_at_once(client, guard, work)
    if status then
      work.status, work.error = status, failure
      note(work)
      told[#told + 1] = work
    else
      sound[#sound + 1] = work
    end
  end
  return sound, told
end

local function run_all(client, run, works, options)
  local function note(work)
    local outcome = work.outcome
    outcome.status, outcome.error = work.status, work.error
    if work.status ~= "deleted" and work.status ~= "unknown" then run.guard:release(work.id) end
    if not options.alone then run:note(work.id, work.status) end
  end
  local on_result = options.on_result
  local sound, told = sort_out(client, run.guard, works, note)
  tell(told, on_result)
  if #sound == 0 then return end
  -- It needs a token: without one nothing is worth an intent.
  local identity = client:identity()
  run:open(identity, function() return client:list_all() end)
  bulk.run {
    works = sound,
    alone = options.alone,
    concurrency = math.tointeger(options.concurrency) or client.native.options.concurrency
      or CONCURRENCY,
    token = function() return client.session:token() end,
    window = client.exchange:window {
      url = client.settings.api_url, timeout = client.settings.timeout,
    },
    request = function(work) return client:sent_for(work) end,
    list = function() return client:list_all() end,
    exchange = client.exchange,
    native = client.native,
    log = client.log,
    journal = run.journal,
    progress = not options.alone and #sound > 1
      and require "xero.progress".new(client.native, #sound) or nil,
    note = note,
    on_result = on_result and function(work) on_result(work.outcome) end or nil,
  }
end

-- An error that ends it early carries the outcomes so far; what was never tried counts no more.
local function accountable(run, works, list)
  return setmetatable({}, { __close = function(_, err)
    if err == nil then return end
    for _, work in ipairs(works) do
      if not work.status then run.guard:release(work.id) end
    end
    if errors.is(err) then err.outcomes = list end
  end })
end

---@param options xero.DisconnectOptions
---@return xero.Outcome[] outcomes in the order of the targets
---@return table[] deletions, each once
local function perform(client, targets, options)
  declaring.check()
  local all, works = works_of(targets)
  local run = account.of(client.settings, client.native, client.log)
  if #works > 0 then admit(client, run, works) end
  local list = give_outcomes(works, all)
  give_reasons(works, options.reason)
  if client.native.options.dry_run then
    say_dry_run(run.guard, works)
    tell(works, options.on_result)
  elseif #works > 0 then
    local _ <close> = accountable(run, works, list)
    run_all(client, run, works, options)
  end
  return list, works
end

---Disconnects the targets: Connections, or ids of connections. Judges limits and protection first
---and raises what they refuse, with nothing done. What fails for one is said in its outcome.
---@param client xero.Client
---@param targets (xero.Connection|string)[]
---@param options xero.DeleteOptions
---@return xero.Outcome[] outcomes in the order of the targets
function disconnect.many(client, targets, options)
  local list = perform(client, targets, options)
  return list
end

---The same for one; raises what it failed with, and that it was not there.
---@param client xero.Client
---@param target xero.Connection|string
---@param reason? string
function disconnect.one(client, target, reason)
  local _, works = perform(client, { target }, { reason = reason, alone = true })
  local work = works[1]
  if work.status == "absent" then errors.raise(deletion.not_found(work)) end
  if work.error then error(work.error, 0) end
end

return disconnect
