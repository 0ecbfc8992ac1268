-- Memory that is short at any moment: nothing crashes, and what failed is said. Here is what once
-- went wrong; `make torture-memory` does this to the whole job.

local machine = require "support.machine"
local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

local FAILING = run.program():match "^(.*)/" .. "/tests/torture/failing.so"

-- Lets each of some allocations fail; says for which ones a program does not end as it should.
local LOOP = [[
  for n in $(seq "$1" "$2"); do
    FAILING_AT=$n "$3" -e "$4" >out 2>err; status=$?
    [ $status = 0 ] || { [ $status = 1 ] && grep -q '^xero-run: ..' err; } || echo "$n: $status"
  done
]]

local function allocations(statement)
  local file = temp.directory() .. "/count"
  local result = run { "-e", statement, env = { LD_PRELOAD = FAILING, FAILING_COUNT = file } }
  assert.equal(0, result.status, result.err)
  return tonumber(temp.read(file))
end

describe("an allocation that fails", function()
  if machine.is_sanitized() then
    return it("ends a program with a line", function()
      pending "a sanitizer has allocators of its own"
    end)
  end

  it("while OpenSSL is set up ends a program with a line", function()
    local major, minor = run { "--version" }.out:match "OpenSSL (%d+)%.(%d+)"
    if tonumber(major) * 100 + tonumber(minor) >= 305 then
      return pending "OpenSSL 3.5 waits for itself for ever where its set-up is short of memory"
    end
    local before = allocations 'require "xero.native"'
    local result = process.run { "sh", "-c", LOOP, "sh", tostring(before), tostring(before + 150),
      run.program(), 'assert(#require "xero.native".sha256 "" == 32)',
      env = { LD_PRELOAD = FAILING }, cwd = temp.directory(), timeout = 60 }
    assert.equal("", result.out .. result.err)
  end)
end)
