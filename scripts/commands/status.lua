-- xero-run status: the profile and mode of a run, whose login it is, and until when.

local native = require "xero.native"
local status = require "xero.status"
local xero = require "xero"

local WITHIN = 7 * 86400

local function parse()
  local parser = xero.args("status", "Says which profile and mode a run has, whose login it is and"
    .. " until when, and how many connections are left.")
  parser:flag("--check", "ask nobody, print nothing; end with 4 when a login will be needed soon")
  parser:option("--within", "what soon means for --check (default 7d)"):argname "DURATION"
    :convert(xero.time.duration)
  parser:host_options("profile", "config", "format", "timeout", "lock-timeout", "sandbox", "quiet",
    "verbose")
  return parser:parse()
end

local function print_json(facts)
  local shown = {}
  for name, value in pairs(facts) do
    shown[name] = name:find "_at$" and xero.time.format(math.floor(value)) or value
  end
  shown.scopes = shown.scopes and xero.json.array(shown.scopes)
  print(xero.json.encode(shown, { indent = 2 }))
end

local PRINT = {
  table = function(facts) status.show(facts, native.now()) end,
  json = print_json,
}

local function printer()
  local format = native.options.format or "table"
  return PRINT[format] or xero.error.raise {
    kind = "usage", message = "status has the formats table and json, not " .. format,
  }
end

local args = parse()
local show = printer()
local client = xero.client()
local settings = client.settings
if args.check then
  local facts = status.of(settings, native)
  status.require_login(facts, settings, native.now(), args.within or WITHIN)
  return
end

-- Asked first, since that may renew the login; what went wrong is said last, below what is known.
local logged_in = settings.mode ~= "user" or status.of(settings, native).logged_in
local ok, answer
if logged_in then ok, answer = pcall(client.get_connections, client) end
local facts = status.of(settings, native)
if ok then status.add_connections(facts, #answer) end
show(facts)
status.require_login(facts, settings, native.now(), 0)
if ok == false then error(answer, 0) end
