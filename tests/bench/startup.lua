-- Nothing at all: what a program costs before it does anything.

local run = require "support.run"

return function(meter)
  print "startup"
  local costs = meter:compare { { "curl", "--version" }, { run.program(), "-e", "" } }
  local curl, ours = costs[1], costs[2]
  meter:row("curl --version", curl)
  meter:row("xero-run -e ''", ours)
  meter:judge("CPU, xero-run / curl", ours.cpu / curl.cpu, 1.5)
end
