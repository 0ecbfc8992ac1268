-- Scripted faults of the sandbox: `--fault SPEC` says which requests go wrong, and how. Pure.
--
--   OP#WHICH:ACTION[,ACTION...]       delete#2-3:status=503,retry-after=1
--
-- OP is token, list, delete, authorize, revoke or any; requests are counted for each of them, from
-- 1. WHICH is K, K-M, K-* (from K on) or *. A comma with a space after it belongs to the value
-- before it, as in a date.
--
-- The actions are explained in the table below, which `xero-run sandbox --help` prints.
--
-- A status in parentheses is taken where no other is given. Where the answer is replaced, the work
-- is not done without `done`. Several faults for one request are joined; of two that contradict
-- each other the later one holds.

local xero_error = require "xero.error"
local suggest = require "xero.suggest"
local text = require "xero.text"

local M = {}

local OPS = { "token", "list", "delete", "authorize", "revoke", "any" }

local function integer(low, high, what)
  return function(value)
    local number = value:find "^%d+$" and math.tointeger(tonumber(value))
    if number and number >= low and number <= high then return number end
    return nil, ("%s from %d to %d"):format(what, low, high)
  end
end

local function words(...)
  local list = { ... }
  return function(value)
    for _, word in ipairs(list) do
      if value == word then return word end
    end
    return nil, table.concat(list, ", ")
  end
end

local function header_value(value)
  if value ~= "" and not value:find "%c" then return value end
  return nil, "text without control characters"
end

-- In the order in which they are explained. `takes` reads the value of those that have one; of one
-- group a request can have one.
local ACTIONS = {
  { name = "status", takes = integer(200, 599, "a status"), value = "N",
    means = "answer with this status, and the body that Xero has for it" },
  { name = "retry-after", takes = header_value, value = "V",
    means = "with this header, seconds or a date (and status 429)" },
  { name = "problem", takes = words("minute", "day", "appminute"), value = "P",
    means = "with X-Rate-Limit-Problem: minute, day, appminute (429)" },
  { name = "redirect", takes = header_value, value = "URL",
    means = "with this Location (and status 302)" },
  { name = "garbage", group = "body", means = "with a body that is not JSON (and status 200)" },
  { name = "html", group = "body", means = "with a page of HTML (200)" },
  { name = "empty", group = "body", means = "with an empty body (200)" },
  { name = "truncate", takes = integer(0, 1 << 30, "a count of bytes"), value = "N",
    means = "declare the whole body, send N bytes of it, close" },
  { name = "reset", group = "silent", means = "abort the connection" },
  { name = "hang", group = "silent", means = "never answer" },
  { name = "latency", takes = integer(0, 3600000, "milliseconds"), value = "MS",
    means = "answer so much later" },
  { name = "date", takes = header_value, value = "V",
    means = "answer with this Date, as a server whose clock says so" },
  { name = "done", means = "the work is done although the answer says otherwise" },
  { name = "reconnect", means = "as done, and the tenant is connected again at once" },
}

local NAMES, BY_NAME = {}, {}
for i, action in ipairs(ACTIONS) do
  NAMES[i] = action.name
  BY_NAME[action.name] = action
end

-- What gives no answer can have none of what shapes an answer.
local SHAPES = {
  "status", "retry-after", "problem", "redirect", "garbage", "html", "empty", "truncate", "date",
}

local function fail(spec, at, message, hint)
  xero_error.raise {
    kind = "usage",
    message = ("--fault '%s': %s, at character %d"):format(text.printable(spec), message, at),
    hint = hint or "OP#WHICH:ACTION,... such as delete#2:status=503,retry-after=1",
  }
end

local function near(word, candidates)
  local found = suggest(word, candidates)
  return found and ("did you mean '%s'?"):format(found)
    or "one of: " .. table.concat(candidates, ", ")
end

local function read_op(spec, op)
  for _, known in ipairs(OPS) do
    if op == known then return op end
  end
  fail(spec, 1, ("unknown operation '%s'"):format(text.printable(op)), near(op, OPS))
end

-- First and last request that are meant.
local function read_which(spec, which, at)
  if which == "*" then return 1, math.huge end
  local first, last = which:match "^(%d+)%-([%d*]+)$"
  first = math.tointeger(tonumber(first or which:match "^%d+$"))
  last = last == "*" and math.huge or math.tointeger(tonumber(last or first))
  if not first or not last then
    fail(spec, at, "no count of requests", "write K, K-M, K-* or *; the first request is 1")
  elseif first < 1 or last < first then
    fail(spec, at, "no request can be meant", "the first request is 1, and the end not before it")
  end
  return first, last
end

local function read_action(spec, word, at, into)
  local name, value = word:match "^([^=]*)=(.*)$"
  name = name or word
  local action = BY_NAME[name]
  if not action then
    fail(spec, at, ("unknown action '%s'"):format(text.printable(name)), near(name, NAMES))
  elseif not action.takes and value then
    fail(spec, at, ("'%s' takes no value"):format(name))
  elseif into[name] ~= nil then
    fail(spec, at, ("'%s' is said twice"):format(name))
  elseif not action.takes then
    into[name] = true
    return
  end
  local read, wanted = action.takes(value or "")
  if read == nil then
    fail(spec, at, ("'%s' needs another value"):format(name), ("%s: %s"):format(name, wanted))
  end
  into[name] = read
end

-- Positions of the words between commas that have no space after them.
local function each_action(spec, start)
  local at = start
  return function()
    if at > #spec + 1 then return nil end
    local from, comma = at, at
    repeat
      comma = spec:find(",", comma, true)
      local inner = comma and spec:sub(comma + 1, comma + 1) == " "
      if inner then comma = comma + 1 end
    until not inner
    at = (comma or #spec + 1) + 1
    return from, spec:sub(from, at - 2)
  end
end

local function check_together(spec, actions, at)
  local seen = {}
  for _, action in ipairs(ACTIONS) do
    if actions[action.name] and action.group then
      if seen[action.group] then
        fail(spec, at, ("'%s' and '%s' exclude each other"):format(seen[action.group], action.name))
      end
      seen[action.group] = action.name
    end
  end
  if seen.silent then
    for _, name in ipairs(SHAPES) do
      if actions[name] ~= nil then
        fail(spec, at, ("'%s' leaves no answer for '%s'"):format(seen.silent, name))
      end
    end
  end
end

---@class xero.sandbox.Fault
---@field op "token"|"list"|"delete"|"any"
---@field first integer the first request that is meant
---@field last number the last one, or infinity
---@field actions table<string, any> by the names above

---Reads one SPEC. Raises a usage error that says where the mistake is.
---@param spec string
---@return xero.sandbox.Fault
function M.parse(spec)
  local op, which, start = spec:match "^([^#:]*)#([^:]*):()"
  if not op then
    fail(spec, #spec:match "^[^#:]*" + 1, "no OP#WHICH: at the start")
  end
  local fault = { op = read_op(spec, op), actions = {} }
  fault.first, fault.last = read_which(spec, which, #op + 2)
  for at, word in each_action(spec, start) do
    read_action(spec, word, at, fault.actions)
  end
  check_together(spec, fault.actions, start)
  return fault
end

-- A later fault of a group takes the place of an earlier one.
local function join(into, actions)
  for name, value in pairs(actions) do
    local group = BY_NAME[name].group
    for _, other in ipairs(group and ACTIONS or {}) do
      if other.group == group then into[other.name] = nil end
    end
    into[name] = value
  end
end

---What is to go wrong with a request: the actions of all faults that mean it, joined.
---@param faults xero.sandbox.Fault[]
---@param op string the operation of the request
---@param number integer its number among those of its operation
---@param total integer its number among all
---@return table<string, any> actions empty where nothing is to go wrong
function M.actions(faults, op, number, total)
  local actions = {}
  for _, fault in ipairs(faults) do
    local count = fault.op == "any" and total or fault.op == op and number
    if count and count >= fault.first and count <= fault.last then
      join(actions, fault.actions)
    end
  end
  return actions
end

---@return string lines for people: the form of a SPEC, and what there is
function M.help()
  local lines = {
    "A fault SPEC is OP#WHICH:ACTION,... where OP is " .. table.concat(OPS, ", ") .. ";",
    "WHICH is K, K-M, K-* or *, counted from 1. The actions:",
  }
  for _, action in ipairs(ACTIONS) do
    local form = action.value and action.name .. "=" .. action.value or action.name
    lines[#lines + 1] = ("   %-16s %s"):format(form, action.means)
  end
  return table.concat(lines, "\n")
end

return M
