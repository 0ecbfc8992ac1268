-- Policies that cannot be read, or are not believed.

local function policy(rules, before)
  return { ["policy.lua"] = 'local xero = require "xero"\nlocal policy = xero.policy\n'
    .. (before or "") .. 'return policy "test" {\n' .. rules .. "\n}\n" }
end

local function csv(options)
  return ('local crm = xero.source.csv("crm", { %s })\n'):format(options)
end

local GONE = 'policy.disconnect "gone" { not_listed = crm },'
local PLAN = { "plan", "policy.lua" }

return {
  { "a policy has a syntax error",
    words = PLAN, files = policy "policy.keep 'x' {", status = 2,
    says = [[
xero-run: policy.lua:6: '}' expected (to close '{' at line 3) near <eof>
]] },
  { "a script is planned that returns no policy",
    words = PLAN, files = { ["policy.lua"] = "local x = 1\n" }, status = 2,
    says = [[
xero-run: policy.lua: it returns no policy
hint: a policy is written: return policy "name" { rules }
]] },
  { "a condition is mistyped",
    words = PLAN, files = policy 'policy.disconnect "old" { older_then = "90d" },', status = 2,
    says = [[
xero-run: policy.lua:4: disconnect "old": unknown condition "older_then"
hint: did you mean "older_than"?
]] },
  { "a duration of a rule has no unit",
    words = PLAN, files = policy 'policy.disconnect "old" { older_than = "90" },', status = 2,
    says = [[
xero-run: policy.lua:4: disconnect "old": older_than: a duration needs a unit: 90s, 90m, 90h or 90d?
]] },
  { "a rule has no condition",
    words = PLAN, files = policy 'policy.disconnect "all" {},', status = 2,
    says = [[
xero-run: policy.lua:4: disconnect "all": it has no conditions, and would match every connection
hint: a condition whose value is nil is none: is a name misspelt?
]] },
  { "a rule has no name",
    words = PLAN, files = policy 'policy.disconnect { older_than = "90d" },', status = 2,
    says = [[
xero-run: policy.lua:4: disconnect: label: expected a text, got a table
hint: a label stands before the table: "why" { … }
]] },
  { "a kind of rule is mistyped",
    words = PLAN, files = policy 'policy.disconect "x" { older_than = "90d" },', status = 2,
    says = [[
xero-run: policy.lua:4: policy.disconect: there is no such kind of rule
hint: did you mean "policy.disconnect"?
]] },
  { "the id of a rule is none",
    words = PLAN, files = policy 'policy.protect "ours" { tenant_id = "Acme Ltd" },', status = 2,
    says = [[
xero-run: policy.lua:4: protect "ours": tenant_id: expected a UUID, got "Acme Ltd"
]] },
  { "a key of a policy is mistyped",
    words = PLAN, files = policy 'limit = { max_disconnects = 1 },', status = 2,
    says = [[
xero-run: policy.lua:3: policy "test": unknown key "limit"
hint: did you mean "limits"?
]] },
  { "a limit is no number",
    words = PLAN, files = policy 'limits = { max_percent = "5%" },', status = 2,
    says = [[
xero-run: policy.lua:3: policy "test": limits.max_percent: expected a number from 0 to 100, got "5%"
]] },
  { "a rule compares with a text in place of a source",
    words = PLAN, files = policy 'policy.disconnect "gone" { not_listed = "crm.csv" },', status = 2,
    says = [[
xero-run: policy.lua:4: disconnect "gone": not_listed: expected a source, made by xero.source, got "crm.csv"
]] },
  { "a source has no name",
    words = PLAN, files = policy(GONE, 'local crm = xero.source.csv { path = "crm.csv" }\n'),
    status = 2,
    says = [[
xero-run: policy.lua:3: xero.source.csv: label: expected a text, got a table
hint: it is written: xero.source.csv("name", { … })
]] },
  { "a source is written as a rule is",
    words = PLAN, files = policy(GONE, 'local crm = xero.source.csv "crm" { path = "crm.csv" }\n'),
    status = 2,
    says = [[
xero-run: policy.lua:3: source "crm": expected a table of options, got nothing
hint: it is written: xero.source.csv("name", { … })
]] },
  { "a source is not there",
    words = PLAN, at = "app",
    files = policy(GONE, csv 'path = "crm.csv", column = "tenant"'), status = 6,
    says = [[
xero-run: source "crm" is refused: crm.csv: expected a file, found none: No such file or directory
]] },
  { "a column of a source is mistyped",
    words = PLAN, at = "app", status = 6,  before = [[echo tenant_id >crm.csv]],
    files = policy(GONE, csv 'path = "crm.csv", column = "tenantid"'),
    says = [[
xero-run: source "crm" is refused: crm.csv: expected a column "tenantid", found "tenant_id"
hint: did you mean "tenant_id"?
]] },
  { "a source has fewer rows than it should",
    words = PLAN, at = "app", status = 6,
    before = [[printf 'tenant\n7e000000-0000-4000-8000-000000000001\n' >crm.csv]],
    files = policy(GONE, csv 'path = "crm.csv", column = "tenant", min_rows = 200'),
    says = [[
xero-run: source "crm" is refused: crm.csv: expected at least 200 ids, found 1 in 1 row
]] },
  { "a source is too old",
    words = PLAN, at = "app", status = 6,
    before = [[
      printf 'tenant\n7e000000-0000-4000-8000-000000000001\n' >crm.csv
      touch -d '3 days ago' crm.csv]],
    files = policy(GONE, csv 'path = "crm.csv", column = "tenant", max_age = "36h"'),
    says = [[
xero-run: source "crm" is refused: crm.csv: expected data at most 1 day 12 hours old, found data 3 days old, of …
]] },
  { "a source has names in place of ids",
    words = PLAN, at = "app", status = 6,  before = [[printf 'tenant\nAcme Ltd\n' >crm.csv]],
    files = policy(GONE, csv 'path = "crm.csv", column = "tenant"'),
    says = [[
xero-run: source "crm" is refused: crm.csv: expected UUIDs in "tenant", found line 2 "Acme Ltd"
]] },
  { "an option of a source is mistyped",
    words = PLAN, files = policy(GONE, csv 'path = "crm.csv", colum = "tenant"'), status = 2,
    says = [[
xero-run: policy.lua:3: source "crm": unknown option "colum"
hint: did you mean "column"?
]] },
  { "a predicate is wrong",
    words = PLAN, at = "app",
    files = policy 'policy.disconnect "x" { when = function(c) return c.nam.x end },', status = 5,
    out = "…",
    says = [[
xero-run: REFUSED: 34 held: a predicate gave no answer
hint: mend the predicate; with allow_held = true the others are disconnected all the same
]] },
  { "a policy would disconnect too many",
    words = PLAN, at = "app", files = policy 'policy.disconnect "old" { older_than = "1d" },',
    status = 5, out = "…",
    says = [[
xero-run: REFUSED: it would disconnect 34, more than 3: the default, 10 % of 34 connections but never fewer than 3
]] },
}
