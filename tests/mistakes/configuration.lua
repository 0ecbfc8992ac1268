-- Mistakes in the configuration and the environment.

local function profile(text)
  return "return {\n  profiles = {\n    acme = {\n      " .. text .. "\n    },\n  },\n}\n"
end

local APP = { XERO_CLIENT_ID = "5A9DB0C0000000000000000000000001", XERO_CLIENT_SECRET = "x" }
local ID = 'client_id = "5A9DB0C0000000000000000000000001", '

return {
  { "there are no credentials at all",
    words = { "list" }, status = 2,
    says = [[
xero-run: no credentials for Xero
hint: set XERO_CLIENT_ID and XERO_CLIENT_SECRET (or XERO_CLIENT_SECRET_FILE) of your app, or XERO_ACCESS_TOKEN, or write a profile; --sandbox needs none of them
]] },
  { "the secret is forgotten",
    words = { "list" }, env = { XERO_CLIENT_ID = APP.XERO_CLIENT_ID }, status = 4,
    says = [[
xero-run: no login is stored for this profile
hint: log in: xero-run login; to act as the app itself, give its secret, such as in XERO_CLIENT_SECRET
]] },
  { "the id is forgotten",
    words = { "list" }, env = { XERO_CLIENT_SECRET = "x" }, status = 2,
    says = [[
xero-run: no credentials for Xero: XERO_CLIENT_ID is not set
hint: set XERO_CLIENT_ID and XERO_CLIENT_SECRET (or XERO_CLIENT_SECRET_FILE) of your app, or XERO_ACCESS_TOKEN, or write a profile; --sandbox needs none of them
]] },
  { "the id is pasted with its quotes",
    words = { "list" }, at = "app", env = { XERO_CLIENT_ID = '"5A9DB0C0000000000000000000000001"' },
    status = 2,
    says = [[
xero-run: XERO_CLIENT_ID holds a space, a quote or a line break, which no client id has
hint: it is on the app's page at https://developer.xero.com/app/manage
]] },
  { "the id is pasted with a line break",
    words = { "list" }, at = "app", env = { XERO_CLIENT_ID = "5A9DB0C000000000000000000\n" },
    status = 2,
    says = [[
xero-run: XERO_CLIENT_ID holds a space, a quote or a line break, which no client id has
hint: it is on the app's page at https://developer.xero.com/app/manage
]] },
  { "the secret's file is not there",
    words = { "list" }, status = 2,
    env = { XERO_CLIENT_ID = "x", XERO_CLIENT_SECRET_FILE = "HOME/secret" },
    says = [[
xero-run: XERO_CLIENT_SECRET_FILE: HOME/secret: No such file or directory
]] },
  { "the secret's file can be read by others",
    words = { "list" }, status = 2,  files = { secret = "x" }, before = "chmod 644 secret",
    env = { XERO_CLIENT_ID = "x", XERO_CLIENT_SECRET_FILE = "HOME/secret" },
    says = [[
xero-run: XERO_CLIENT_SECRET_FILE: HOME/secret can be read by others: chmod 600 it
]] },
  { "the secret's file is empty",
    words = { "list" }, status = 2,  files = { secret = "" }, before = "chmod 600 secret",
    env = { XERO_CLIENT_ID = "x", XERO_CLIENT_SECRET_FILE = "HOME/secret" },
    says = [[
xero-run: XERO_CLIENT_SECRET_FILE: HOME/secret is empty
]] },
  { "the configuration that is named is not there",
    words = { "--config", "xero.lua", "list" }, status = 2,  env = APP,
    says = [[
xero-run: the configuration cannot be read: xero.lua: No such file or directory
]] },
  { "the configuration is no Lua",
    words = { "list" }, config = "default: acme\n", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua:2: function arguments expected near <eof>
]] },
  { "the configuration returns nothing",
    words = { "list" }, config = "profiles = {}\n", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: expected the file to return a table, got nil
hint: it begins with: return {
]] },
  { "the configuration uses the environment",
    words = { "list" }, config = profile 'client_id = os.getenv "ID"', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua:4: attempt to index a nil value (global 'os')
hint: nothing of Lua is there: the file is a table; client_secret = { env = … } or { command = … } read what is elsewhere
]] },
  { "a key of the configuration is mistyped",
    words = { "list" }, config = "return { profile = {} }", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profile: unknown key
hint: did you mean "profiles"?
]] },
  { "a key of a profile is mistyped",
    words = { "list" }, config = profile 'clent_id = "x"', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profiles.acme.clent_id: unknown key
hint: did you mean "client_id"?
]] },
  { "a value has the wrong type",
    words = { "list" }, config = profile 'max_connections = "50"', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profiles.acme.max_connections: expected a whole number, 1 or more, got a number in quotes
]] },
  { "a mode is mistyped",
    words = { "list" }, config = profile 'auth = "apps"', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profiles.acme.auth: expected "app", "user", "custom" or "token", got another text
hint: did you mean "app"?
]] },
  { "what is protected has no tenant's id",
    words = { "list" }, config = profile 'protect = { ["Acme Ltd"] = "ours" }', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profiles.acme.protect["Acme Ltd"]: expected the id of a tenant, such as ["fe79f7dd-b6d4-4a92-ba7b-538af6289c58"]
]] },
  { "what is protected has no reason",
    words = { "list" }, status = 2,
    config = profile 'protect = { "fe79f7dd-b6d4-4a92-ba7b-538af6289c58" }',
    says = [[
xero-run: HOME/.config/xero-run/config.lua: profiles.acme.protect[1]: expected the id of a tenant, such as ["fe79f7dd-b6d4-4a92-ba7b-538af6289c58"]
]] },
  { "a secret stands in a file that others can read",
    words = { "list" }, config = profile(ID .. 'client_secret = "x"'),
    before = "chmod 644 .config/xero-run/config.lua", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua holds a client secret, and others may read it (mode 0644)
hint: chmod 600 'HOME/.config/xero-run/config.lua', or move the secret: client_secret = { command = … }
]] },
  { "the command that gives the secret fails",
    words = { "list" }, status = 2,
    config = profile(ID .. 'client_secret = { command = "pass-is-not-here show xero" }'),
    says = [[
sh: 1: pass-is-not-here: not found
xero-run: the client secret of profile acme cannot be had: the command did not give one: it ended with status 127
hint: it is named in HOME/.config/xero-run/config.lua
]] },
  { "the variable with the secret is not set",
    words = { "list" }, status = 2,
    config = profile(ID .. 'client_secret = { env = "ACME_SECRET" }'),
    says = [[
xero-run: the client secret of profile acme cannot be had: the environment has no ACME_SECRET
hint: it is named in HOME/.config/xero-run/config.lua
]] },
  { "a profile is mistyped",
    words = { "-p", "acmee", "list" }, config = profile(ID), status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua has no profile "acmee"
hint: did you mean "acme"?
]] },
  { "the file of the profile that is asked for is not where this run looks",
    words = { "-p", "prod", "disconnect", "--yes", "c0000000-0000-4000-8000-000000000001" },
    at = "app", status = 2,
    says = [[
xero-run: there is no profile prod to protect or limit anything: HOME/.config/xero-run/config.lua is not there
hint: --config or XERO_RUN_CONFIG names another file; without one, leave --profile away
]] },
  { "one of several profiles has to be chosen",
    words = { "list" }, config = "return { profiles = { a = {}, b = {} } }", status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua has several profiles and no default
hint: choose one with --profile: a, b
]] },
  { "the default profile is not there",
    words = { "list" }, config = 'return { default = "b", profiles = { a = {} } }', status = 2,
    says = [[
xero-run: HOME/.config/xero-run/config.lua: default: there is no profile "b"
]] },
  { "an address is http",
    words = { "list" }, status = 2,
    env = { XERO_API_URL = "http://xero.example.com", XERO_CLIENT_ID = "x",
      XERO_CLIENT_SECRET = "x" },
    says = [[
xero-run: XERO_API_URL must be https, or http on a loopback host: "http://xero.example.com"
]] },
  { "an address is none",
    words = { "list" }, status = 2,
    env = { XERO_API_URL = "api.xero.com", XERO_CLIENT_ID = "x", XERO_CLIENT_SECRET = "x" },
    says = [[
xero-run: XERO_API_URL is not a base URL: "api.xero.com"
hint: such as https://api.xero.com
]] },
  { "the place of the state is relative",
    words = { "list" }, status = 2,
    env = { XERO_CLIENT_ID = "x", XERO_RUN_STATE = "state" },
    says = [[
xero-run: XERO_RUN_STATE is "state", which is not an absolute path
hint: cron starts elsewhere than your shell: give the whole path, beginning with /
]] },
  { "the place of the state is no directory",
    words = { "login" }, at = "app", status = 1,
    env = { XERO_RUN_STATE = "/dev/null/state" },
    says = [[
xero-run: cannot make /dev/null/state: Not a directory
]] },
  { "the state can be read by others",
    words = { "list" }, at = "login", before = "chmod 755 state/default", status = 1,
    says = [[
xero-run: HOME/state/default is open to other users (mode 0755)
hint: chmod 700 HOME/state/default
]] },
}
