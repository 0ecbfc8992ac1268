-- xero-run disconnect: disconnects the tenants that are named, once all of them are found.

local xero = require "xero"

local function parse()
  local parser = xero.args("disconnect", "Disconnects tenants. It cannot be undone: only a new"
    .. " consent by the customer brings one back.")
  parser:argument("tenant", "the id of a connection or of a tenant, or a tenant's exact name;"
    .. ' "-" reads them from stdin, one on each line'):args "+"
  parser:option("--reason", "why, for people"):argname "TEXT"
  parser:host_options("profile", "config", "dry-run", "yes", "max-disconnects", "concurrency",
    "deadline", "timeout", "lock-timeout", "sandbox", "quiet", "verbose")
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

-- What a word may mean: an id of a connection first, then of a tenant, then a name. The first kind
-- that fits counts.
local KINDS = {
  { field = "id", fold = string.lower },
  { field = "tenantId", fold = string.lower },
  { field = "tenantName" },
}

local function same(value) return value end

-- For each kind the connections by their value of it, so that ten thousand words are looked up as
-- quickly as one.
local function index(connections)
  local by = {}
  for i, kind in ipairs(KINDS) do
    by[i] = {}
    for _, connection in ipairs(connections) do
      local key = connection[kind.field] and (kind.fold or same)(connection[kind.field])
      if key then
        by[i][key] = by[i][key] or {}
        table.insert(by[i][key], connection)
      end
    end
  end
  return by
end

local function find(by, word)
  for i, kind in ipairs(KINDS) do
    local found = by[i][(kind.fold or same)(word)]
    if found then return found end
  end
  return {}
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
  local chosen, seen, by = {}, {}, index(connections)
  for _, word in ipairs(words) do
    local found = find(by, word)
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

-- One that fails does not keep the others. Where none went, the first failure is that of the
-- command.
local function report(outcomes)
  local done, failed = 0, {}
  for _, outcome in ipairs(outcomes) do
    if outcome.status == "absent" then
      xero.log.warn("%s was not connected any more", outcome.connection)
    end
    if outcome.status == "failed" or outcome.status == "unknown" then
      table.insert(failed, outcome)
    elseif outcome.status ~= "skipped" then
      done = done + 1
    end
  end
  if failed[1] and done == 0 then error(failed[1].error, 0) end
  for _, outcome in ipairs(failed) do
    xero.log.error("%s: %s", outcome.connection, outcome.error)
  end
end

local args = parse()
local words = words_of(args.tenant)
local chosen = resolve(xero.get_connections(), words)
if not confirmed(chosen) then
  xero.error.raise { kind = "limit", message = "not confirmed: nothing was disconnected" }
end
report(xero.delete_connections(chosen, { reason = args.reason }))
