-- xero-run list: the tenants that the app, or the user of the token, is connected to.

local FIELDS = require("xero.connection").FIELDS
local xero = require "xero"
local filled = require "xero.filled"
local tenant_type = require "xero.tenant_type"
local uuid = require "xero.uuid"

local SORT_KEYS = {
  name = function(connection) return connection.name:lower() end,
  type = function(connection) return connection.tenantType or "" end,
  created = function(connection) return connection.created_at or math.huge end,
  updated = function(connection) return connection.updated_at or math.huge end,
}

local function tenant_id_of(text)
  if uuid.is(text) then return uuid.normal(text) end
  return nil, ("--tenant-id takes the id of a tenant, a UUID, not '%s'"):format(text)
end

local function type_of(text)
  local meant = tenant_type.meant(text)
  if meant then return nil, ("'%s' is no type; did you mean %s?"):format(text, meant) end
  return filled()(text)
end

local function parse()
  local parser = xero.args("list", "Lists the tenants that the app is connected to.")
  parser:option("--name", "only tenants of that name; * and ? stand for any letters"):argname "GLOB"
  parser:option("--type", "only tenants of that type, such as ORGANISATION or PRACTICE")
    :argname "TYPE":convert(type_of)
  parser:option("--tenant-id", "only the connections of that tenant"):argname "ID"
    :convert(tenant_id_of)
  parser:option("--auth-event-id", 'only those of one consent; "latest": the current token\'s')
    :argname "ID"
  parser:option("--older-than", "only tenants first connected longer ago, such as 90d")
    :argname "DURATION":convert(xero.time.duration)
  parser:option("--sort", "name, type, created or updated; without it, Xero's own order")
    :argname "KEY":choices { "name", "type", "created", "updated" }
  parser:flag("--anonymise", "with numbers in place of ids and names, for the tests of scripts")
  parser:host_options("profile", "config", "format", "timeout", "lock-timeout", "sandbox", "quiet",
    "verbose")
  return parser:parse()
end

-- The conditions that were asked for, each a function of a connection.
local function conditions(args)
  local all = {}
  if args.name then
    local matches = xero.glob.compile(args.name)
    table.insert(all, function(connection) return matches(connection.name) end)
  end
  if args.type then
    local type = args.type:upper()
    table.insert(all, function(connection) return (connection.tenantType or ""):upper() == type end)
  end
  if args.tenant_id then
    table.insert(all, function(connection)
      return (connection.tenantId or ""):lower() == args.tenant_id
    end)
  end
  if args.older_than then
    local limit = os.time() - args.older_than
    table.insert(all, function(connection)
      return connection.created_at ~= nil and connection.created_at < limit
    end)
  end
  return all
end

local function selected(connections, all)
  if #all == 0 then return connections end
  local chosen = {}
  for _, connection in ipairs(connections) do
    local wanted = true
    for _, holds in ipairs(all) do wanted = wanted and holds(connection) end
    if wanted then table.insert(chosen, connection) end
  end
  return chosen
end

-- Equal ones keep Xero's order, which table.sort alone would not promise.
local function sort(connections, key_of)
  local place, key = {}, {}
  for i, connection in ipairs(connections) do
    place[connection], key[connection] = i, key_of(connection)
  end
  table.sort(connections, function(a, b)
    if key[a] ~= key[b] then return key[a] < key[b] end
    return place[a] < place[b]
  end)
end

local args = parse()
local connections = xero.get_connections { auth_event_id = args.auth_event_id }
local chosen = selected(connections, conditions(args))
if args.sort then sort(chosen, SORT_KEYS[args.sort]) end
if #chosen == 0 then
  xero.log.info(#connections == 0 and "there are no connections"
    or "none of the %d connections is meant", #connections)
end
if args.anonymise then chosen = require "xero.anonymous".connections(chosen) end
-- No connection, no fields: then the titles of a CSV have to be said.
xero.table.write(chosen, { fields = #chosen == 0 and FIELDS or nil })
