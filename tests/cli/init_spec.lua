-- What `xero-run init` puts into a folder, and that it works there at once.

local cjson = require "cjson"
local path = require "pl.path"
local run = require "support.run"
local temp = require "support.temp"

describe("xero-run init", function()
  local place

  before_each(function()
    place = temp.directory()
    local result = run { "init", "new", cwd = place }
    assert.same({ 0, "" }, { result.status, result.err })
    place = place .. "/new"
  end)

  it("writes a policy that can be tried on demo tenants", function()
    local result = run { "--sandbox", "cleanup.lua", cwd = place }
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("\n4 of 34 connections would be disconnected", result.out)
  end)

  it("writes a test of it, which passes without a network", function()
    local result = run { "test", cwd = place }
    assert.equal(0, result.status, result.out .. result.err)
    assert.matches("2 successes / 0 failures", result.out)
  end)

  it("tells editors where the API is: in the folder", function()
    local config = cjson.decode(temp.read(place .. "/.luarc.json"))
    assert.equal("Lua 5.4", config["runtime.version"])
    local stub = place .. "/" .. config["workspace.library"][1] .. "/xero.lua"
    assert.equal(temp.read "lua/types/xero.lua", temp.read(stub))
  end)

  it("overwrites nothing, and then writes nothing", function()
    local other = temp.directory()
    temp.write(other .. "/cleanup.lua", "-- mine\n")
    local result = run { "init", other }
    assert.same({ 2, "" }, { result.status, result.out })
    assert.matches("cleanup.lua is there already, and nothing was written", result.err, 1, true)
    assert.equal("-- mine\n", temp.read(other .. "/cleanup.lua"))
    assert.is_false(path.exists(other .. "/.luarc.json"))
  end)

  it("brings the API up to date, alone", function()
    local stub = place .. "/.xero-run/types/xero.lua"
    temp.write(stub, "-- of long ago\n")
    temp.write(place .. "/cleanup.lua", "-- mine\n")
    assert.equal(0, run({ "init", "--types", cwd = place }).status)
    assert.equal(temp.read "lua/types/xero.lua", temp.read(stub))
    assert.equal("-- mine\n", temp.read(place .. "/cleanup.lua"))
  end)

  it("says in a line where a folder cannot be", function()
    local result = run { "init", "/nowhere/at/all" }
    assert.equal(2, result.status)
    assert.matches("^xero%-run: cannot make /nowhere/at/all: No such file", result.err)
  end)
end)
