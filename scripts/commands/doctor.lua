-- xero-run doctor: what is wrong with configuration, state, network or clock. And how to mend it.

local Exchange = require "xero.exchange"
local doctor = require "xero.doctor"
local native = require "xero.native"
local profile = require "xero.profile"
local state = require "xero.state"
local text = require "xero.text"
local xero = require "xero"

local function parse()
  local parser = xero.args("doctor", "Looks at versions, configuration, credentials, state, network"
    .. " and clock: says what is wrong and how to mend it.")
  parser:flag("--create-schema", "make the tables of a state in PostgreSQL, or bring them up to"
    .. " date; nothing else")
  parser:host_options("profile", "config", "format", "timeout", "lock-timeout", "quiet",
    "verbose")
  return parser:parse()
end

local INDENT = 21

local PRINT = {
  table = function(findings)
    for _, it in ipairs(findings) do
      xero.table.print_line(("%-4s  %-13s  %s"):format(it.state, it.check,
        text.printable(it.finding)), INDENT)
      if it.mend then print((" "):rep(INDENT) .. text.printable(it.mend)) end
    end
  end,
  json = function(findings) print(xero.json.encode(xero.json.array(findings), { indent = 2 })) end,
}

local function create_schema()
  local environment = { getenv = os.getenv, native = native }
  local kept = state.of(environment, profile.choose(environment))
  if not kept.create_schema then
    xero.error.raise {
      kind = "usage",
      message = ("the state is the directory %s, which needs no schema"):format(kept.place),
      hint = "XERO_RUN_STATE or the profile's state names a database (docs/state.md)",
    }
  end
  local before, now = kept:create_schema()
  xero.log.info(before == now and "the schema has version %d already"
    or "the schema has version %d now", now)
end

local args = parse()
if args.create_schema then return create_schema() end
local format = native.options.format or "table"
local show = PRINT[format] or xero.error.raise {
  kind = "usage", message = "doctor has the formats table and json, not " .. format,
}
local exchange = Exchange.new(native, xero.log)
local findings, failed = doctor.examine {
  native = native,
  getenv = os.getenv,
  send = function(request) return exchange:send(request) end,
  list = function() return xero.get_connections() end,
}
show(findings)
if failed then os.exit(1) end
