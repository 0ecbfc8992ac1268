-- Who hears a message: a person, cron, or nobody.

local log = require "xero.log"

local function messages(options, terminal)
  local written = {}
  local file = { write = function(_, ...) written[#written + 1] = table.concat { ... } end }
  local l = log.new({ options = options, isatty = function() return terminal end }, file)
  l.debug("debug")
  l.info("info")
  l.warn("warn")
  l.error("error")
  return written
end

describe("xero.log", function()
  it("is quiet off a terminal, but for warnings and errors", function()
    assert.same({ "xero-run: warn\n", "xero-run: error\n" }, messages({}, false))
  end)

  it("informs a person", function()
    assert.same({ "xero-run: info\n", "xero-run: warn\n", "xero-run: error\n" }, messages({}, true))
  end)

  it("says less with --quiet and more with --verbose", function()
    assert.same({ "xero-run: warn\n", "xero-run: error\n" }, messages({ quiet = true }, true))
    assert.equal("xero-run: debug\n", messages({ verbose = true }, false)[1])
  end)

  it("formats, and keeps each message to one printable line", function()
    local written = {}
    local file = { write = function(_, ...) written[#written + 1] = table.concat { ... } end }
    local l = log.new({ options = {} }, file)
    l.warn("%d of %s", 3, "Evil\27[2J\nCo")
    l.warn("100% \n")
    assert.same({ "xero-run: 3 of Evil\\x1b[2J\\nCo\n", "xero-run: 100% \n" }, written)
  end)
end)
