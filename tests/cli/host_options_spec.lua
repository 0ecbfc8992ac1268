-- The options of the host: how they are written, what is wrong with them, what they print.

local run = require "support.run"

-- The value of one option as Lua sees it.
local function value(name, words)
  words = table.move(words, 1, #words, 1, {})
  table.move({ "-e", ("print(require('xero.native').options.%s)"):format(name) }, 1, 2,
    #words + 1, words)
  local result = run(words)
  assert.equal(0, result.status, result.err)
  return (result.out:gsub("\n$", ""))
end

local function refused(words)
  local result = run(words)
  assert.same({ 2, "" }, { result.status, result.out })
  return result.err
end

describe("an option", function()
  it("takes its value after = or in the next word", function()
    assert.equal("1.5", value("timeout", { "--timeout=1500ms" }))
    assert.equal("90.0", value("timeout", { "--timeout", "90s" }))
    assert.equal("json", value("format", { "-f", "json" }))
    assert.equal("json", value("format", { "-fjson" }))
    assert.equal("csv", value("format", { "--format=csv" }))
  end)

  it("of one letter may be grouped with others", function()
    assert.equal("true", value("yes", { "-ny" }))
    assert.equal("true", value("dry_run", { "-yn" }))
    assert.equal("ids", value("format", { "-nyf", "ids" }))
    assert.equal("7\n", run({ "-ne", "print(7)" }).out)
  end)

  it("that is not given is nil or false", function()
    assert.equal("nil", value("timeout", {}))
    assert.equal("nil", value("format", {}))
    assert.equal("false", value("dry_run", {}))
  end)

  it("given twice has the later value", function()
    assert.equal("60.0", value("timeout", { "--timeout=1s", "--timeout=1m" }))
  end)

  it("that is unknown is answered with the one that was meant", function()
    assert.equal("xero-run: unknown option --dryrun\nhint: did you mean --dry-run?\n",
      refused { "--dryrun", "-e", "print(1)" })
    assert.equal("xero-run: unknown option --fromat\nhint: did you mean --format?\n",
      refused { "--fromat=json", "-e", "print(1)" })
  end)

  it("is not abbreviated", function()
    assert.matches("unknown option --form", refused { "--form=json" }, 1, true)
    assert.matches("unknown option --dry", refused { "--dry", "-e", "" }, 1, true)
  end)

  it("with a number out of its range is a clear line", function()
    local line = "xero-run: --concurrency: '%s' is no whole number from 1 to 32\n"
    for _, number in ipairs { "0", "33", "-1", "4.0", "", "x", "99999999999999999999" } do
      assert.equal(line:format(number), refused { "--concurrency=" .. number, "-e", "" })
    end
    assert.matches("from 0 to 1000000", refused { "--max-disconnects=-1", "-e", "" }, 1, true)
    assert.equal(0, run { "--max-disconnects", "0", "--concurrency", "32", "-e", "" }.status)
  end)

  it("without its value, or with one it does not take, is a clear line", function()
    assert.equal("xero-run: --timeout needs a value: DURATION\n", refused { "--timeout" })
    assert.equal("xero-run: -e needs a value: STAT\n", refused { "-e" })
    assert.equal("xero-run: --yes takes no value\n", refused { "--yes=no", "-e", "" })
  end)

  it("with a value that makes no sense is a clear line", function()
    for _, text in ipairs { "", "0s", "-1s", "30", "1.2.3s", "1e3s", "inf", "nan", "0x1s", "5x",
      "s", ".5s", "30 s", "99999999999999999s" } do
      assert.equal(("xero-run: --timeout: '%s' is no duration: write 500ms, 90s, 15m or 36h\n")
        :format(text), refused { "--timeout=" .. text, "-e", "" })
    end
    assert.equal("xero-run: --format: 'tabel' is none of table, json, jsonl, csv, ids\n"
      .. "hint: did you mean table?\n", refused { "-f", "tabel", "-e", "" })
  end)
end)

describe("--dry-run", function()
  it("cannot be taken back by a script", function()
    local result = run { "-n", "-e", [[
      local options = require "xero.native".options
      options.dry_run = false
      print(options.dry_run)
    ]] }
    assert.equal("true\n", result.out)
  end)
end)

describe("--help", function()
  local help = run { "-h" }

  it("lists the options, the commands with their purpose, and the exit statuses", function()
    assert.same({ 0, "" }, { help.status, help.err })
    assert.matches("table,%s+json,%s+jsonl,%s+csv,%s+ids", help.out)
    for _, text in ipairs { "-e STAT", "-n, --dry-run", "    --timeout DURATION", "\n  list  ",
      "\n  130, 143  " } do
      assert.truthy(help.out:find(text, 1, true), text)
    end
    assert.matches("\n  list +%w+", help.out)
  end)

  it("fits a terminal", function()
    for line in help.out:gmatch "[^\n]+" do
      assert.is_true(#line <= 80, line)
    end
  end)

  it("after a command is the command's own", function()
    local result = run { "list", "--help" }
    assert.equal(0, result.status, result.err)
    assert.not_equal(help.out, result.out)
  end)
end)

describe("--version", function()
  it("prints the versions of the program and of what it stands on", function()
    local result = run { "--version" }
    assert.equal(0, result.status)
    assert.matches("^xero%-run %d+%.%d+%.%d+ "
      .. "%(Lua 5%.4%.%d+, libcurl %d[%d.]+, OpenSSL 3[%d.]+%)\n$", result.out)
  end)

  it("goes on with the script, as lua -v does", function()
    assert.matches("\n7\n$", run({ "-v", "-e", "print(7)" }).out)
  end)
end)

describe("-E", function()
  it("ignores LUA_PATH and LUA_CPATH", function()
    local env = { LUA_PATH = "/from-path/?.lua", LUA_CPATH_5_4 = "/from-cpath/?.so" }
    local show = "print(package.path, package.cpath)"
    assert.equal("/from-path/?.lua\t/from-cpath/?.so\n", run({ "-e", show, env = env }).out)
    assert.not_matches("from", run({ "-E", "-e", show, env = env }).out)
  end)
end)

it("LUA_INIT is not looked at", function()
  assert.equal("", run({ "-e", "", env = { LUA_INIT = "print 'init'" } }).out)
end)

describe("-W", function()
  it("turns warnings on", function()
    assert.equal("", run({ "-e", "warn 'careful'" }).err)
    assert.matches("careful", run({ "-W", "-e", "warn 'careful'" }).err)
  end)
end)
