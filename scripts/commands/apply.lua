-- xero-run apply: disconnects what a policy, or a plan of one that was saved, says.

local xero = require "xero"
local apply = require "xero.apply"
local filled = require "xero.filled"
local native = require "xero.native"
local plan_view = require "xero.plan_view"
local report = require "xero.outcomes"
local run_policy = require "xero.run_policy"

local function parse()
  local parser = xero.args("apply", "Disconnects what a policy says, once the whole plan was shown,"
    .. " judged and confirmed. It cannot be undone. A rule's `after` counts runs of apply alone:"
    .. " plan and --dry-run leave no trace.")
  parser:argument("file", "a script that returns a policy, or a plan that plan --save has written")
    :convert(filled "file")
  parser:flag("--all", "show every connection, those that stay, too")
  parser:host_options("profile", "config", "format", "dry-run", "yes", "max-disconnects",
    "concurrency", "deadline", "timeout", "lock-timeout", "sandbox", "quiet", "verbose")
  return parser:parse()
end

local args = parse()
local run = run_policy.to_apply(args.file)
apply.say_skipped(run.skipped)
-- Whoever is asked has seen what about; from cron, --quiet leaves only what is refused.
local unseen = native.options.quiet and native.options.yes and not run.plan.refusal
if not unseen then plan_view.show(run.plan, args.all) end
report(apply.run(run, "xero-run apply " .. args.file))
