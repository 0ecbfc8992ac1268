-- What is a UUID, and which two are the same.

local uuid = require "xero.uuid"

local ID = "7cb59f93-2964-421d-bb5e-a0f7a4572a44"

describe("xero.uuid", function()
  it("knows a UUID in either case", function()
    assert.is_true(uuid.is(ID))
    assert.is_true(uuid.is(ID:upper()))
  end)

  it("refuses everything else", function()
    for _, value in ipairs {
      "", "x", ID:sub(2), ID .. "a", "{" .. ID .. "}", ID .. "\n", ID:gsub("-", ""), ID:gsub("7",
      "g"),
      "urn:uuid:" .. ID, ID .. "\0", "7cb59f932964-421d-bb5e-a0f7a4572a44-", 7,
    } do
      assert.is_false(uuid.is(value), tostring(value))
      assert.is_nil(uuid.parse(value), tostring(value))
    end
    assert.is_false(uuid.is(nil))
  end)

  it("compares without regard to case", function()
    assert.is_true(uuid.equal(ID, ID:upper()))
    assert.is_false(uuid.equal(ID, (ID:gsub("7", "8"))))
    assert.equal(ID, uuid.normal(ID:upper()))
    assert.equal(ID, uuid.parse(ID:upper()))
  end)
end)
