-- What is broken on purpose: each file, at how many places of those there are, and the tests that
-- have to notice, the quickest first.

local function unit(name) return "tests/unit/" .. name .. "_spec.lua" end
local function native(name) return "tests/native/" .. name .. "_spec.lua" end
local function cli(name) return "tests/cli/" .. name .. "_spec.lua" end

---@class mutation.Target
---@field file string
---@field count integer
---@field specs string[]

---@type mutation.Target[]
return {
  { file = "src/store.c", count = 14, specs = { native "store", native "store_fault" } },
  { file = "src/store_directory.c", count = 4, specs = { native "store", native "store_fault" } },
  { file = "src/token.c", count = 8, specs = { native "token", native "grant",
    native "pump_login" } },
  { file = "src/grant.c", count = 8, specs = { native "grant", native "keeper" } },
  { file = "lua/xero/refresh.lua", count = 14, specs = { unit "refresh" } },
  { file = "lua/xero/keeper.lua", count = 4, specs = { unit "refresh", native "keeper" } },
  { file = "lua/xero/login_home.lua", count = 8, specs = { unit "refresh", cli "login_server",
    native "login_store" } },
  { file = "lua/xero/servers.lua", count = 6, specs = { unit "config" } },
  { file = "lua/xero/clock.lua", count = 4, specs = { unit "clock" } },
  { file = "lua/xero/session.lua", count = 8, specs = { unit "session", unit "client" } },
  { file = "lua/xero/retry.lua", count = 12, specs = { unit "retry", unit "client" } },
  { file = "lua/xero/plan.lua", count = 12, specs = { unit "plan", unit "marks", cli "plan",
    cli "verdicts" } },
  { file = "lua/xero/condition.lua", count = 10, specs = { unit "condition", unit "policy" } },
  { file = "lua/xero/quota.lua", count = 8, specs = { unit "plan", unit "policy" } },
  { file = "lua/xero/limits.lua", count = 8, specs = { unit "plan", unit "policy", cli "plan" } },
  { file = "lua/xero/marks.lua", count = 8, specs = { unit "marks", cli "marks" } },
  { file = "lua/xero/saved_plan.lua", count = 8, specs = { unit "saved_plan",
    cli "saved_plan" } },
  { file = "lua/xero/drift.lua", count = 4, specs = { unit "saved_plan", cli "saved_plan",
    cli "apply" } },
  { file = "lua/xero/policy_state.lua", count = 4, specs = { cli "marks" } },
  { file = "lua/xero/run_policy.lua", count = 6, specs = { cli "saved_plan", cli "plan",
    cli "profile", cli "marks" } },
  { file = "src/private_file.c", count = 3, specs = { native "private_file",
    cli "saved_plan" } },
  { file = "lua/xero/apply.lua", count = 8, specs = { cli "apply", cli "policy_rules",
    cli "marks", cli "terminal" } },
  { file = "lua/xero/guard.lua", count = 8, specs = { unit "guard", unit "client" } },
  { file = "lua/xero/deletion.lua", count = 8, specs = { unit "client", unit "bulk",
    cli "faults" } },
  { file = "lua/xero/bulk.lua", count = 8, specs = { unit "bulk", unit "client", cli "bulk",
    cli "interrupt", cli "faults" } },
  { file = "lua/xero/bulk_queue.lua", count = 6, specs = { unit "bulk", unit "client",
    cli "bulk" } },
  { file = "lua/xero/pace.lua", count = 4, specs = { unit "pace", unit "bulk", cli "faults" } },
  { file = "src/window.c", count = 6, specs = { native "window", cli "bulk" } },
  { file = "lua/xero/journal.lua", count = 10, specs = { unit "journal", unit "bulk" } },
  { file = "src/native_chain.c", count = 5, specs = { native "chain", unit "journal" } },
  { file = "lua/xero/journal_file.lua", count = 6, specs = { unit "journal", cli "bulk" } },
}
