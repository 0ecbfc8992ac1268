-- Answers that break off somewhere on their way: a sample of what `make torture-wire` does at every
-- byte. After each, report and journal are the server's record, and the login works.

local new_job = require "torture.job"
local process = require "support.process"
local proxies = require "support.proxy"
local run = require "support.run"

local PROXY = run.program():match "^(.*)/" .. "/tests/support/proxy"

describe("an answer that is spoiled on its way", function()
  local job, proxy
  setup(function()
    job = new_job { timeout = "1s" }
    proxy = proxies.start(PROXY, job.person.sandbox)
  end)
  teardown(function()
    proxy:stop()
    job:stop()
  end)

  for _, op in ipairs { "token", "list", "delete" } do
    for how, after in pairs { rst = 0, fin = 150, stall = 20, drip = 60, nul = 10 } do
      it(("costs nothing: %s, %s after %d bytes"):format(op, how, after), function()
        job:set()
        proxy:spoil(op, after, how)
        assert.is_nil(job:judge(process.run(job:with(proxy.env))))
        assert.is_nil(job:recover())
      end)
    end
  end
end)
