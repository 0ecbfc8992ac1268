-- The Makefile as a packager uses it.

local path = require "pl.path"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
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
  it("installs a program that needs nothing of the source tree, and what goes with it", function()
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

describe("make deb", function()
  -- The package's directory, built of what the tests test.
  local function build()
    local directory = temp.directory() .. "/deb"
    local result = process.run { "scripts/deb/build.sh", directory, "1.2.3", "2026-11-26",
      env = { MAKE = "make BUILD=" .. path.relpath(path.dirname(run.program())) } }
    assert.equal(0, result.status, result.out .. result.err)
    return directory
  end

  local function field(package, name)
    return process.run({ "dpkg-deb", "-f", package, name }).out:gsub("\n$", "")
  end

  it("makes a package that names what it needs, and whose program runs", function()
    if os.getenv "ASAN_OPTIONS" then pending "nobody packages a sanitized build" end
    if not shell.has "dpkg-shlibdeps" then pending "dpkg-dev is not installed" end
    local directory = build()
    local package = directory .. "/xero-run_1.2.3-1_"
      .. process.run({ "dpkg", "--print-architecture" }).out:gsub("\n$", "") .. ".deb"
    assert.equal("1.2.3-1", field(package, "Version"))
    for _, library in ipairs { "libcurl4", "liblua5.4%-0", "libmicrohttpd", "libssl3", "libc6" } do
      assert.matches(library, field(package, "Depends"))
    end
    local root = temp.directory()
    assert.equal(0, process.run({ "dpkg", "-x", package, root }).status)
    assert.equal(0, process.run({ "sh", "-c", "md5sum --quiet -c " .. directory
      .. "/root/DEBIAN/md5sums", cwd = root }).status)
    local result = process.run { root .. "/usr/bin/xero-run", "--sandbox",
      root .. "/usr/share/xero-run/examples/cleanup.lua", cwd = "/" }
    assert.same({ 0, "" }, { result.status, result.err })
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
