-- xero-run explain: each rule and condition of a policy, its answer and what it saw. It changes
-- nothing.

local xero = require "xero"
local clock = require "xero.clock"
local explain = require "xero.explain"
local explain_view = require "xero.explain_view"
local filled = require "xero.filled"
local find = require "xero.find"
local run_policy = require "xero.run_policy"

local function parse()
  local parser = xero.args("explain", "Shows why a policy decides as it does: the answer of each"
    .. " rule and condition, and what it saw. It changes nothing.")
  parser:argument("file", "a script that returns a policy"):convert(filled "file")
  parser:option("--tenant", "one tenant, by the id of a connection or tenant or by exact name;"
    .. " without it, a line for each"):argname "ID|NAME":convert(filled())
  parser:host_options("profile", "config", "format", "timeout", "lock-timeout", "sandbox", "quiet",
    "verbose")
  return parser:parse()
end

local args = parse()
local run = run_policy.of_file(args.file)
local wrong = clock.judge(run.input.clock)
if wrong then xero.log.warn("%s", wrong.message) end
local chosen = run.input.connections
if args.tenant then chosen = { find(chosen)(args.tenant) } end
explain_view.write(explain(run.input, run.plan), chosen, args.tenant ~= nil)
