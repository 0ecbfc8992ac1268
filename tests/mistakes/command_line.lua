-- Mistakes at the command line.

return {
  { "nothing is said",
    words = {}, status = 2,
    says = [[
xero-run: no script and no command
hint: xero-run --help tells how
]] },
  { "a command is mistyped",
    words = { "lisst" }, status = 2,
    says = [[
xero-run: no command 'lisst'
hint: did you mean list?
]] },
  { "a word means nothing",
    words = { "frobnicate" }, status = 2,
    says = [[
xero-run: no command 'frobnicate'
hint: xero-run --help lists the commands; a script is named with a / or .lua
]] },
  { "help is asked for by a word",
    words = { "help" }, status = 2,
    says = [[
xero-run: no command 'help'
hint: xero-run --help lists the commands; a script is named with a / or .lua
]] },
  { "a script is named as a command",
    words = { "cleanup" }, files = { cleanup = "" }, status = 2,
    says = [[
xero-run: no command 'cleanup'
hint: did you mean ./cleanup?
]] },
  { "a script is not there",
    words = { "nowhere.lua" }, status = 2,
    says = [[
xero-run: cannot open nowhere.lua: No such file or directory
]] },
  { "a directory is named as a script",
    words = { "./" }, status = 2,
    says = [[
xero-run: cannot read ./: Is a directory
]] },
  { "a shell script is run",
    words = { "./x.sh" }, files = { ["x.sh"] = "#!/bin/sh\nset -e\n" }, status = 1,
    says = [[
xero-run: ./x.sh:2: syntax error near '-'
]] },
  { "an option of xero-run is mistyped",
    words = { "--dryrun", "list" }, status = 2,
    says = [[
xero-run: unknown option --dryrun
hint: did you mean --dry-run?
]] },
  { "an option of a command is mistyped",
    words = { "list", "--fromat", "json" }, status = 2,
    says = [[
xero-run: unknown option '--fromat'
hint: did you mean --format? see xero-run list --help
]] },
  { "an option of another command is given",
    words = { "list", "--revoke" }, status = 2,
    says = [[
xero-run: unknown option '--revoke'
hint: see xero-run list --help
]] },
  { "an option of the command is given before it",
    words = { "--older-than", "90d", "list" }, status = 2,
    says = [[
xero-run: unknown option --older-than
hint: xero-run --help lists the options; those of a command stand after its name
]] },
  { "a format is mistyped",
    words = { "list", "--format", "jsn" }, status = 2,
    says = [[
xero-run: argument for option '--format' must be one of 'table', 'json', 'jsonl', 'csv', 'ids'
hint: did you mean json? see xero-run list --help
]] },
  { "a format is mistyped before the command",
    words = { "--format", "jsn", "list" }, status = 2,
    says = [[
xero-run: --format: 'jsn' is none of table, json, jsonl, csv, ids
hint: did you mean json?
]] },
  { "a sort key is mistyped",
    words = { "list", "--sort", "nmae" }, status = 2,
    says = [[
xero-run: argument for option '--sort' must be one of 'name', 'type', 'created', 'updated'
hint: did you mean name? see xero-run list --help
]] },
  { "a duration has no unit",
    words = { "--timeout", "30", "list" }, status = 2,
    says = [[
xero-run: --timeout: '30' is no duration: write 500ms, 90s, 15m or 36h
]] },
  { "a duration has no unit after the command",
    words = { "list", "--timeout", "30" }, status = 2,
    says = [[
xero-run: --timeout: a duration needs a unit: 30s, 30m, 30h or 30d?
hint: see xero-run list --help
]] },
  { "an age has no unit",
    words = { "list", "--older-than", "90" }, status = 2,
    says = [[
xero-run: --older-than: a duration needs a unit: 90s, 90m, 90h or 90d?
hint: see xero-run list --help
]] },
  { "an option has no value",
    words = { "list", "--name" }, status = 2,
    says = [[
xero-run: option '--name' requires an argument
hint: see xero-run list --help
]] },
  { "too many at once are asked for",
    words = { "--concurrency", "100", "list" }, status = 2,
    says = [[
xero-run: --concurrency: '100' is no whole number from 1 to 32
]] },
  { "too many at once are asked for after the command",
    words = { "disconnect", "--concurrency", "100", "x" }, status = 2,
    says = [[
xero-run: --concurrency: '100' is no whole number from 1 to 32
hint: see xero-run disconnect --help
]] },
  { "a profile's name has a slash",
    words = { "-p", "a/b", "list" }, status = 2,
    says = [[
xero-run: --profile: the name of a profile may have only letters, digits, dots, hyphens and underscores
]] },
  { "a word too many is given",
    words = { "list", "acme", "--format", "json" }, status = 2,
    says = [[
xero-run: too many arguments: 'acme'
hint: see xero-run list --help
]] },
  { "nobody is named to be disconnected",
    words = { "disconnect" }, status = 2,
    says = [[
xero-run: missing argument 'tenant'
hint: see xero-run disconnect --help
]] },
  { "the id of a tenant is none",
    words = { "list", "--tenant-id", "acme" }, status = 2,
    says = [[
xero-run: --tenant-id takes the id of a tenant, a UUID, not 'acme'
hint: see xero-run list --help
]] },
  { "the id of a consent is none",
    words = { "list", "--auth-event-id", "newest" }, status = 2,  at = "app",
    says = [[
xero-run: "newest" is not the id of a consent, nor "latest"
hint: ids look like 7cb59f93-2964-421d-bb5e-a0f7a4572a44; xero-run list shows them
]] },
  { "a verb of the journal is mistyped",
    words = { "journal", "verfy" }, status = 2,
    says = [[
xero-run: argument 'action' must be one of 'verify'
hint: did you mean verify? see xero-run journal --help
]] },
  { "a day is said in words",
    words = { "journal", "--since", "yesterday" }, status = 2,
    says = [[
xero-run: --since: neither a duration nor a date: yesterday (write 7d, 36h or 2026-11-23)
hint: see xero-run journal --help
]] },
  { "a login is asked for at a private sandbox",
    words = { "--sandbox", "login" }, status = 2,
    says = [[
xero-run: a login at the sandbox of one run would end with it
hint: start one with xero-run sandbox, and log in there
]] },
  { "a port is none",
    words = { "login", "--port", "http" }, status = 2,
    says = [[
xero-run: --port takes a number from 0 (any free one) to 65535, not 'http'
hint: see xero-run login --help
]] },
  { "a scope of the app is asked for a person",
    words = { "login", "--scope", "app.connections" }, status = 2,  at = "app",
    says = [[
xero-run: the scope app.connections is not for a person's login
hint: it belongs to the app itself: auth = "app" asks for it
]] },
  { "a fault of the sandbox is mistyped",
    words = { "sandbox", "--fault", "delete#1:staus=503" }, status = 2,
    says = [[
xero-run: --fault 'delete#1:staus=503': unknown action 'staus', at character 10
hint: did you mean 'status'?
]] },
  { "the sandbox's port is in use",
    sh = "XERO_RUN sandbox --port ${XERO_API_URL##*:}", status = 2,  at = "app",
    says = [[
xero-run: cannot listen on 127.0.0.1 port PORT: Address already in use
hint: --port 0 takes a free one
]] },
  { "a plan has no file",
    words = { "plan" }, status = 2,
    says = [[
xero-run: missing argument 'file'
hint: see xero-run plan --help
]] },
  { "the file of a plan is not there",
    words = { "plan", "policy.lua" }, status = 2,
    says = [[
xero-run: cannot read policy.lua: No such file or directory
]] },
}
