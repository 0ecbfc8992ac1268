-- A login that a script keeps itself: what its two functions may do, and what their failures are.

local errors = require "xero.error"
local keepers = require "xero.keeper"
local login_form = require "xero.login_form"
local native = require "xero.native"
local raised = require("support.raised").failure
local temp = require "support.temp"

local TOKENS = { access_token = "a", refresh_token = "r", expires_at = 2000000000,
  token_type = "Bearer" }

local function keeper(getter, saver)
  return keepers.script(native, "APP", getter or function() return TOKENS end,
    saver or function() end)
end

describe("a script's token_getter", function()
  it("gives the grant, of the app that is configured", function()
    local about = keeper():load():about()
    assert.equal("APP", about.client_id)
    assert.equal(2000000000, about.expires_at)
    assert.is_true(about.has_refresh)
  end)

  it("may give nothing", function()
    assert.is_nil(keeper(function() end):load())
  end)

  for what, case in pairs {
    ["that raises"] = { function() error("no database", 0) end,
      "token_getter failed: no database" },
    ["that gives no table"] = { function() return "token" end,
      "token_getter gave a string, not a table or nil" },
    ["that gives no access token"] = { function() return { refresh_token = "r" } end,
      "token_getter: access_token is not one" },
    ["that gives a wrong token"] = { function()
      return { access_token = "a b", expires_at = 2000000000 }
    end, "token_getter: access_token is not one" },
  } do
    it(what .. " is a failure of the store", function()
      local k = keeper(case[1])
      local err = raised(k.load, k)
      assert.equal("store", err.kind)
      assert.equal(case[2], err.message)
    end)
  end

  it("that is interrupted is interrupted", function()
    local k = keeper(function()
      errors.raise { kind = "interrupted", message = "x", signal = "SIGINT" }
    end)
    assert.equal("interrupted", raised(k.load, k).kind)
  end)
end)

describe("a script's token_saver", function()
  it("is given what a token response holds", function()
    local given
    local k = keeper(nil, function(tokens) given = tokens end)
    assert.is_true(k:save(k:load()))
    assert.equal("a", given.access_token)
    assert.equal("r", given.refresh_token)
    assert.equal("Bearer", given.token_type)
    assert.equal(2000000000, given.expires_at)
  end)

  it("that raises has not saved", function()
    local k = keeper(nil, function() error("the disk is full", 0) end)
    local saved, message = k:save(k:load())
    assert.is_nil(saved)
    assert.equal("token_saver failed: the disk is full", message)
  end)

  it("is not called for what is only noted", function()
    local k = keeper(nil, function() error "called" end)
    assert.is_true(k:note(k:load():change { refresh_started_at = 1999999999 }))
  end)
end)

describe("the room for a new login", function()
  it("is no matter of a script's", function()
    assert.is_true(keeper():prepare())
  end)

  it("is none where the key of the files cannot be had", function()
    local form = login_form.new(native, function()
      errors.raise { kind = "usage", message = "no key" }
    end)
    local k = keepers.files(native, temp.directory(), form, true)
    assert.equal("no key", raised(k.prepare, k).message)
  end)
end)

describe("the lock of a script's login", function()
  it("is refused to a getter or saver that needs a token itself", function()
    local k = keeper()
    do
      local lock <close> = k:lock(1)
      assert.is_truthy(lock)
      local again, err = k:lock(1)
      assert.is_nil(again)
      assert.equal("store", err.kind)
    end
    local lock <close> = k:lock(1)
    assert.is_truthy(lock)
  end)
end)
