-- Dates and durations. Pure: no clock, no local time zone, no locale.
--
-- Instants are seconds since 1970-01-01T00:00:00Z, durations are seconds; both are integers where
-- they are whole and floats where they are not. Xero writes UTC without a zone and with up to seven
-- digits of a fraction; other services add "Z" or an offset: `parse` reads them all. The calendar
-- is the Gregorian one, carried back before its invention as ISO 8601 does.

---@class xero.time
local M = {}

local DAY = 86400
-- The ends of the years 0 to 9999: four digits are all that the written forms can hold.
local FIRST, LAST = -62167219200, 253402300799
local MONTHS = {
  Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
  Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}
local WEEKDAYS = {
  Mon = "Monday", Tue = "Tuesday", Wed = "Wednesday", Thu = "Thursday", Fri = "Friday",
  Sat = "Saturday", Sun = "Sunday",
}
local MONTH_LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function days_in(year, month)
  local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  return month == 2 and leap and 29 or MONTH_LENGTHS[month]
end

-- Days since 1970-01-01. Years are counted from March, so that a leap day is the last of its year;
-- then 153 days are five months whichever they are, and 146097 days are 400 years.
local function days_from_civil(year, month, day)
  if month <= 2 then year = year - 1 end
  local era = year // 400
  local year_of_era = year - era * 400
  local day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
  local day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
  return era * 146097 + day_of_era - 719468
end

local function civil_from_days(days)
  days = days + 719468
  local era = days // 146097
  local day_of_era = days - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
    - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local shifted = (5 * day_of_year + 2) // 153
  local month = (shifted + 2) % 12 + 1
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - (153 * shifted + 2) // 5 + 1
end

-- The instant of a date and a time of day (whole numbers), or nil where there is no such one. A
-- second 60 is a leap second: it exists at the end of a UTC day only, and counts as the next
-- second. An offset may lead beyond what can be written.
local function instant(year, month, day, hour, minute, second, offset)
  if month < 1 or month > 12 or day < 1 or day > days_in(year, month) then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  local time_of_day = hour * 3600 + minute * 60 + second
  local epoch = days_from_civil(year, month, day) * DAY + time_of_day - offset
  if second == 60 and epoch % DAY ~= 0 then return nil end
  if epoch < FIRST or epoch > LAST then return nil end
  return epoch
end

-- Seconds east of UTC: "" and "Z" are 0, "+13:00" is 46800; nil where it is no zone.
local function zone_offset(text)
  if text == "" or text == "Z" or text == "z" then return 0 end
  local sign, hours, minutes = text:match "^([+-])(%d%d):?(%d%d)$"
  if not sign or tonumber(hours) > 23 or tonumber(minutes) > 59 then return nil end
  local seconds = tonumber(hours) * 3600 + tonumber(minutes) * 60
  return sign == "-" and -seconds or seconds
end

---Reads a date with a time of day, in the forms of RFC 3339 and of Xero: "T" or a space between the
---two, a fraction of any length, "Z", an offset or nothing (which means UTC) at the end. A date
---alone is its midnight in UTC.
---@param text any
---@return number|nil epoch seconds since the epoch, a float where there is a fraction; nil: no date
function M.parse(text)
  if type(text) ~= "string" then return nil end
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if rest == "" then return instant(year, month, day, 0, 0, 0, 0) end
  local hour, minute, second, tail = rest:match "^[Tt ](%d%d):(%d%d):(%d%d)(.*)$"
  if not hour then return nil end
  local fraction, zone = tail:match "^%.(%d+)(.*)$"
  local offset = zone_offset(zone or tail)
  if not offset then return nil end
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  local epoch = instant(year, month, day, hour, minute, second, offset)
  if not epoch or not fraction then return epoch end
  local digits = fraction:sub(1, 15)
  return epoch + tonumber(digits) / 10 ^ #digits
end

local function whole_seconds(epoch, level)
  local seconds = type(epoch) == "number" and math.tointeger(math.floor(epoch))
  if not seconds or seconds < FIRST or seconds > LAST then
    error("not an instant between the years 0 and 9999: " .. tostring(epoch), level + 1)
  end
  return seconds
end

---Writes an instant as `2019-12-07T18:46:19Z`; a fraction is cut off.
---@param epoch number seconds since the epoch, in the years 0 to 9999
---@return string
function M.format(epoch)
  local seconds = whole_seconds(epoch, 2)
  local year, month, day = civil_from_days(seconds // DAY)
  local rest = seconds % DAY
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(
    year, month, day, rest // 3600, rest // 60 % 60, rest % 60)
end

---Writes the date of an instant, in UTC, as `2019-12-07`.
---@param epoch number seconds since the epoch, in the years 0 to 9999
---@return string
function M.date(epoch)
  local seconds = whole_seconds(epoch, 2)
  return ("%04d-%02d-%02d"):format(civil_from_days(seconds // DAY))
end

local XERO = "^(%d%d%d%d%-(%d%d)%-(%d%d))T(%d%d):[0-5]%d:[0-5]%d%.%d+$"

---@package
---The date within a text that `parse` reads: what `date` gives for its instant, but sooner for the
---form that Xero writes.
---@param text any
---@return string|nil date such as `2019-12-07`; nil: no date
function M.date_of(text)
  if type(text) ~= "string" then return nil end
  local date, month, day, hour = text:match(XERO)
  -- Days that every month has; the others are left to `parse`.
  if date and month >= "01" and month <= "12" and day >= "01" and day <= "28" and hour <= "23" then
    return date
  end
  local epoch = M.parse(text)
  return epoch and M.date(epoch)
end

local UNITS = { ms = 0.001, s = 1, m = 60, h = 3600, d = DAY, w = 7 * DAY }

---Reads a duration: a number of seconds, or a text such as "500ms", "90s", "15m", "36h", "30d",
---"2w".
---@param value string|number
---@return number|nil seconds
---@return string|nil message where it is no duration
function M.duration(value)
  if type(value) == "number" then
    if value >= 0 and value < math.huge then return value end
    return nil, "not a duration: " .. tostring(value)
  end
  local count, unit = tostring(value):match "^(%d+%.?%d*)%s*(%a*)$"
  if not count or #count > 15 or (unit ~= "" and not UNITS[unit]) then
    return nil, ("not a duration: %s (write 90s, 15m, 36h or 30d)"):format(
      value == "" and "an empty word" or tostring(value))
  end
  if unit == "" then return nil, ("a duration needs a unit: %ss, %sm, %sh or %sd?"):format(
    count, count, count, count) end
  local seconds = tonumber(count) * UNITS[unit]
  return math.tointeger(seconds) or seconds
end

-- A two-digit year is the one of a hundred candidates that lies at most 50 years ahead
-- (RFC 9110 5.6.7).
local function full_year(short, now)
  local this_year = civil_from_days(math.floor(now) // DAY)
  local year = this_year - this_year % 100 + short
  if year > this_year + 50 then return year - 100 end
  return year
end

local function imf_fixdate(text)
  local name, day, month, year, clock = text:match "^(%a+), (%d%d) (%a+) (%d%d%d%d) (%S+) GMT$"
  if not WEEKDAYS[name] then return nil end
  return tonumber(year), MONTHS[month], day, clock
end

local function rfc850_date(text, now)
  local name, day, month, year, clock = text:match "^(%a+), (%d%d)%-(%a+)%-(%d%d) (%S+) GMT$"
  if not name or WEEKDAYS[name:sub(1, 3)] ~= name then return nil end
  return full_year(tonumber(year), now), MONTHS[month], day, clock
end

local function asctime_date(text)
  local name, month, day, clock, year = text:match "^(%a+) (%a+) ([%d ]%d) (%S+) (%d%d%d%d)$"
  if not WEEKDAYS[name] then return nil end
  return tonumber(year), MONTHS[month], day, clock
end

---Reads an HTTP date in any of the three forms of RFC 9110 5.6.7.
---@param text string
---@param now? number seconds since the epoch, for the century of the obsolete two-digit years
---@return integer|nil epoch nil: no HTTP date
function M.http_date(text, now)
  for _, read in ipairs { imf_fixdate, rfc850_date, asctime_date } do
    local year, month, day, clock = read(text, now or 0)
    if year and month then
      local hour, minute, second = clock:match "^(%d%d):(%d%d):(%d%d)$"
      return hour and instant(
        year, month, tonumber(day), tonumber(hour), tonumber(minute), tonumber(second), 0)
    end
  end
  return nil
end

local SCALE = { { DAY, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } }

local function counted(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

---Says a duration to people: "3 days", "1 minute 30 seconds", "19 hours", "300 ms". The second unit
---is said only where the first is below ten.
---@param seconds number what is below 0 counts as 0
---@return string
function M.describe(seconds)
  if seconds > 0 and seconds < 0.9995 then return ("%d ms"):format(math.ceil(seconds * 1000)) end
  local left = math.floor(math.max(seconds, 0) + 0.5)
  for i, unit in ipairs(SCALE) do
    local size, word = unit[1], unit[2]
    local finer = SCALE[i + 1]
    if left >= 10 * size then return counted((left + size // 2) // size, word) end
    if left >= size and finer then
      local rest = (left % size) // finer[1]
      local text = counted(left // size, word)
      return rest > 0 and text .. " " .. counted(rest, finer[2]) or text
    end
  end
  return counted(left, "second")
end

return M
