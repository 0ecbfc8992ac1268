-- The public face: what `require "xero"` gives to scripts.
--
-- Everything is loaded at first use, so that a script pays for what it uses and no more. The
-- module's own get_connections, delete_connection and delete_connections are those of one default
-- client, made of the environment when it is first needed.

local native = require "xero.native"

---@class xero
---@field time xero.time dates and durations
---@field json xero.json JSON that round-trips
---@field log xero.Log levels on stderr
---@field table xero.table rows as a table, JSON or CSV
---@field args fun(name?: string, description?: string): xero.Args a parser of the command line
---@field confirm fun(question: string, details?: string[], phrase?: string): boolean asks a person
---@field error xero.error error objects, for scripts that raise their own
---@field glob xero.glob names with * and ?
---@field http xero.Http requests of the script's own: a CRM, a chat message
---@field source xero.Sources lists from elsewhere that policies rely on
---@field suggest fun(word: string, candidates: string[]): string? what a slip was meant to be
---@field policy xero.policy policies: who may stay, as data that a script returns
---@field testing xero.Testing unit tests of policies, without a network
---@field dry_run boolean whether nothing may be disconnected in this run
---@field version string
local xero = { version = native.version }

local SUBMODULES = {
  time = "xero.time",
  json = "xero.json",
  log = "xero.log",
  table = "xero.output",
  args = "xero.args",
  confirm = "xero.confirm",
  error = "xero.error",
  glob = "xero.glob",
  suggest = "xero.suggest",
  http = "xero.http",
  source = "xero.source",
  policy = "xero.policy",
  testing = "xero.testing",
}

local shared

local function new_client(options)
  return require "xero.client".new(options, {
    getenv = os.getenv,
    native = native,
    log = xero.log,
  })
end

local function default_client()
  shared = shared or new_client()
  return shared
end

---A client of its own, for scripts that serve several apps.
---Raises an error object of kind "usage" where an option or a credential is wrong or missing.
---@param options? xero.ClientOptions
---@return xero.Client
function xero.client(options)
  if options ~= nil and type(options) ~= "table" then
    error("bad argument #1 to 'client' (table expected, got " .. type(options) .. ")", 2)
  end
  return new_client(options)
end

---The tenants that the app, or the user of the token, is connected to, in Xero's order.
---Raises an error object where Xero gives no list.
---@param options? { auth_event_id?: string } a consent's id, or "latest": the current token's
---@return xero.Connection[]
function xero.get_connections(options)
  require "xero.client".check_get(options, 2)
  return default_client():get_connections(options)
end

---Disconnects a tenant from the app. It cannot be undone: only a new consent brings it back.
---Raises an error object where it failed or where nobody can tell.
---@param connection xero.Connection|string a connection, or the id of one
---@param options? { reason?: string } why, for people
function xero.delete_connection(connection, options)
  require "xero.client".check_delete(connection, options, 2)
  default_client():delete_connection(connection, options)
end

---Disconnects many tenants at once, several at a time. Limits and protection are judged before the
---first one, and raised; what fails for one is said in its outcome.
---@param targets (xero.Connection|string)[] connections, or ids of them
---@param options? xero.DeleteOptions
---@return xero.Outcome[] outcomes in the order of the targets
function xero.delete_connections(targets, options)
  require "xero.client".check_delete_many(targets, options, 2)
  return default_client():delete_connections(targets, options)
end

---About the current token; never the token.
---@return xero.TokenFacts
function xero.token()
  return default_client():token()
end

return setmetatable(xero, {
  __index = function(self, name)
    -- A command's own arguments may still ask for a dry run, so it is looked up each time.
    if name == "dry_run" then return native.options.dry_run end
    if not SUBMODULES[name] then return nil end
    local module = require(SUBMODULES[name])
    rawset(self, name, module)
    return module
  end,
})
