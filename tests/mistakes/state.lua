-- Mistakes about where a profile keeps its state.

local FIRST = "c0000000-0000-4000-8000-000000000001"

return {
  { "the database is not there",
    words = { "disconnect", "--yes", FIRST }, at = "app", status = 1,
    env = { XERO_RUN_STATE = "postgresql://xero@127.0.0.1:1/xero?sslmode=disable" },
    says = [[
xero-run: postgresql://127.0.0.1:1/xero: connection to server at "127.0.0.1", port 1 failed: Connection refused…
hint: is the database up, and can it be reached from here?
]] },
  { "the scheme of the database is mistyped",
    words = { "disconnect", "--yes", FIRST }, at = "app", status = 2,
    env = { XERO_RUN_STATE = "postgre://xero:hunter2@127.0.0.1/xero" },
    says = [[
xero-run: XERO_RUN_STATE is a URL, but not one of PostgreSQL
hint: postgresql://host/database keeps the state there, a path that begins with / in files
]] },
  { "the URL of the database is mistyped",
    words = { "disconnect", "--yes", FIRST }, at = "app", status = 2,
    env = { XERO_RUN_STATE = "postgresql://xero@127.0.0.1/xero?sslmod=disable" },
    says = [[
xero-run: postgresql://127.0.0.1/xero: invalid URI query parameter: "sslmod"
hint: the parameters of the URL are those of libpq
]] },
  { "the tables are to be made where no database is",
    words = { "doctor", "--create-schema" }, at = "app", status = 2,
    env = { XERO_RUN_STATE = false },
    says = [[
xero-run: the state is the directory HOME/.local/state/xero-run/default, which needs no schema
hint: XERO_RUN_STATE or the profile's state names a database (docs/state.md)
]] },
}
