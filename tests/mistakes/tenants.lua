-- Tenants that are named wrongly, protected, too many, or busy.

local FIRST = "c0000000-0000-4000-8000-000000000001"

local function profile(text)
  return "return { profiles = { acme = { " .. text .. " } } }"
end

return {
  { "a name is mistyped",
    words = { "disconnect", "-y", "Southern Cross Tradng" }, at = "app", status = 2,
    says = [[
xero-run: there is no connection, tenant or name "Southern Cross Tradng"
hint: did you mean "Southern Cross Trading"?
]] },
  { "an id is of nobody",
    words = { "disconnect", "-y", "c0000000-0000-4000-8000-000000000099" }, at = "app", status = 2,
    says = [[
xero-run: there is no connection, tenant or name "c0000000-0000-4000-8000-000000000099"
hint: xero-run list shows what there is
]] },
  { "a name is of two",
    words = { "disconnect", "-y", "Southern Cross Trading" }, at = "app", status = 2,
    says = [[
xero-run: "Southern Cross Trading" may mean any of 2: Southern Cross Trading (c0000000-0000-4000-8000-000000000017), Southern Cross Trading (c0000000-0000-4000-8000-000000000018)
hint: name the one you mean by its connection's id
]] },
  { "nobody is there to be asked",
    words = { "disconnect", FIRST }, at = "app", status = 5,
    says = [[
xero-run: no confirmation: there is no terminal to ask on
hint: --yes goes on without a question, --dry-run shows what would be done
]] },
  { "more are named than the limit allows",
    words = { "disconnect", "-y", "--max-disconnects", "1", FIRST, "Weka Workflow" }, at = "app",
    status = 5,
    says = [[
xero-run: disconnecting 2 is more than 1: --max-disconnects 1
hint: nothing was disconnected
]] },
  { "more are named than the profile allows",
    words = { "disconnect", "-y", FIRST, "Weka Workflow" }, at = "app",
    config = profile "limits = { max_disconnects = 1 }", status = 5,
    says = [[
xero-run: disconnecting 2 is more than 1: limits.max_disconnects = 1 of profile acme
hint: nothing was disconnected
]] },
  { "a larger part is named than the profile allows",
    words = { "disconnect", "-y", FIRST, "Weka Workflow" }, at = "app",
    config = profile "limits = { max_percent = 1 }", status = 5,
    says = [[
xero-run: disconnecting 2 is more than 0: limits.max_percent = 1 of profile acme, of 34 connections
hint: nothing was disconnected
]] },
  { "a protected tenant is named",
    words = { "disconnect", "-y", FIRST }, at = "app",
    config = profile 'protect = { ["7e000000-0000-4000-8000-000000000001"] = "our own books" }',
    status = 5,
    says = [[
xero-run: Demo Company (NZ) (c0000000-0000-4000-8000-000000000001) is protected: our own books
hint: profile acme protects it; nothing was disconnected
]] },
  { "another run is disconnecting",
    before = "umask 077; mkdir -p state/default; >state/default/run.lock",
    sh = [[flock state/default/run.lock XERO_RUN disconnect -y --lock-timeout 100ms ]] .. FIRST,
    at = "app", env = { XERO_RUN_STATE = "HOME/state" }, status = 7,
    says = [[
xero-run: another run is disconnecting: another process holds HOME/state/default/run.lock
hint: --lock-timeout sets how long to wait for it
]] },
  { "the journal cannot be written",
    words = { "disconnect", "-y", FIRST }, at = "app", env = { XERO_RUN_STATE = "/dev/null/state" },
    status = 1,
    says = [[
xero-run: cannot make /dev/null/state: Not a directory
hint: no DELETE is sent without a journal: set XERO_RUN_STATE to a directory of your own
]] },
  { "a line of the journal was changed",
    sh = [[XERO_RUN disconnect -y Weka\ Workflow Kōwhai\ Café
      sed -i 's/Weka/Wega/' state/default/journal.jsonl; exec XERO_RUN journal verify]],
    at = {}, env = { XERO_RUN_STATE = "HOME/state" }, status = 1,
    says = [[
xero-run: HOME/state/default/journal.jsonl: line 1 was changed
hint: the lines before it are as they were written; of those from there on nobody can tell
]] },
  { "one of several fails",
    words = { "disconnect", "-y", FIRST, "Weka Workflow" },
    at = { "--fault", "delete#1:status=403" },
    status = 3,
    says = [[
xero-run: 1 of 2 disconnected, 1 failed
xero-run: Demo Company (NZ) (c0000000-0000-4000-8000-000000000001): Xero answered 403 to DELETE /connections/c0000000-0000-4000-8000-000000000001: a fault of the sandbox
]] },
}
