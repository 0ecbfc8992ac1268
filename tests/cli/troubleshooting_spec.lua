-- docs/troubleshooting.md leaves nobody alone: it knows every way in which a run can end.

local errors = require "xero.error"
local native = require "xero.native"
local temp = require "support.temp"

local text = temp.read "docs/troubleshooting.md"

describe("docs/troubleshooting.md", function()
  it("tells what to do about every exit status", function()
    for _, row in ipairs(native.status_table()) do
      assert.matches("\n| " .. row.status .. " | ", text, 1, true)
    end
  end)

  it("tells what to do about every kind of error, and its exit status", function()
    for kind in temp.read("lua/xero/error.lua"):gmatch '\n%-%-%-| "([%l_]+)"' do
      local statuses = text:match("\n| `" .. kind .. "` | ([^|]*) | ")
      assert.is_string(statuses, kind)
      local raised = errors.new { kind = kind, message = "x", status = 500, signal = "SIGINT" }
      assert.matches("%f[%d]" .. raised:exit_status() .. "%f[%D]", statuses)
    end
  end)
end)
