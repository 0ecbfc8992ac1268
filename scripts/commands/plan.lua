-- xero-run plan: what a policy would disconnect and why. It changes nothing.

local xero = require "xero"
local filled = require "xero.filled"
local plan_file = require "xero.plan_file"
local plan_view = require "xero.plan_view"
local run_policy = require "xero.run_policy"

local SOMETHING_TO_DO = 9

local function parse()
  local parser = xero.args("plan", "Shows what a policy would disconnect, and why. It changes"
    .. " nothing, and no wait of a rule begins with it: that is for apply.")
  parser:argument("file", "a script that returns a policy"):convert(filled "file")
  parser:flag("--all", "every connection, those that stay, too")
  parser:option("--save", "write the plan, for apply within 24 hours"):argname "FILE"
    :convert(filled())
  parser:flag("--detailed-exitcode", "exit with 9 where there is something to disconnect")
  parser:host_options("profile", "config", "format", "max-disconnects", "timeout", "lock-timeout",
    "sandbox", "quiet", "verbose")
  return parser:parse()
end

local args = parse()
if args.save then plan_file.check(args.save) end
local run = run_policy.of_file(args.file)
plan_view.show(run.plan, args.all)
if args.save then plan_file.write(args.save, run) end
if args.detailed_exitcode and run.plan.counts.disconnect > 0 then os.exit(SOMETHING_TO_DO) end
