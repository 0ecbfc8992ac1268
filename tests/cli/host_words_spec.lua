-- What xero-run runs: scripts, statements, commands, and what they are told.

local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local function script(text, name)
  return temp.file(text, name or "script.lua")
end

describe("a script", function()
  it("is a word that ends in .lua", function()
    local path = script 'print "ran"'
    local result = run { "script.lua", cwd = path:match "^(.*)/" }
    assert.same({ 0, "ran\n", "" }, { result.status, result.out, result.err })
  end)

  it("is a path with a slash, whatever it is called", function()
    local result = run { script('print "ran"', "cleanup") }
    assert.equal("ran\n", result.out)
  end)

  it("comes from standard input where it is a dash", function()
    local result = run { "-", "x", "y", stdin = "print(arg[0], ...)" }
    assert.same({ 0, "-\tx\ty\n" }, { result.status, result.out })
  end)

  it("gets its arguments in arg and in ..., and the host's options below 0", function()
    local path = script 'for i = -3, 3 do print(i, arg[i]) end print(select("#", ...), ...)'
    local result = run { "-n", "--timeout=5s", path, "-x", "" }
    assert.equal(table.concat({
      "-3\t" .. run.program(), "-2\t-n", "-1\t--timeout=5s", "0\t" .. path, "1\t-x", "2\t",
      "3\tnil", "2\t-x\t", "",
    }, "\n"), result.out)
  end)

  it("may begin with a #! line that names xero-run", function()
    local path = script("#!/usr/bin/env xero-run\nprint(...)\n", "cleanup.lua")
    shell.output { "chmod", "+x", path }
    local place = temp.directory()
    shell.output { "ln", "-s", run.program(), place .. "/xero-run" }
    local result = process.run { path, "a", env = { PATH = place .. ":" .. os.getenv "PATH" } }
    assert.same({ 0, "a\n", "" }, { result.status, result.out, result.err })
  end)

  it("keeps its line numbers below a #! line", function()
    local result = run { script "#!/bin/false\nerror 'here'" }
    assert.matches("script.lua:2: here", result.err, 1, true)
  end)

  it("may stand after --", function()
    local result = run { "-n", "--", script "print(arg[-1])" }
    assert.equal("--\n", result.out)
  end)

  it("finds the modules that lie beside it, wherever it is started", function()
    local path = script 'print((require "beside"))'
    temp.write(path:match "^(.*)/" .. "/beside.lua", 'return "found"')
    assert.equal("found\n", run({ path, cwd = "/" }).out)
    assert.equal("found\n", run({ "./script.lua", cwd = path:match "^(.*)/" }).out)
  end)

  it("that is missing is one clear line and status 2", function()
    local result = run { "nowhere.lua", cwd = temp.directory() }
    assert.same({ 2, "", "xero-run: cannot open nowhere.lua: No such file or directory\n" },
      { result.status, result.out, result.err })
  end)

  it("with a syntax error is one line without a traceback and status 1", function()
    local result = run { script "local = 1" }
    assert.equal(1, result.status)
    assert.matches("^xero%-run: [^\n]*script.lua:1: <name> expected near '='\n$", result.err)
  end)
end)

describe("-e", function()
  it("runs statements in their order, with -l between them", function()
    local result = run { "-e", "x = 1", "-lcjson", "-e", "print(x, cjson.encode { 1 })" }
    assert.same({ 0, "1\t[1]\n" }, { result.status, result.out })
  end)

  it("takes its statement in the same word too", function()
    assert.equal("7\n", run({ "-eprint(7)" }).out)
  end)

  it("is followed by the script, where there is one", function()
    local result = run { "-e", "x = 'before'", script "print(x, arg[-1], ...)", "a" }
    assert.equal("before\tx = 'before'\ta\n", result.out)
  end)

  it("has the program at 0 of arg where there is no script, as lua does", function()
    local result = run { "-e", "print(arg[0], arg[1], #arg)" }
    assert.equal(run.program() .. "\t-e\t2\n", result.out)
  end)

  it("that is no Lua is one line and status 1", function()
    local result = run { "-e", "x x" }
    assert.same({ 1, "xero-run: (command line):1: syntax error near 'x'\n" },
      { result.status, result.err })
  end)
end)

describe("-l", function()
  it("requires a module into a global", function()
    assert.equal("table\n", run({ "-l", "cjson", "-e", "print(type(cjson))" }).out)
  end)

  it("takes another name for the global", function()
    local result = run { "-l", "j=cjson", "-e", "print(type(j), cjson)" }
    assert.equal("table\tnil\n", result.out)
  end)

  it("fails for a module that is not there", function()
    local result = run { "-l", "no.such.module" }
    assert.equal(1, result.status)
    assert.matches("module 'no.such.module' not found", result.err, 1, true)
  end)
end)

describe("a bare word", function()
  it("runs a bundled command, whose name is at 0 of arg", function()
    local result = run { "list", "--no-such-option" }
    assert.equal(2, result.status)
    assert.matches("^xero%-run: ", result.err)
  end)

  it("that is mistyped is answered with the command that was meant", function()
    local result = run { "lisst" }
    assert.same({ 2, "", "xero-run: no command 'lisst'\nhint: did you mean list?\n" },
      { result.status, result.out, result.err })
  end)

  it("that is the name of a file is answered with its path", function()
    local place = temp.file("print(1)", "cleanup"):match "^(.*)/"
    local result = run { "cleanup", cwd = place }
    assert.same({ 2, "xero-run: no command 'cleanup'\nhint: did you mean ./cleanup?\n" },
      { result.status, result.err })
  end)

  it("that means nothing is answered with where the commands are listed", function()
    local result = run { "frobnicate" }
    assert.equal(2, result.status)
    assert.matches("hint: xero-run --help", result.err, 1, true)
  end)
end)

it("no word at all is a mistake that names --help", function()
  local result = run {}
  assert.same({ 2, "" }, { result.status, result.out })
  assert.matches("hint: xero-run --help", result.err, 1, true)
end)
