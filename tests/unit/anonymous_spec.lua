-- Lists without the people behind them: what is replaced, and what stays comparable.

local anonymous = require "xero.anonymous"
local connection = require "xero.connection"
local uuid = require "xero.uuid"

describe("an anonymised list", function()
  local TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"

  local function real()
    return connection.adopt {
      {
        id = "7cb59f93-2964-421d-bb5e-a0f7a4572a44", tenantId = TENANT, tenantName = "Ada's Café",
        authEventId = "d0ddcf81-f942-4f4d-b3c7-f98045204db4", tenantType = "ORGANISATION",
        createdDateUtc = "2019-12-07T18:46:19.5165400",
        updatedDateUtc = "2020-01-02T03:04:05.0000000", ownerEmail = "ada@example.com",
      },
      {
        id = "8cb59f93-2964-421d-bb5e-a0f7a4572a44", tenantId = TENANT:upper(),
        tenantName = "Ada's Café", tenantType = "PRACTICE",
      },
      { id = "9cb59f93-2964-421d-bb5e-a0f7a4572a44" },
    }
  end

  it("has neither names nor ids of the real one, nor fields that nobody knows", function()
    local first = anonymous.connections(real())[1]
    assert.equal("Tenant 1", first.tenantName)
    assert.is_nil(first.ownerEmail)
    for _, field in ipairs { "id", "tenantId", "authEventId" } do
      assert.is_true(uuid.is(first[field]))
      assert.not_equal(real()[1][field], first[field])
    end
  end)

  it("keeps types and dates", function()
    local first = anonymous.connections(real())[1]
    assert.same({ "ORGANISATION", "2019-12-07T18:46:19.5165400", "2020-01-02T03:04:05.0000000" },
      { first.tenantType, first.createdDateUtc, first.updatedDateUtc })
  end)

  it("keeps equal what is equal, ids without regard to case, and apart what is not", function()
    local list = anonymous.connections(real())
    assert.equal(list[1].tenantId, list[2].tenantId)
    assert.equal(list[1].tenantName, list[2].tenantName)
    assert.not_equal(list[1].id, list[2].id)
  end)

  it("leaves out what was not there", function()
    local third = anonymous.connections(real())[3]
    assert.same({ "", nil, nil }, { third.name, third.tenantName, third.tenantId })
  end)

  it("is the same each time, and leaves the real one as it is", function()
    local list = real()
    assert.same(anonymous.connections(list), anonymous.connections(list))
    assert.same(real(), list)
  end)
end)
