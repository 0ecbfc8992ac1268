-- Which connection a word means: the id of a connection first, then of a tenant, then a tenant's
-- exact name. The first kind that fits counts. What may mean several is a mistake, never a guess;
-- and so is a word without letters, which is what a shell makes of a variable that is not set, and
-- not the tenant that has no name.

local errors = require "xero.error"
local suggest = require "xero.suggest"

local KINDS = {
  { field = "id", fold = string.lower },
  { field = "tenantId", fold = string.lower },
  { field = "tenantName", fold = function(name) return name end },
}

-- For each kind the connections by their value of it, so that ten thousand words are looked up as
-- quickly as one.
local function index(connections)
  local by = {}
  for i, kind in ipairs(KINDS) do
    by[i] = {}
    for _, connection in ipairs(connections) do
      local key = connection[kind.field] and kind.fold(connection[kind.field])
      if key then
        by[i][key] = by[i][key] or {}
        table.insert(by[i][key], connection)
      end
    end
  end
  return by
end

local function look_up(by, word)
  for i, kind in ipairs(KINDS) do
    local found = by[i][kind.fold(word)]
    if found then return found end
  end
  return {}
end

local function blank()
  errors.raise {
    kind = "usage",
    message = "an empty word names no tenant",
    hint = "is it a variable that is not set? a tenant without a name has an id",
  }
end

local function unknown(connections, word)
  local names = {}
  for _, connection in ipairs(connections) do table.insert(names, connection.name) end
  local nearest = suggest(word, names)
  errors.raise {
    kind = "usage",
    message = ("there is no connection, tenant or name %q"):format(word),
    hint = nearest and ("did you mean %q?"):format(nearest) or "xero-run list shows what there is",
  }
end

local function ambiguous(found, word)
  local candidates = {}
  for _, connection in ipairs(found) do table.insert(candidates, tostring(connection)) end
  errors.raise {
    kind = "usage",
    message = ("%q may mean any of %d: %s"):format(word, #found, table.concat(candidates, ", ")),
    hint = "name the one you mean by its connection's id",
  }
end

---What finds the one connection that a word means. It raises kind "usage" where there is none, or
---more than one.
---@param connections xero.Connection[]
---@return fun(word: string): xero.Connection
local function finder(connections)
  local by = index(connections)
  return function(word)
    if not word:find "%S" then blank() end
    local found = look_up(by, word)
    if #found == 0 then unknown(connections, word) end
    if #found > 1 then ambiguous(found, word) end
    return found[1]
  end
end

return finder
