-- How a run ends: what is said about errors, the exit status, and output that cannot be written.

local machine = require "support.machine"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local function statement(text)
  return run { "-e", text }
end

local function in_shell(text)
  return process.run { "sh", "-c", text:gsub("XERO_RUN", shell.quote(run.program())) }
end

describe("an uncaught error", function()
  it("that is an error object is a line, a hint, and the status of its kind", function()
    local result = statement [[
      require "xero.error".raise { kind = "auth", message = "not authorised", hint = "log in" }
    ]]
    assert.same({ 4, "", "xero-run: not authorised\nhint: log in\n" },
      { result.status, result.out, result.err })
  end)

  it("has the status of each kind", function()
    for kind, status in pairs { usage = 2, forbidden = 4, limit = 5, source = 6, busy = 7,
      network = 8, not_found = 1 } do
      local result = statement(("require 'xero.error'.raise { kind = %q, message = 'm' }")
        :format(kind))
      assert.same({ status, "xero-run: m\n" }, { result.status, result.err })
    end
  end)

  it("that is an object with a __tostring is that line, and status 1", function()
    local result = statement [[
      error(setmetatable({}, { __tostring = function() return "what it says" end }))
    ]]
    assert.same({ 1, "xero-run: what it says\n" }, { result.status, result.err })
  end)

  it("that is a text has a traceback, and status 1", function()
    local result = statement "local function f() error 'a bug' end f()"
    assert.equal(1, result.status)
    assert.matches("^xero%-run: %(command line%):1: a bug\nstack traceback:\n", result.err)
    assert.matches("in local 'f'", result.err, 1, true)
  end)

  it("that is any other value says its type", function()
    local result = statement "error {}"
    assert.matches("^xero%-run: %(the error is a table value%)\nstack traceback:\n", result.err)
    assert.matches("(command line):1: in main chunk", result.err, 1, true)
    assert.matches("^xero%-run: %(the error is a nil value%)\nstack traceback:\n",
      statement("error()").err)
  end)

  it("whose __tostring fails itself is told all the same", function()
    local result = statement "error(setmetatable({}, { __tostring = function() error 'no' end }))"
    assert.equal(1, result.status)
    assert.matches("^xero%-run: .*no\n$", result.err)
  end)

  it("never brings control characters to a terminal", function()
    local result = statement "error('a\\27[31m\\u{9b}b\\127', 0)"
    assert.matches("a\\x1b[31m\\x9bb\\x7f", result.err, 1, true)
  end)

  it("in a coroutine keeps its place", function()
    local result = statement "coroutine.wrap(function() error 'inside' end)()"
    assert.matches("inside", result.err, 1, true)
    assert.equal(1, result.status)
  end)

  it("of memory is one line", function()
    if machine.is_sanitized() then
      return pending "a sanitized build needs more address space"
    end
    local result = in_shell [[
      ulimit -v 300000
      XERO_RUN -e 'local t = {} while true do t[#t + 1] = ("x"):rep(1 << 20) .. #t end'
    ]]
    assert.equal(1, result.status)
    assert.equal("xero-run: not enough memory\n", result.err)
  end)

  it("of memory inside lua-cjson is that line, too", function()
    if machine.is_sanitized() then
      return pending "a sanitized build needs more address space"
    end
    local result = in_shell [[
      ulimit -v 300000
      XERO_RUN -e 'require "cjson".encode(("x"):rep(30 << 20))'
    ]]
    assert.equal("xero-run: not enough memory\n", result.err)
    assert.equal(1, result.status)
  end)

  it("of a stack that overflows is told", function()
    local result = statement "local function f() return 1 + f() end f()"
    assert.equal(1, result.status)
    assert.matches("stack overflow", result.err, 1, true)
  end)
end)

describe("os.exit", function()
  it("takes true, false, nothing, and 0 to 255", function()
    for text, status in pairs { [""] = 0, ["true"] = 0, ["false"] = 1, ["0"] = 0, ["3"] = 3,
      ["255"] = 255, ["7, true"] = 7 } do
      assert.equal(status, statement(("os.exit(%s)"):format(text)).status)
    end
  end)

  it("refuses any other status", function()
    for _, text in ipairs { "256", "-1", "1.5", "'x'", "{}", "1 << 40" } do
      local result = statement(("os.exit(%s)"):format(text))
      assert.equal(1, result.status)
      assert.matches("bad argument #1 to 'exit'", result.err, 1, true)
    end
  end)

  it("closes the state: finalizers run, variables are closed, files are written", function()
    local path = temp.directory() .. "/file"
    local result = run { "-e", ([[
      local closed <close> = setmetatable({}, { __close = function() print "closed" end })
      kept = setmetatable({}, { __gc = function() print "collected" end })
      file = io.open(%q, "w")
      file:write "text"
      os.exit(5)
    ]]):format(path) }
    assert.same({ 5, "closed\ncollected\n" }, { result.status, result.out })
    assert.equal("text", temp.read(path))
  end)

  it("may be called by a finalizer while the state is closed", function()
    local result = statement [[
      kept = setmetatable({}, { __gc = function() print "collected" os.exit(4) end })
      os.exit(3)
    ]]
    assert.same({ 4, "collected\n", "" }, { result.status, result.out, result.err })
  end)

  it("works inside coroutines, and leaves nothing unsaid", function()
    local result = statement [[
      coroutine.wrap(function()
        coroutine.wrap(function() io.write "said" os.exit(6) end)()
      end)()
      print "never"
    ]]
    assert.same({ 6, "said", "" }, { result.status, result.out, result.err })
  end)
end)

describe("output that cannot be written", function()
  it("is an error on a full disk, however the run ends", function()
    for _, text in ipairs { "print 'x'", "io.write 'x'", "io.write 'x' os.exit()" } do
      local result = in_shell(("XERO_RUN -e %q >/dev/full"):format(text))
      assert.equal(1, result.status)
      assert.matches("^xero%-run: cannot write to standard output: [^\n]+\n$", result.err)
    end
  end)

  it("is an error where nobody reads it", function()
    local result = in_shell [[
      { XERO_RUN -e 'for i = 1, 100000 do print(i) end'; echo $? >&2; } | head -n 1
    ]]
    assert.equal("1\n", result.out)
    assert.matches("^xero%-run: cannot write to standard output: [^\n]+\n1\n$", result.err)
  end)

  it("ends a loop that prints for ever, with the reason and nothing else", function()
    local result = in_shell [[
      { timeout 10 XERO_RUN -e 'while true do print "x" end'; echo $? >&2; } | head -n 1
    ]]
    assert.equal("x\n", result.out)
    assert.equal("xero-run: cannot write to standard output: Broken pipe\n1\n", result.err)
  end)

  it("is told at the end where the script caught the error and went on", function()
    local result = in_shell "XERO_RUN -e 'pcall(print, 1)' >/dev/full"
    assert.equal(1, result.status)
    assert.equal("xero-run: cannot write to standard output: No space left on device\n", result.err)
  end)

  it("is an error where it is closed", function()
    local result = in_shell "XERO_RUN -e 'print(1)' >&-"
    assert.equal(1, result.status)
    assert.matches("cannot write to standard output", result.err, 1, true)
  end)

  it("of --help is an error as well", function()
    assert.equal(1, in_shell("XERO_RUN --help >/dev/full").status)
  end)

  it("does not hide how the script ended", function()
    assert.equal(9, in_shell("XERO_RUN -e 'io.write(1) os.exit(9)' >/dev/full").status)
  end)
end)

it("a run that succeeds says nothing by itself", function()
  local result = statement ""
  assert.same({ 0, "", "" }, { result.status, result.out, result.err })
end)
