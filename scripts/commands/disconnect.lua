-- xero-run disconnect: disconnects the tenants that are named, once all of them are found.

local xero = require "xero"

-- After these the next tenant would fare no better.
local STOPS = { auth = true, interrupted = true, rate_limit = true }

local function parse()
  local parser = xero.args("disconnect", "Disconnects tenants. It cannot be undone: only a new"
    .. " consent by the customer brings one back.")
  parser:argument("tenant", "the id of a connection or of a tenant, or a tenant's exact name;"
    .. ' "-" reads them from stdin, one on each line'):args "+"
  parser:option("--reason", "why, for people"):argname "TEXT"
  parser:host_options("profile", "config", "dry-run", "yes", "timeout", "lock-timeout", "sandbox",
    "quiet", "verbose")
  return parser:parse()
end

local function words_of(tenants)
  local words = {}
  for _, tenant in ipairs(tenants) do
    if tenant == "-" then
      for line in io.lines() do
        local word = line:match "^%s*(.-)%s*$"
        if word ~= "" then table.insert(words, word) end
      end
    else
      table.insert(words, tenant)
    end
  end
  return words
end

local function same_id(a, b) return a:lower() == b:lower() end
local function same_name(a, b) return a == b end

local function matching(connections, field, value, same)
  local found = {}
  for _, connection in ipairs(connections) do
    if same(connection[field] or "", value) then table.insert(found, connection) end
  end
  return found
end

-- An id of a connection first, then of a tenant, then a name: the first kind that fits counts.
local function find(connections, word)
  local found = matching(connections, "id", word, same_id)
  if #found == 0 then found = matching(connections, "tenantId", word, same_id) end
  if #found == 0 then found = matching(connections, "tenantName", word, same_name) end
  return found
end

local function unknown(connections, word)
  local names = {}
  for _, connection in ipairs(connections) do table.insert(names, connection.name) end
  local nearest = xero.suggest(word, names)
  xero.error.raise {
    kind = "usage",
    message = ("there is no connection, tenant or name %q"):format(word),
    hint = nearest and ("did you mean %q?"):format(nearest) or "xero-run list shows what there is",
  }
end

local function ambiguous(found, word)
  local candidates = {}
  for _, connection in ipairs(found) do table.insert(candidates, tostring(connection)) end
  xero.error.raise {
    kind = "usage",
    message = ("%q may mean any of %d: %s"):format(word, #found, table.concat(candidates, ", ")),
    hint = "name the one you mean by its connection's id",
  }
end

-- Each connection once, however often it is named. Nothing is done before every word is clear.
local function resolve(connections, words)
  local chosen, seen = {}, {}
  for _, word in ipairs(words) do
    local found = find(connections, word)
    if #found == 0 then unknown(connections, word) end
    if #found > 1 then ambiguous(found, word) end
    if not seen[found[1]] then
      seen[found[1]] = true
      table.insert(chosen, found[1])
    end
  end
  return chosen
end

local function confirmed(chosen)
  if xero.dry_run then return true end
  local names = {}
  for _, connection in ipairs(chosen) do table.insert(names, tostring(connection)) end
  return xero.confirm(#chosen == 1 and "Disconnect this tenant for good?"
    or ("Disconnect these %d tenants for good?"):format(#chosen), names)
end

-- One that fails does not keep the others. Gives how many are gone, and what ended it early, if
-- anything did.
local function disconnect(chosen, reason)
  local done = 0
  for _, connection in ipairs(chosen) do
    local ok, err = pcall(xero.delete_connection, connection, { reason = reason })
    if ok then
      done = done + 1
      if not xero.dry_run then xero.log.info("disconnected %s", connection) end
    elseif not xero.error.is(err) or STOPS[err.kind] or #chosen == 1 then
      return done, err
    else
      xero.log.error("%s: %s", connection, err)
    end
  end
  return done
end

local args = parse()
local words = words_of(args.tenant)
local chosen = resolve(xero.get_connections(), words)
if not confirmed(chosen) then
  xero.error.raise { kind = "limit", message = "not confirmed: nothing was disconnected" }
end
local done, err = disconnect(chosen, args.reason)
if err and (done == 0 or err.kind == "interrupted") then
  error(err, 0)
elseif done < #chosen then
  if err then xero.log.error("%s", err) end
  xero.log.error("%d of %d disconnected", done, #chosen)
  os.exit(3)
end
