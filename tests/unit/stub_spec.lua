-- The stub for editors: that it is of the sources as they are, and tells of everything there is.

local process = require "support.process"
local run = require "support.run"
local temp = require "support.temp"

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
    local names = run.lines [[
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
