-- The manual pages and the stub for editors: that they tell of everything there is.

local path = require "pl.path"
local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

local BUILD = path.dirname(run.program())

-- What the program's own Lua says, a line each.
local function lines_of(statements)
  local result = run { "-e", statements }
  assert.equal(0, result.status, result.err)
  local lines = {}
  for line in result.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  assert.is_true(#lines > 0)
  return lines
end

describe("xero-run(1)", function()
  local page

  -- Without what makes hyphens be minus signs, and options bold.
  before_each(function()
    page = temp.read(BUILD .. "/man/xero-run.1"):gsub("\\%-", "-"):gsub("Fl ", "-")
  end)

  it("names every option", function()
    for _, name in ipairs(lines_of [[
      for _, row in ipairs(require "xero.native".option_table()) do
        print(row.long and "--" .. row.long or "-" .. row.short)
      end]]) do
      assert.truthy(page:find(name, 1, true), name)
    end
  end)

  it("names every command, with the options of each", function()
    for _, name in ipairs(lines_of [[
      for _, name in ipairs(require "xero.native".command_names()) do print(name) end]]) do
      assert.truthy(page:find("\n.Ss xero-run " .. name .. "\n", 1, true), name)
    end
    assert.truthy(page:find("\n.It --older-than Ar DURATION\n", 1, true))
  end)

  it("names the variables that README.md names", function()
    local rows = temp.read "README.md":match "\n## Environment\n(.-)\n## "
    for name in rows:gmatch "`(%u[%u_]+)`" do
      assert.truthy(page:find("Ev " .. name, 1, true), name)
    end
  end)

  it("has the exit statuses of --help", function()
    for _, meaning in ipairs(lines_of [[
      for _, row in ipairs(require "xero.native".status_table()) do
        print(row.status, row.meaning)
      end]]) do
      local status, word = meaning:match "^(%d+)[^\t]*\t(%w+)"
      assert.matches("\n%.It Li " .. status .. "[^\n]*\n" .. word:sub(1, 1):upper() .. word:sub(2),
        page)
    end
  end)
end)

describe("xero-run(3lua)", function()
  it("tells of every function and module that require \"xero\" gives", function()
    local page = temp.read(BUILD .. "/man/xero-run.3lua")
    for _, name in ipairs(lines_of [[
      for name in pairs(require "xero") do print(name) end]]) do
      assert.truthy(page:find("xero." .. name, 1, true) or page:find("Fa " .. name, 1, true), name)
    end
    assert.truthy(page:find("\n.Ss xero.time.duration(value)\n", 1, true))
    assert.truthy(page:find("\n.It Li rate_limit\n", 1, true))
  end)
end)

describe("lua/types/xero.lua, the API for editors,", function()
  local STUB = "lua/types/xero.lua"

  it("is what the annotations of the sources say now; `make stub` makes it", function()
    local words = { run.program(), "scripts/make/stub.lua" }
    for file in process.run { "sh", "-c", "ls lua/xero/*.lua" }.out:gmatch "[^\n]+" do
      words[#words + 1] = file
    end
    local result = process.run(words)
    assert.equal(0, result.status, result.err)
    assert.equal(result.out, temp.read(STUB))
  end)

  it("is Lua, and says that it is a definition", function()
    local text = temp.read(STUB)
    assert.matches("^%-%-%-@meta xero\n", text)
    assert.truthy(load(text, "=stub", "t"))
  end)

  it("defines every class that it speaks of", function()
    local text = temp.read(STUB)
    local count = 0
    for name in text:gmatch "xero%.[%l.]*%u[%w_.]*" do
      name = name:gsub("%.$", "")
      local defined = text:find("@class " .. name .. "%f[^%w_.]")
        or text:find("@alias " .. name .. "%f[^%w_.]")
      assert.truthy(defined, name)
      count = count + 1
    end
    assert.is_true(count > 50)
  end)

  it("has every function of the module and of its modules", function()
    local text = temp.read(STUB)
    local names = lines_of [[
      local xero = require "xero"
      local seen = { client = 1, get_connections = 1, delete_connection = 1, token = 1 }
      for name in pairs(seen) do assert(xero[name]) print(name) end
      for _, name in ipairs { "time", "json", "table", "http", "source", "policy", "error" } do
        for key, value in pairs(xero[name]) do
          if type(value) == "function" then print(key) end
        end
      end]]
    local left_out = {}
    for _, name in ipairs(names) do
      local as_function = text:find("[%.:]" .. name .. "%f[^%w_]")
      if not as_function and not text:find("@field " .. name .. " ") then
        left_out[#left_out + 1] = name
      end
    end
    -- What only the library itself calls is marked @package.
    table.sort(left_out)
    assert.same({ "date_of", "decode_list", "interruption", "is_interruption", "load",
      "returned", "settle", "shown" }, left_out)
  end)
end)
