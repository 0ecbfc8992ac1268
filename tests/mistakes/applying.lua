-- Mistakes when a plan is carried out, or a run is scheduled.

local POLICY = [[
local xero = require "xero"
return xero.policy "trials" {
  xero.policy.disconnect "old trials" { name = "Demo Company (?S)" },
}
]]

local FILES = { ["policy.lua"] = POLICY }

return {
  { "nobody is there to confirm a plan",
    words = { "--quiet", "apply", "policy.lua" }, at = "app", files = FILES, out = "…", status = 5,
    says = [[
xero-run: no confirmation: there is no terminal to ask on
hint: --yes goes on without a question, --dry-run shows what would be done
]] },
  { "yes is typed where the profile and the number are asked for",
    words = { "apply", "policy.lua" }, at = "app", files = FILES, type = { "to go on: ", "yes\n" },
    status = 5,
    says = [[
VERDICT     ID                                    RULE        NAME               REASON
disconnect  c0000000-0000-4000-8000-000000000004  old trials  Demo Company (US)  the name is "Demo Company (US)"
1 of 34 connections would be disconnected; 0 wait, 0 held; 33 stay, 0 of them protected
This disconnects 1 tenant for good. Type "default 1" to go on: yes
xero-run: not confirmed: nothing was disconnected
]] },
  { "Ctrl-C where a plan is to be confirmed",
    words = { "apply", "policy.lua" }, at = "app", files = FILES, type = { "to go on: ", "\3" },
    status = 130,
    says = [[
VERDICT     ID                                    RULE        NAME               REASON
disconnect  c0000000-0000-4000-8000-000000000004  old trials  Demo Company (US)  the name is "Demo Company (US)"
1 of 34 connections would be disconnected; 0 wait, 0 held; 33 stay, 0 of them protected
This disconnects 1 tenant for good. Type "default 1" to go on: ^C
xero-run: interrupted by SIGINT
]] },
  { "a script is applied that returns no policy",
    words = { "apply", "policy.lua" }, at = "app", files = { ["policy.lua"] = "local x = 1\n" },
    status = 2,
    says = [[
xero-run: policy.lua: it returns no policy
hint: a policy is written: return policy "name" { rules }
]] },
  { "a saved plan is not there",
    words = { "apply", "plan.json" }, at = "app", status = 2,
    says = [[
xero-run: cannot read plan.json: No such file or directory
]] },
  { "a saved plan is none",
    words = { "apply", "plan.json" }, at = "app", files = { ["plan.json"] = "{}" },
    before = "chmod 600 plan.json", status = 2,
    says = [[
xero-run: plan.json: no saved plan
hint: xero-run plan FILE --save NAME makes one
]] },
  { "the policy was changed after its plan was saved",
    sh = [[XERO_RUN --quiet plan policy.lua --save plan.json >/dev/null
      echo '-- changed' >>policy.lua; exec XERO_RUN apply --yes plan.json]],
    at = "app", files = FILES, status = 5,
    says = [[
xero-run: HOME/policy.lua was edited since the plan was saved
hint: make the plan anew
]] },
  { "a plan is saved over something else",
    words = { "--quiet", "plan", "policy.lua", "--save", "policy.lua" }, at = "app", files = FILES,
    out = "…", status = 2,
    says = [[
xero-run: policy.lua is no saved plan, and is not overwritten
hint: name another file
]] },
  { "a tenant is explained that there is not",
    words = { "explain", "policy.lua", "--tenant", "Acme" }, at = "app", files = FILES, status = 2,
    says = [[
xero-run: there is no connection, tenant or name "Acme"
hint: xero-run list shows what there is
]] },
  { "a script is scheduled that is not there",
    words = { "schedule", "nowhere.lua" }, status = 2,
    says = [[
xero-run: cannot read HOME/nowhere.lua: No such file or directory
]] },
  { "a day of the week is misspelt",
    words = { "schedule", "--on", "mondays", "policy.lua" }, files = FILES, status = 2,
    says = [[
xero-run: --on: Failed to parse calendar specification 'mondays': Invalid argument
hint: write daily, or for example "Mon..Fri 03:30"
]] },
  { "no test is there to be run",
    words = { "test" }, status = 1,  out = "…",
    says = [[
]] },
}
