-- The command lines of commands and scripts: what is taken, and how a mistake fails.

local args = require "xero.args"
local xero_error = require "xero.error"

local OPTION_TABLE = {
  { long = "dry-run", short = "n", help = "send no DELETE", kind = "flag" },
  { long = "format", short = "f", argument = "FORMAT", help = "how lists are printed",
    kind = "choice", choices = { "table", "json", "csv" } },
  { long = "timeout", argument = "DURATION", help = "the longest wait", kind = "duration" },
  { long = "concurrency", argument = "N", help = "how many at once", kind = "count",
    least = 1, most = 32 },
  { long = "lib", argument = "DIR", help = "a directory", kind = "text" },
}

local function new()
  local native = { options = {}, option_table = function() return OPTION_TABLE end }
  local parser = args("list", "Lists the connections.", native)
  parser:host_options "format" "dry-run" "timeout"
  parser:host_options("concurrency", "lib")
  parser:option("--sort", "how to sort"):choices { "name", "created" }
  parser:argument("id"):args "*"
  return parser, native.options
end

local function failure(...)
  local parser = new()
  local ok, err = pcall(parser.parse, parser, { ... })
  assert.is_false(ok)
  assert.is_true(xero_error.is(err, "usage"))
  assert.equal(2, err:exit_status())
  return err
end

describe("xero.args", function()
  it("reads options and arguments", function()
    local parser = new()
    assert.same({ id = { "a", "b" }, sort = "name" }, parser:parse { "a", "--sort", "name", "b" })
  end)

  it("stores options of the host with the host's", function()
    local parser, options = new()
    local read = parser:parse {
      "-n", "-fjson", "--timeout=90s", "--concurrency", "4", "--lib", "x",
    }
    assert.same({ dry_run = true, format = "json", timeout = 90, concurrency = 4, lib = "x" },
    options)
    assert.equal("json", read.format)
  end)

  it("leaves options of the host that are not given as they were", function()
    local parser, options = new()
    options.format = "csv"
    parser:parse {}
    assert.same({ format = "csv" }, options)
  end)

  it("takes an option that the host has not for a bug", function()
    local parser = new()
    assert.error_matches(function() parser:host_options "no-such" end, "no option %-%-no%-such")
  end)

  it("suggests the option that was meant", function()
    local err = failure "--fromat"
    assert.equal("unknown option '--fromat'", err.message)
    assert.equal("did you mean --format? see xero-run list --help", err.hint)
  end)

  it("suggests the choice that was meant, however it was given", function()
    local hint = "did you mean json? see xero-run list --help"
    assert.equal(hint, failure("--format", "jsno").hint)
    assert.equal(hint, failure("--format=jsno").hint)
    assert.equal(hint, failure("-fjsno").hint)
    assert.equal("did you mean created? see xero-run list --help", failure("--sort", "create").hint)
    assert.equal("see xero-run list --help", failure("--sort", "zzz").hint)
  end)

  it("says what is wrong with a value", function()
    assert.equal("--timeout: not a duration: x (write 90s, 15m, 36h or 30d)",
      failure("--timeout", "x").message)
    assert.equal("--timeout: a duration must be longer than nothing",
      failure("--timeout", "0s").message)
    for _, value in ipairs { "x", "1.5", "-1", "" } do
      assert.equal(("--concurrency: '%s' is no whole number from 1 to 32"):format(value),
        failure("--concurrency=" .. value).message)
    end
    assert.equal("option '--sort' requires an argument", failure("--sort").message)
  end)

  it("raises a script's own complaints alike", function()
    local parser = new()
    local ok, err = pcall(parser.error, parser, "--a and --b exclude each other")
    assert.is_false(ok)
    assert.is_true(xero_error.is(err, "usage"))
    assert.equal("--a and --b exclude each other", err.message)
  end)

  it("keeps the message printable", function()
    assert.equal([[unknown option '--\x1b[2J']], failure("--\27[2J").message)
  end)

  it("keeps its help within 80 columns, an option with its names on a line", function()
    local parser = new()
    parser:option("--long", ("a long explanation "):rep(20))
    local help = parser:get_help()
    for line in help:gmatch "[^\n]+" do assert.is_true(#line <= 80, line) end
    assert.matches("Usage: xero-run list", help, 1, true)
    assert.matches("-f, --format FORMAT", help, 1, true)
    assert.matches("table, json, csv", help, 1, true)
    assert.matches("-h, --help", help, 1, true)
  end)
end)
