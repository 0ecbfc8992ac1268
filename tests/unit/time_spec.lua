-- Dates and durations: what is read, and how they are written.

local time = require "xero.time"

describe("xero.time", function()
  describe("parse", function()
    it("reads every form that Xero and its peers send, as UTC where no zone is given", function()
      for text, epoch in pairs {
        ["2020-04-03T05:35:06"] = 1585892106,
        ["2020-02-28 11:02:54"] = 1582887774,
        ["2019-12-10T12:59:59Z"] = 1575982799,
        ["2019-12-07T18:46:19.5187840"] = 1575744379.518784,
        ["2019-12-07T18:46:19.5187840Z"] = 1575744379.518784,
        ["2019-12-07T18:46:19.5165400"] = 1575744379.51654,
        ["2016-10-14T09:13:36.437000+13:00"] = 1476389616.437,
      } do
        assert.equal(epoch, time.parse(text), text)
      end
    end)

    it("reads lower-case letters, offsets either way, and a date alone", function()
      assert.equal(1575982799, time.parse "2019-12-10t12:59:59z")
      assert.equal(1575982799, time.parse "2019-12-10T07:29:59-05:30")
      assert.equal(1575982799, time.parse "2019-12-11T02:59:59+1400")
      assert.equal(1575936000, time.parse "2019-12-10")
    end)

    it("knows the calendar", function()
      assert.equal(0, time.parse "1970-01-01T00:00:00")
      assert.equal(-1, time.parse "1969-12-31T23:59:59")
      assert.equal(951782400, time.parse "2000-02-29")
      assert.equal(951868800, time.parse "2000-03-01")
      assert.equal(1709164800, time.parse "2024-02-29")
      assert.equal(-62135596800, time.parse "0001-01-01T00:00:00")
      assert.equal(253402300799, time.parse "9999-12-31T23:59:59Z")
      assert.is_nil(time.parse "1900-02-29")
      assert.is_nil(time.parse "2023-02-29")
    end)

    it("keeps integers whole and fractions of any length", function()
      assert.equal("integer", math.type(time.parse "2020-04-03T05:35:06"))
      assert.equal(0.5, time.parse "1970-01-01T00:00:00.5")
      assert.equal(0.123456789012345, time.parse("1970-01-01T00:00:00.123456789012345678901"))
    end)

    it("takes a leap second at the end of a day only", function()
      assert.equal(1483228800, time.parse "2016-12-31T23:59:60Z")
      assert.equal(1483228800, time.parse "2017-01-01T00:59:60+01:00")
      assert.is_nil(time.parse "2016-12-31T22:59:60Z")
    end)

    it("refuses what an offset takes beyond the years that can be written", function()
      for _, text in ipairs { "9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00",
        "9999-12-31T23:59:60Z" } do
        assert.is_nil(time.parse(text))
        assert.is_nil(time.date_of(text))
      end
    end)

    it("refuses what is no date", function()
      for _, text in ipairs {
        "", "invalid", "2019-12-07T", "2019-12-07T18:46", "2019-12-07X18:46:19", "2019-13-01",
        "2019-00-01",
        "2019-04-31", "2019-01-00", "2019-12-07T24:00:00", "2019-12-07T23:60:00",
        "2019-12-07T23:59:61",
        "2019-12-07T18:46:19.", "2019-12-07T18:46:19,5", "2019-12-07T18:46:19+",
        "2019-12-07T18:46:19+25:00",
        "2019-12-07T18:46:19+05:60", "2019-12-07T18:46:19 UTC", " 2019-12-07", "2019-12-07\n",
        "19-12-07",
        "2019-12-07T18:46:19ZZ", "12019-12-07",
      } do
        assert.is_nil(time.parse(text), text)
      end
      assert.is_nil(time.parse(nil))
      assert.is_nil(time.parse(7))
    end)
  end)

  describe("format", function()
    it("is the other way round, to the second", function()
      for _, text in ipairs {
        "2019-12-07T18:46:19Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
        "2000-02-29T12:00:00Z",
        "2024-12-31T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "1900-03-01T01:02:03Z",
      } do
        assert.equal(text, time.format(time.parse(text)))
      end
      assert.equal("2019-12-07T18:46:19Z", time.format(1575744379.99))
      assert.equal("2019-12-07", time.date(1575744379.99))
    end)

    it("raises for what no four-digit year can hold", function()
      for _, value in ipairs { 0 / 0, math.huge, 1e15, -1e15, "now" } do
        assert.has_error(function() time.format(value) end)
      end
    end)

    it("agrees with every day of four centuries", function()
      for day = -100 * 365, 300 * 365, 7 do
        local text = time.date(day * 86400)
        assert.equal(day * 86400, time.parse(text))
      end
    end)
  end)

  describe("duration", function()
    it("reads each unit, and numbers as seconds", function()
      for text, seconds in pairs {
        ["500ms"] = 0.5, ["90s"] = 90, ["15m"] = 900, ["36h"] = 129600, ["30d"] = 2592000,
        ["2w"] = 1209600,
        ["1.5h"] = 5400, ["0s"] = 0, ["30 d"] = 2592000,
      } do
        assert.equal(seconds, time.duration(text), text)
      end
      assert.equal("integer", math.type(time.duration "30d"))
      assert.equal(30, time.duration(30))
      assert.equal(0.25, time.duration(0.25))
    end)

    it("says what is wrong with the others", function()
      for _, value in ipairs { "", "d", "-1d", "1x", "1d2h", "soon", "1e3s", "1..5s", "30D" } do
        local seconds, message = time.duration(value)
        assert.is_nil(seconds, value)
        assert.matches("not a duration: " .. value, message, 1, true)
      end
      assert.is_nil((time.duration(-1)))
      assert.is_nil((time.duration(0 / 0)))
      assert.is_nil((time.duration(math.huge)))
      assert.is_nil((time.duration(true)))
      assert.equal("a duration needs a unit: 30s, 30m, 30h or 30d?", select(2, time.duration "30"))
    end)
  end)

  describe("http_date", function()
    it("reads the three forms of RFC 9110", function()
      assert.equal(784111777, time.http_date "Sun, 06 Nov 1994 08:49:37 GMT")
      assert.equal(784111777, time.http_date("Sunday, 06-Nov-94 08:49:37 GMT", 784111000))
      assert.equal(784111777, time.http_date "Sun Nov  6 08:49:37 1994")
    end)

    it("takes a two-digit year for the past one where it would be more than 50 years ahead",
    function()
      local now = time.parse "2026-11-23"
      assert.equal(784111777, time.http_date("Sunday, 06-Nov-94 08:49:37 GMT", now))
      assert.equal("2070-11-06", time.date(time.http_date("Thursday, 06-Nov-70 08:49:37 GMT", now)))
    end)

    it("refuses everything else", function()
      for _, text in ipairs {
        "",
        "120",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nob 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun Nov x6 08:49:37 1994",
      } do
        assert.is_nil(time.http_date(text, 0), text)
      end
    end)
  end)

  describe("describe", function()
    it("says a duration to people", function()
      for seconds, text in pairs {
        [0] = "0 seconds", [0.3] = "300 ms", [1] = "1 second", [45] = "45 seconds",
        [60] = "1 minute",
        [90] = "1 minute 30 seconds", [3600] = "1 hour", [66975] = "19 hours", [86400] = "1 day",
        [90000] = "1 day 1 hour", [3 * 86400] = "3 days", [92.3 * 86400] = "92 days",
        [-5] = "0 seconds",
      } do
        assert.equal(text, time.describe(seconds))
      end
    end)
  end)

  it("gives the date within a text as parse and date do", function()
    for _, text in ipairs {
      "2019-12-07T18:46:19.5165400", "2019-12-31T23:59:60.0", "2019-02-29T00:00:00.0",
      "2020-02-29T00:00:00.0", "2019-13-01T00:00:00.0", "2019-00-01T00:00:00.0",
      "2019-01-00T00:00:00.0", "2019-01-01T24:00:00.0", "2019-01-01T00:60:00.0", "2019-01-01",
      "2019-01-01T23:00:00.0-05:00", "2019-01-01T23:00:00Z", "2019-01-01T00:00:00.", "no date", "",
    } do
      local epoch = time.parse(text)
      assert.equal(epoch and time.date(epoch), time.date_of(text))
    end
    assert.is_nil(time.date_of(nil))
    assert.is_nil(time.date_of(7))
  end)
end)
