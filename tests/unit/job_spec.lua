-- Which scripts count as policies when they are scheduled.

local job = require "xero.job"

describe("a script declares a policy, by its text,", function()
  it("where it uses xero.policy and returns something", function()
    for _, text in ipairs {
      'return require "xero".policy "p" { }',
      'local policy = require("xero").policy\nreturn policy "p" { }',
      'local xero = require "xero"\nlocal made = xero . policy "p" { }\nreturn made',
    } do
      assert.is_true(job.declares_policy(text), text)
    end
  end)

  it("and not where it only speaks of one, or of something that is called alike", function()
    for _, text in ipairs {
      "-- see xero.policy\nprint 'hello'\nreturn 1",
      "--[[ xero.policy ]] return 1",
      "--[==[\nreturn xero.policy ]] ]==] return 1",
      "print(require 'xero'.policy)",
      "return xero.policy_file",
      "",
    } do
      assert.is_false(job.declares_policy(text), text)
    end
  end)
end)
