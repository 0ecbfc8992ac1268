-- The tenants of the sandbox: every shape of a connection that is known of Xero, and made-up ones,
-- as many as wanted. Pure; ids are the same at every start, so that documents and tests can name
-- them, and dates are counted back from now.
--
-- Connection 7 has the id c0000000-0000-4000-8000-000000000007 and belongs to the tenant
-- 7e000000-0000-4000-8000-000000000007, unless its row says otherwise. The consents are
-- ae000000-0000-4000-8000-000000000001 to …3; the third is the latest.

local time = require "xero.time"
local null = require("xero.json").null

local M = {}

local DAY = 86400

---@alias xero.sandbox.Id "connection"|"tenant"|"event"
local PREFIXES = { connection = "c0000000", tenant = "7e000000", event = "ae000000" }

---@param kind xero.sandbox.Id
---@param number integer
---@return string uuid
function M.id(kind, number)
  return ("%s-0000-4000-8000-%012d"):format(PREFIXES[kind], number)
end

-- How many consents there have been.
M.events = 3

-- age: days since it was connected; again: days since it was connected again; event: the number of
-- its consent; tenant: the number of its tenant, where that is not its own.
local DEMO = {
  { name = "Demo Company (NZ)", age = 400, event = 1 },
  { name = "Demo Company (AU)", age = 121, event = 1 },
  { name = "Demo Company (UK)", age = 45, event = 2 },
  { name = "Demo Company (US)", age = 31, event = 2 },
  { name = "Demo Company (NZ)", age = 12, event = 3 },
  { name = "Demo Company (AU)", age = 2, event = 3 },
  { name = "Demo Company (UK)", age = 200, again = 3, event = 3 },
  { name = "Hargrave & Daughters Ltd", age = 730, event = 1 },
  { name = "Kōwhai Café", age = 365, event = 1 },
  { name = null, age = 300, event = 1 },
  { name = nil, age = 299, event = 1 },
  { name = "", age = 298, event = 1 },
  { name = "Northwind Accountants", type = "PRACTICE", age = 250, event = 1 },
  { name = "Northwind Practice Manager", type = "PRACTICEMANAGER", age = 250, event = 1 },
  { name = "Weka Workflow", type = "WORKFLOWMAX", age = 249, event = 1 },
  { name = "Connected Long Ago Pty Ltd", age = 1500 },
  { name = "Southern Cross Trading", age = 180, event = 2 },
  { name = "Southern Cross Trading", age = 90, event = 2 },
  { name = "Kiwi Krafts Ltd", age = 150, event = 2 },
  { name = "Kiwi Krafts Ltd", age = 20, event = 3, tenant = 19 },
  { name = "Left and Came Back Ltd", age = 600, again = 10, event = 3 },
  { name = "Bäckerei 🥐 & Söhne", age = 80, event = 2 },
  { name = "Family Shop 👨‍👩‍👧‍👦", age = 79, event = 2 },
  { name = "株式会社さくら商事", age = 78, event = 2 },
  { name = "한빛 무역", age = 77, event = 2 },
  { name = "Cafe\u{301} Noe\u{308}l", age = 76, event = 2 },
  { name = "שלום בע״מ", age = 75, event = 2 },
  { name = "\27[31mRed Ink Ltd\27[0m\7", age = 60, event = 3 },
  { name = "Eight Bit \u{9b}31mControls\u{9c}", age = 59, event = 3 },
  { name = "Turned \u{202e}dtL dnuorA\u{202c}", age = 58, event = 3 },
  { name = "Line\nBreak\tHoldings", age = 57, event = 3 },
  { name = '=1+1,"Quoted", Inc.', age = 56, event = 3 },
  { name = "  Padded Partners  ", age = 55, event = 3 },
  { name = ("Long Established "):rep(12) .. "Company", age = 54, event = 3 },
}

-- Xero's form: UTC without a zone, seven digits of a fraction. The digits are made of `number`, so
-- that they look like some.
local function date(epoch, number)
  return ("%s.%07d"):format(time.format(epoch):sub(1, -2), number * 7654321 % 10000000)
end

local function connection(row, number, now)
  local created = now - row.age * DAY - number * 61
  local updated = row.again and now - row.again * DAY - number * 61 or created
  return {
    id = M.id("connection", number),
    authEventId = row.event and M.id("event", row.event),
    tenantId = M.id("tenant", row.tenant or number),
    tenantType = row.type or "ORGANISATION",
    tenantName = row.name,
    createdDateUtc = date(created, number),
    updatedDateUtc = date(updated, number + (row.again and 1 or 0)),
  }
end

---The demo tenants.
---@param now number seconds since the epoch
---@return table[] connections with Xero's fields; `json.null` is a null, a missing key is missing
function M.demo(now)
  local list = {}
  for number, row in ipairs(DEMO) do
    list[number] = connection(row, number, now)
  end
  return list
end

---So many made-up organisations, connected over the last three years.
---@param count integer
---@param now number seconds since the epoch
---@return table[] connections
function M.made_up(count, now)
  local list = {}
  for number = 1, count do
    list[number] = connection({
      name = ("Organisation %05d"):format(number),
      age = (number * 37) % 1095,
      event = (number - 1) % M.events + 1,
    }, number, now)
  end
  return list
end

-- The tenants that a person has, in the order in which they are connected.
local PERSONAL = { "Maple Street Bakery", "Harbour Lights Ltd", "Pōhutukawa Press", "Tui & Co" }

---The names of the first tenants of a person.
---@param count integer
---@return string[]
function M.personal(count)
  local names = {}
  for i = 1, count do names[i] = PERSONAL[i] or ("Personal Company %d"):format(i) end
  return names
end

---A tenant that is connected now.
---@param name string
---@param number integer of its connection
---@param event integer the number of its consent
---@param now number seconds since the epoch
---@return table connection
function M.new(name, number, event, now)
  return connection({ name = name, age = 0, event = event }, number, now + number * 61)
end

---The tenant connects again, now: the connection keeps its id.
---@param existing table
---@param now number seconds since the epoch
function M.reconnect(existing, now)
  existing.updatedDateUtc = date(now, 1)
end

return M
