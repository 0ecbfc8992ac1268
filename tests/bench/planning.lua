-- A plan of 20 rules for 10,000 connections against a source of 10,000 rows, compared with listing
-- them. No rule but the last one matches many, so nearly every connection is tested by all.

local cjson = require "cjson"
local nginx = require "support.nginx"
local run = require "support.run"
local temp = require "support.temp"
local tenants = require "support.tenants"

local COUNT = 10000

local POLICY = [[
  local xero = require "xero"
  local policy = xero.policy
  local crm = xero.source.csv("crm", {
    path = "crm.csv", column = "tenant", where = { status = "active" }, min_rows = 9000,
  })
  return policy "bench" {
    limits = { max_percent = 15 },
    policy.protect    "our own"      { tenant_id = "00000007-2222-4000-8000-000000000007" },
    policy.protect    "by name"      { name = { "Xero *", "Our Own *" } },
    policy.keep       "one"          { id = "00000008-0000-4000-8000-000000000008" },
    policy.keep       "consent"      { auth_event_id = "00000001-1111-4000-8000-000000000001" },
    policy.keep       "new"          { connected_within = "30d" },
    policy.keep       "young"        { created_within = "60d" },
    policy.keep       "later"        { created_after = "2026-01-01" },
    policy.keep       "early"        { created_before = "2020-01-01" },
    policy.keep       "a glob"       { name = "*Charity*", type = "ORGANISATION" },
    policy.keep       "a pattern"    { name_matches = "^Test %d+$" },
    policy.keep       "of a kind"    { type = { "WORKFLOWMAX", "PAYROLL" } },
    policy.disconnect "twice"        { duplicate = { keep = "newest" } },
    policy.disconnect "demo"         { name = "Demo Company*", older_than = "30d" },
    policy.disconnect "trial"        { name = "*(trial)", not_connected_within = "90d" },
    policy.disconnect "a predicate"  { name = "* 1234 *", when = function() return false end },
    policy.disconnect "sandbox"      { name_matches = "[Ss]andbox", after = "7d" },
    policy.disconnect "old practice" { type = "OTHER", older_than = "900d" },
    policy.keep       "active"       { listed = crm },
    policy.disconnect "long gone"    { not_listed = crm, older_than = "9000d" },
    policy.disconnect "gone"         { not_listed = crm, not_connected_within = "90d" },
  }
]]

-- Nine of ten are active.
local function customers()
  local lines = { "tenant,status,name,since" }
  for i, tenant in ipairs(tenants.make(COUNT)) do
    lines[i + 1] = ('%s,%s,"%s, no. %d",2024-05-06'):format(tenant.tenantId,
      i % 10 == 0 and "left" or "active", "Customer", i)
  end
  return table.concat(lines, "\r\n") .. "\r\n"
end

return function(meter)
  print(("plan %d connections, %d rows, 20 rules"):format(COUNT, COUNT))
  local server <close> = nginx.start { connections = cjson.encode(tenants.make(COUNT)) }
  local file = temp.file(POLICY, "policy.lua")
  temp.write(file:gsub("policy.lua$", "crm.csv"), customers())
  local list, plan = table.unpack(meter:compare {
    { run.program(), "list", env = server.env },
    { run.program(), "plan", file, env = server.env },
  })
  meter:row("xero-run list", list)
  meter:row("xero-run plan", plan)
  meter:judge("CPU, plan / list", plan.cpu / list.cpu, 5)
  meter:judge("wall time, plan / list", plan.wall / list.wall, 5)
  meter:judge("memory of xero-run plan", plan.rss, 96, " MiB")
end
