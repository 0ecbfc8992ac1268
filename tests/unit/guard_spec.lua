-- What may be disconnected: protection, limits, and what counts towards them.

local deletion = require "xero.deletion"
local guard = require "xero.guard"

local BOOKS = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"

local function id(i) return ("%08x-0000-4000-8000-000000000000"):format(i) end

local function works(first, last, tenant)
  local list = {}
  for i = first, last do
    local work = deletion.new(id(i))
    work.tenant = tenant or id(i + 1000)
    list[#list + 1] = work
  end
  return list
end

local function new(keys, run)
  return guard.new({ name = "acme", keys = keys }, run or { count = 0 })
end

describe("a guard", function()
  it("lets everything pass where nothing is said", function()
    local g = new {}
    assert.is_false(g:needs_list())
    assert.is_nil(g:admit(works(1, 5000)))
  end)

  it("refuses a protected tenant and says why it is one", function()
    local g = new { protect = { [BOOKS:upper()] = "our own books" } }
    assert.is_true(g:needs_list())
    local refusal = g:admit(works(1, 1, BOOKS))
    assert.equal("protected", refusal.kind)
    assert.matches("our own books", refusal.message, 1, true)
    assert.matches("profile acme", refusal.hint, 1, true)
    assert.is_nil(g:admit(works(2, 3)))
  end)

  it("refuses all where one of many is protected", function()
    local g = new { protect = { [BOOKS] = "ours" }, limits = { max_disconnects = 3 } }
    local list = works(1, 2)
    table.insert(list, works(3, 3, BOOKS)[1])
    assert.equal("protected", g:admit(list).kind)
    assert.is_nil(g:admit(works(11, 13)), "what was refused counts nothing")
  end)

  it("takes a connection of which Xero names no tenant for a protected one", function()
    local g = new { protect = { [BOOKS] = "ours" } }
    local list = works(1, 1)
    list[1].tenant = false
    assert.equal("protected", g:admit(list).kind)
    assert.matches("may be a protected one", g:admit(list).message)
    list[1].tenant = nil
    assert.is_nil(g:admit(list), "one that is not there is nobody's")
  end)

  it("holds --max-disconnects over all profiles of the run, a limit over its own", function()
    local run = { count = 0 }
    local one, other = new({ limits = { max_disconnects = 2 } }, run), new({}, run)
    assert.is_nil(one:admit(works(1, 2), 3))
    assert.is_nil(other:admit(works(3, 3), 3))
    local refusal = other:admit(works(4, 4), 3)
    assert.matches("disconnecting 1, after 3 in this run, is more than 3: --max-disconnects 3",
      refusal.message, 1, true)
    one:release(id(1))
    assert.is_nil(other:admit(works(4, 4), 3))
    assert.matches("after 1 in this run, is more than 2", one:admit(works(5, 6), 9).message)
  end)

  it("counts over the whole run, each connection once", function()
    local g = new { limits = { max_disconnects = 3 } }
    assert.is_nil(g:admit(works(1, 2)))
    assert.is_nil(g:admit(works(1, 3)))
    local refusal = g:admit(works(4, 4))
    assert.equal("limit", refusal.kind)
    assert.matches("max_disconnects = 3 of profile acme", refusal.message, 1, true)
    assert.matches("after 3 in this run", refusal.message, 1, true)
  end)

  it("counts no more what surely was not disconnected", function()
    local g = new { limits = { max_disconnects = 1 } }
    assert.is_nil(g:admit(works(1, 1)))
    g:release(id(1))
    g:release(id(1))
    assert.is_nil(g:admit(works(2, 2)))
    assert.equal("limit", g:admit(works(3, 3)).kind)
  end)

  it("takes zero for zero", function()
    assert.equal("limit", new { limits = { max_disconnects = 0 } }:admit(works(1, 1)).kind)
    assert.equal("limit", new { limits = { max_percent = 0 } }:admit(works(1, 1), nil, 1000).kind)
    assert.equal("limit", new {}:admit(works(1, 1), 0).kind)
  end)

  it("knows a percentage of what there was when the run began", function()
    local g = new { limits = { max_percent = 10 } }
    assert.is_true(g:needs_list())
    assert.is_nil(g:admit(works(1, 10), nil, 109))
    assert.equal("limit", g:admit(works(11, 11), nil, 109).kind)
    assert.is_nil(new { limits = { max_percent = 7 } }:admit(works(1, 7), nil, 100))
    assert.is_nil(new { limits = { max_percent = 100 } }:admit(works(1, 3), nil, 3))
  end)

  it("holds the smallest limit, so that an option cannot loosen the profile's", function()
    for _, case in ipairs { { 5, 9, 50 }, { 9, 5, 50 }, { 9, 9, 5 } } do
      local g = new { limits = { max_disconnects = case[1], max_percent = case[3] } }
      assert.is_nil(g:admit(works(1, 5), case[2], 100))
      assert.equal("limit", g:admit(works(6, 6), case[2], 100).kind)
    end
  end)
end)
