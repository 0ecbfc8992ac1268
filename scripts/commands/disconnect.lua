-- xero-run disconnect: disconnects the tenants that are named, once all of them are found.

local xero = require "xero"
local filled = require "xero.filled"
local finder = require "xero.find"
local report = require "xero.outcomes"
local usage = require("xero.raise").usage

local function parse()
  local parser = xero.args("disconnect", "Disconnects tenants. It cannot be undone: only a new"
    .. " consent by the customer brings one back.")
  parser:argument("tenant", "the id of a connection or of a tenant, or a tenant's exact name;"
    .. ' "-" reads them from stdin, one on each line'):args "+"
  parser:option("--reason", "why, for people"):argname "TEXT":convert(filled())
  parser:host_options("profile", "config", "dry-run", "yes", "max-disconnects", "concurrency",
    "deadline", "timeout", "lock-timeout", "sandbox", "quiet", "verbose")
  return parser:parse()
end

-- Read whole before anything is made of it: what breaks off may be half a list.
local function read_stdin()
  local text, message = io.read "a"
  if not text then usage("cannot read stdin: " .. message) end
  return text
end

local function words_of(tenants)
  local words = {}
  for _, tenant in ipairs(tenants) do
    if tenant == "-" then
      for line in read_stdin():gmatch "[^\n]+" do
        local word = line:match "^%s*(.-)%s*$"
        if word ~= "" then table.insert(words, word) end
      end
    else
      table.insert(words, tenant)
    end
  end
  return words
end

local MOST_SAID = 10

-- Of a long list from a pipe, one word a run would take all day.
local function refuse(faults)
  if #faults == MOST_SAID then xero.log.error("the first %d words that are not clear:", #faults) end
  for i = 1, #faults - 1 do xero.log.error("%s", faults[i].message) end
  error(faults[#faults], 0)
end

-- Each connection once, however often it is named. Nothing is done before every word is clear.
local function resolve(connections, words)
  local chosen, seen, faults, find = {}, {}, {}, finder(connections)
  for _, word in ipairs(words) do
    local ok, found = pcall(find, word)
    if not ok then
      if not xero.error.is(found, "usage") then error(found, 0) end
      table.insert(faults, found)
      if #faults == MOST_SAID then break end
    elseif not seen[found] then
      seen[found] = true
      table.insert(chosen, found)
    end
  end
  if faults[1] then refuse(faults) end
  return chosen
end

local function confirmed(chosen)
  if xero.dry_run then return true end
  local names = {}
  for _, connection in ipairs(chosen) do table.insert(names, tostring(connection)) end
  return xero.confirm(#chosen == 1 and "Disconnect this tenant for good?"
    or ("Disconnect these %d tenants for good?"):format(#chosen), names)
end

local args = parse()
local words = words_of(args.tenant)
if #words == 0 then
  xero.log.info "stdin names no tenant: there is nothing to disconnect"
  return
end
local chosen = resolve(xero.get_connections(), words)
if not confirmed(chosen) then
  xero.error.raise { kind = "limit", message = "not confirmed: nothing was disconnected" }
end
report(xero.delete_connections(chosen, { reason = args.reason }))
