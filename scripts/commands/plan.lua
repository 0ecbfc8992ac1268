-- xero-run plan: what a policy would disconnect and why. It changes nothing.

local xero = require "xero"
local plan = require "xero.plan"
local plan_view = require "xero.plan_view"
local run_policy = require "xero.run_policy"

local SOMETHING_TO_DO = 9

local function parse()
  local parser = xero.args("plan", "Shows what a policy would disconnect, and why. It changes"
    .. " nothing.")
  parser:argument("file", "a script that returns a policy")
  parser:flag("--all", "every connection, those that stay, too")
  parser:flag("--detailed-exitcode", "exit with 9 where there is something to disconnect")
  parser:host_options("profile", "config", "format", "max-disconnects", "timeout", "lock-timeout",
    "sandbox", "quiet", "verbose")
  return parser:parse()
end

local args = parse()
local made = plan.make(run_policy.of_file(args.file).input)
plan_view.show(made, args.all)
if args.detailed_exitcode and made.counts.disconnect > 0 then os.exit(SOMETHING_TO_DO) end
