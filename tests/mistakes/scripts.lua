-- Scripts that are wrong. A bug of a script shows where it is, by a traceback; what a script was
-- told and did not catch shows as a line.

local function script(text)
  return { ["x.lua"] = 'local xero = require "xero"\n' .. text .. "\n" }
end

return {
  { "a script has a syntax error",
    words = { "x.lua" }, files = script "if x = 1 then end", status = 1,
    says = [[
xero-run: x.lua:2: 'then' expected near '='
]] },
  { "a function is mistyped",
    words = { "x.lua" }, files = script "xero.get_conections()", status = 1,
    says = [[
xero-run: x.lua:2: attempt to call a nil value (field 'get_conections')
stack traceback:
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "a field is not there",
    words = { "x.lua" }, at = "app", files = script "local n = #xero.get_connections()[1].nmae",
    status = 1,
    says = [[
xero-run: x.lua:2: attempt to get length of a nil value (field 'nmae')
stack traceback:
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "a script gives up with a text",
    words = { "x.lua" }, files = script 'error "the CRM has no customers"', status = 1,
    says = [[
xero-run: x.lua:2: the CRM has no customers
stack traceback:
	[C]: in function 'error'
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "nothing is disconnected",
    words = { "x.lua" }, files = script "xero.delete_connection(nil)", status = 1,
    says = [[
xero-run: x.lua:2: bad argument #1 to 'delete_connection' (connection or id expected, got no value)
stack traceback:
	[C]: in function 'error'
	…
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "a name is given for an id",
    words = { "x.lua" }, at = "app", files = script 'xero.delete_connection("Acme Ltd")',
    status = 2,
    says = [[
xero-run: "Acme Ltd" is not the id of a connection
hint: ids look like 7cb59f93-2964-421d-bb5e-a0f7a4572a44; xero-run list shows them
]] },
  { "an option of a function is mistyped",
    words = { "x.lua" }, files = script "xero.get_connections{ authEventId = 'latest' }",
    status = 1,
    says = [[
xero-run: x.lua:2: unknown option 'authEventId' to 'get_connections' (it takes 'auth_event_id')
stack traceback:
	[C]: in function 'error'
	…
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "a module is not there",
    words = { "x.lua" }, files = script "require 'inspct'", status = 1,
    says = [[
xero-run: x.lua:2: module 'inspct' not found:
	no field package.preload['inspct']
	…
stack traceback:
	[C]: in function 'require'
	x.lua:2: in main chunk
	[C]: in ?
]] },
  { "the id of a tenant is given for that of a connection",
    words = { "x.lua" }, at = "app", status = 1,
    files = script "xero.delete_connection('7e000000-0000-4000-8000-000000000001')",
    says = [[
xero-run: 7e000000-0000-4000-8000-000000000001 is not the id of a connection: that is the tenant id of Demo Company (NZ) (connection c0000000-0000-4000-8000-000000000001)
hint: it takes the connection's own id; xero-run disconnect finds it for you
]] },
  { "the id of a consent is given for that of a connection",
    words = { "x.lua" }, at = "app", status = 1,
    files = script "xero.delete_connection('ae000000-0000-4000-8000-000000000001')",
    says = [[
xero-run: ae000000-0000-4000-8000-000000000001 is not the id of a connection: that is the auth event id of 10 connections
hint: it takes the connection's own id; xero-run disconnect finds it for you
]] },
  { "a connection is disconnected twice",
    words = { "x.lua" }, at = {}, status = 1,
    files = script [[for _ = 1, 2 do
      xero.delete_connection("c0000000-0000-4000-8000-000000000001") end]],
    says = [[
xero-run: there is no connection c0000000-0000-4000-8000-000000000001
hint: it may be disconnected already; xero-run list shows what there is
]] },
  { "a profile of a script is not there",
    words = { "x.lua" }, files = script "xero.client { profile = 'acmee' }:get_connections()",
    config = "return { profiles = { acme = {} } }", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua has no profile "acmee"
hint: did you mean "acme"?
]] },
  { "an option of a client is mistyped",
    words = { "x.lua" }, files = script "xero.client { profle = 'acme' }", status = 2,
    says = [[
xero-run: unknown client option "profle"
hint: did you mean "profile"?
]] },
  { "a mode of a script is mistyped",
    words = { "x.lua" }, files = script "xero.client { auth = 'apps' }", status = 2,
    says = [[
xero-run: client option "auth" is "apps"
hint: it may be "app", "user", "custom" or "token"
]] },
  { "standard output is full",
    sh = "XERO_RUN -e 'print(1)' >/dev/full", status = 1,
    says = [[
xero-run: cannot write to standard output: No space left on device
]] },
}
