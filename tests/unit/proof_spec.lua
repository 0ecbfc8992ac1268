-- What `make proof` makes of what it sees.

local document = require "proof.document"
local process = require "support.process"
local rows = require "proof.rows"
local session = require "support.session"
local steps = require "proof.steps"
local temp = require "support.temp"

local function step_of(target)
  for _, step in ipairs(steps) do
    if step.target == target then return step end
  end
end

local STORE, ASAN, FUZZ = step_of "torture-store", step_of "asan", step_of "fuzz"

-- The rows of a step that printed this and ended with that.
local function seen(step, out, status, cut)
  return rows.of(step, "make " .. step.target, { out = out, status = status, seconds = 9.6 }, cut)
end

local function said(list)
  local text = document.new "make proof" (list, true)
  return text, text:match "\n## What was not met\n\n(.-)\n\n"
end

describe("the proof", function()
  it("says of a row what was played and what fell short", function()
    local list = seen(STORE, "  SHORT  x\n= kills: 1200 of 1200 cases, 3 fell short, 7 s\n", 2)
    local text, unmet = said(list)
    assert.matches("| kills | 1,200 | all | 3 | 7 | `make torture-store` |", text, 1, true)
    assert.equal("- kills (`make torture-store`): 3 fell short", unmet)
  end)

  it("says what share was played, and how long the whole takes", function()
    local text, unmet = said(seen(STORE, "= kills: 10 of 500 cases, 0 fell short, 4 s\n", 0))
    assert.matches("| kills | 10 | 10 of 500 | 0 | 4 |", text, 1, true)
    assert.equal("- kills and faults of the store of logins (`make torture-store`): only a share of"
      .. " its cases was played; `make torture-store` plays all, in about 200 seconds", unmet)
  end)

  it("counts the tests of a step that is one", function()
    local list = seen(ASAN, "x_spec.lua: 2 passed\n30 passed, 0 failed, 2 skipped\n", 0)
    local text, unmet = said(list)
    assert.matches("| 30 | 30 of 32 | 0 | 10 | `make asan` |", text, 1, true)
    assert.matches("2 of 32 were skipped by the program itself", unmet)
  end)

  it("lists a step that broke, was cut off, or was not reached", function()
    assert.matches("it ended with status 2$", select(2, said(seen(FUZZ, "", 2))))
    assert.matches("cut off, for its time was over$",
      select(2, said(seen(FUZZ, "", 137, "cut off, for its time was over"))))
    assert.matches(": not reached$",
      select(2, said(rows.unplayed(FUZZ, "make fuzz", "not reached"))))
  end)

  it("has nothing to list where all is met", function()
    assert.equal("Nothing: every row is met.",
      select(2, said(seen(STORE, "= kills: 5 of 5 cases, 0 fell short, 4 s\n", 0))))
  end)
end)

describe("a program in a session of its own", function()
  it("is ended with all that it has started, whatever groups those are in", function()
    local file = temp.directory() .. "/pid"
    local started = session.start { "sh", "-c",
      'timeout 60 sh -c "echo \\$\\$ >$1; sleep 50" & wait', "sh", file }
    local pid = process.await(function()
      local opened = io.open(file)
      return opened and opened:read "n"
    end, "its child")
    started:kill()
    process.await(function() return started:ended() end, "its end")
    assert.is_nil(io.open(("/proc/%d/environ"):format(pid)))
  end)
end)
