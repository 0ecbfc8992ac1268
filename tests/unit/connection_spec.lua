-- A connection as scripts see it: Xero's own fields, and what is worked out of them.

local connection = require "xero.connection"
local json = require "xero.json"
local xero_error = require "xero.error"

local DEMO = [[[{
  "id": "7cb59f93-2964-421d-bb5e-a0f7a4572a44",
  "authEventId": "d0ddcf81-f942-4f4d-b3c7-f98045204db4",
  "tenantId": "fe79f7dd-b6d4-4a92-ba7b-538af6289c58",
  "tenantName": "Demo Company (NZ)",
  "tenantType": "ORGANISATION",
  "createdDateUtc": "2019-12-07T18:46:19.5165400",
  "updatedDateUtc": "2019-12-07T18:46:19.5187840"
}]
]]

local function adopt(text)
  return connection.adopt(assert(json.decode(text)))
end

local function refusal(text)
  local ok, err = pcall(connection.adopt, (json.decode(text)))
  assert.is_false(ok)
  assert.is_true(xero_error.is(err, "protocol"))
  return err.message
end

describe("xero.connection", function()
  it("keeps Xero's fields and adds a name and instants", function()
    local c = adopt(DEMO)[1]
    assert.equal("7cb59f93-2964-421d-bb5e-a0f7a4572a44", c.id)
    assert.equal("Demo Company (NZ)", c.name)
    assert.equal(1575744379.51654, c.created_at)
    assert.equal(1575744379.518784, c.updated_at)
    assert.is_nil(c.no_such_field)
    assert.is_true(connection.is(c))
    assert.is_false(connection.is {})
    assert.is_false(connection.is(nil))
  end)

  it("shows only Xero's fields to pairs", function()
    local c, keys = adopt(DEMO)[1], {}
    assert.is_truthy(c.name and c.created_at)
    for key in pairs(c) do keys[#keys + 1] = key end
    local fields = { table.unpack(connection.FIELDS) }
    table.sort(keys)
    table.sort(fields)
    assert.same(fields, keys)
  end)

  it("gives a connection without fields an empty name and no instants", function()
    local c = adopt("[{}]")[1]
    assert.equal("", c.name)
    assert.is_nil(c.created_at)
    assert.is_nil(c.id)
    assert.equal("(no name) (no id)", tostring(c))
  end)

  it("is its id as text, where nothing else is known of it", function()
    local c = connection.adopt({ { id = "7cb59f93-2964-421d-bb5e-a0f7a4572a44" } })[1]
    assert.equal("7cb59f93-2964-421d-bb5e-a0f7a4572a44", tostring(c))
  end)

  it("turns null into nil and a bad date into no instant", function()
    local c = adopt('[{"tenantName":null,"x":null,"createdDateUtc":"invalid"}]')[1]
    assert.is_nil(c.tenantName)
    assert.is_nil(c.x)
    assert.equal("", c.name)
    assert.equal("invalid", c.createdDateUtc)
    assert.is_nil(c.created_at)
  end)

  describe("with a date that is none", function()
    local BAD = [[[{"id":"a","createdDateUtc":"inva\nlid","updatedDateUtc":"2019-12-07T18:46:19"},
      {"id":"b","createdDateUtc":"","updatedDateUtc":"soon"}, {"id":"c"}]
    ]]
    local warnings

    local function adopt_warning(text)
      warnings = {}
      return connection.adopt(assert(json.decode(text)), {
        warn = function(format, ...) warnings[#warnings + 1] = format:format(...) end,
      })
    end

    it("warns when the instant is asked for, once for the whole list", function()
      local list = adopt_warning(BAD)
      assert.same({}, warnings)
      for _ = 1, 2 do
        for _, c in ipairs(list) do assert.is_nil(c.created_at) end
      end
      assert.is_nil(list[2].updated_at)
      assert.same({ "createdDateUtc of (no name) (a) is no date: inva\\nlid" }, warnings)
    end)

    it("warns of each list that has one, and cuts what is long", function()
      local long = ('[{"id":"a","updatedDateUtc":"%s"}]'):format(("x"):rep(10000))
      for _ = 1, 2 do
        assert.is_nil(adopt_warning(long)[1].updated_at)
        assert.equal(1, #warnings)
        assert.is_true(#warnings[1] < 120)
      end
    end)

    it("has nothing to say where there is no date, or a good one", function()
      for _, c in ipairs(adopt_warning('[{}, {"createdDateUtc":"2019-12-07T18:46:19"}]')) do
        assert.is_nil(c.created_at and c.updated_at)
      end
      assert.same({}, warnings)
    end)
  end)

  it("has names of its own that no field of Xero's hides", function()
    local text = '{"id":"a","tenantName":"Ours","name":{"first":"x"},"created_at":"2019-12-07",'
      .. '"updated_at":5}'
    local c = adopt("[" .. text .. "]")[1]
    assert.equal("Ours", c.name)
    assert.is_nil(c.created_at)
    assert.is_nil(c.updated_at)
    assert.equal("Ours (a)", tostring(c))
  end)

  it("takes a list of plain rows alike, be its keys told or not", function()
    for _, text in ipairs {
      DEMO, '[{"id":"a","name":"x","updated_at":"y"},{"id":"b","name":"z"}]',
      '[{"id":"a"},{"id":"b","created_at":"x"}]',
    } do
      local list, _, keys = json.decode_list(text)
      local told, untold = connection.adopt(list, nil, keys), adopt(text)
      for i, expected in ipairs(untold) do
        assert.same(expected, told[i])
        for _, key in ipairs { "name", "created_at", "updated_at" } do
          assert.equal(expected[key], told[i][key])
        end
      end
      assert.same(connection.as_sent(untold), connection.as_sent(told))
    end
  end)

  it("keeps unknown fields whatever they are", function()
    local text = '[{"id":"a","new":{"list":[],"n":1.5,"ok":true}}]'
    assert.equal(text, json.encode(adopt(text)))
    text = '[{"list":[[1],{"a":[2]}],"n":7}]'
    local list = connection.adopt(json.decode_list(text))
    assert.equal(text, json.encode(list))
    assert.equal("integer", math.type(list[1].n))
    assert.is_true(json.is_array(list[1].list[2].a))
  end)

  it("refuses a number that is none", function()
    local ok, err = pcall(connection.adopt, json.decode_list '[{},{"new":{"n":[-1e999]}}]')
    assert.is_false(ok)
    assert.is_true(xero_error.is(err, "protocol"))
    assert.matches("connection 2: new: number out of range", err.message, 1, true)
  end)

  it("refuses a known field that is no string, saying which", function()
    assert.matches("connection 2: tenantName is a number",
      refusal '[{"tenantName":"a"},{"tenantName":7}]', 1, true)
    assert.matches("connection 1: id is a list", refusal '[{"id":[]}]', 1, true)
    assert.matches("connection 1: id is an object", refusal '[{"id":{}}]', 1, true)
    assert.matches("connection 1: tenantId is a boolean", refusal '[{"tenantId":false}]', 1, true)
  end)

  it("refuses an element that is no object", function()
    assert.matches("element 2 is a number", refusal "[{},1]", 1, true)
    assert.matches("element 1 is a list", refusal "[[]]", 1, true)
    assert.matches("element 1 is a list", refusal '[["a"]]', 1, true)
    local ok, err = pcall(connection.adopt, json.decode_list '[["a"]]')
    assert.is_false(ok)
    assert.matches("element 1 is a list", err.message, 1, true)
    assert.matches("element 1 is null", refusal "[null]", 1, true)
  end)

  it("refuses a body that is no list", function()
    for text, what in pairs { ["{}"] = "an object", ["7"] = "a number", ['"x"'] = "a string" } do
      assert.matches("not a list but " .. what, refusal(text), 1, true)
    end
    assert.same({}, adopt "[]")
  end)

  it("is printable as text, whatever a script has made of it", function()
    local c = adopt(DEMO)[1]
    c.tenantName, c.id = true, { 7 }
    assert.matches("^true %(table: ", tostring(c))
  end)

  it("is printable as text, whatever the tenant is called", function()
    local c = adopt([=[[{"id":"x","tenantName":"Evil\u001b[2J\u202eCo\n"}]]=])[1]
    assert.equal([[Evil\x1b[2J\u{202e}Co\n (x)]], tostring(c))
  end)

  describe("explain", function()
    local TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
    local EVENT = "d0ddcf81-f942-4f4d-b3c7-f98045204db4"
    local list = adopt(json.encode {
      { id = "a", tenantId = TENANT, authEventId = EVENT, tenantName = "Acme\27" },
      { id = "b", tenantId = "t2", authEventId = EVENT },
      { id = "c", tenantId = "t2" },
      {},
    })

    it("says whose tenant id it is, in either case", function()
      local expected = [[that is the tenant id of Acme\x1b (connection a)]]
      assert.equal(expected, connection.explain(list, TENANT))
      assert.equal(expected, connection.explain(list, TENANT:upper()))
      assert.equal("that is the tenant id of (no name) (connections b, c)",
        connection.explain(list, "t2"))
    end)

    it("says how many connections one consent made", function()
      assert.equal("that is the auth event id of 2 connections", connection.explain(list, EVENT))
    end)

    it("has nothing to say of a connection's id or an unknown one", function()
      assert.is_nil(connection.explain(list, "a"))
      assert.is_nil(connection.explain(list, "zzz"))
      assert.is_nil(connection.explain({}, TENANT))
    end)

    it("finds a connection by its id", function()
      assert.equal(list[1], connection.find(list, "A"))
      assert.is_nil(connection.find(list, TENANT))
    end)
  end)
end)
