-- The Makefile as a packager uses it.

local path = require "pl.path"
local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

local function make(target, destination)
  local result = process.run { "make", "--silent", target, "DESTDIR=" .. destination,
    "PREFIX=/usr", "BUILD=" .. path.relpath(path.dirname(run.program())) }
  assert.equal(0, result.status, result.err)
end

-- What is left there: files, and directories of ours.
local function leftovers(directory)
  return process.run {
    "find", ".", "!", "-type", "d", "-o", "-name", "*xero*", cwd = directory,
  }.out
end

describe("make install", function()
  it("installs a program that needs nothing of the source tree, and all that goes with it", function()
    local destination = temp.directory()
    make("install", destination)
    local result = process.run { destination .. "/usr/bin/xero-run", "--sandbox",
      destination .. "/usr/share/xero-run/examples/cleanup.lua", cwd = "/" }
    assert.equal(0, result.status, result.err)
    for _, name in ipairs { "doc/xero-run/README.md", "doc/xero-run/LICENSE", "man/man1/xero-run.1",
      "man/man3/xero-run.3lua", "bash-completion/completions/xero-run",
      "fish/vendor_completions.d/xero-run.fish", "zsh/site-functions/_xero-run",
      "xero-run/types/xero.lua" } do
      assert.truthy(path.exists(destination .. "/usr/share/" .. name), name)
    end
  end)

  it("is undone by make uninstall, to the last file", function()
    local destination = temp.directory()
    make("install", destination)
    make("uninstall", destination)
    assert.equal("", leftovers(destination))
  end)

  it("leaves what others put into the same directories", function()
    local destination = temp.directory()
    make("install", destination)
    local other = destination .. "/usr/share/xero-run/examples/mine.lua"
    temp.write(other, "-- mine\n")
    make("uninstall", destination)
    assert.truthy(path.exists(other))
  end)
end)

describe("make demo's script", function()
  it("shows tenants, disconnects some, and shows what is left", function()
    local result = process.run { "scripts/demo.sh", run.program() }
    assert.equal(0, result.status, result.err)
    local _, before = result.out:gsub("Demo Company", "")
    assert.matches("\n%d+ tenants before, %d+ after\n$", result.out)
    assert.is_true(before > 0)
  end)

  it("fails where the program fails", function()
    local result = process.run { "scripts/demo.sh", "/bin/false" }
    assert.not_equal(0, result.status)
  end)
end)
