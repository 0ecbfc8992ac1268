-- UUIDs as Xero writes its ids: 8-4-4-4-12 hexadecimal digits, compared without regard to case.
--
-- What passes `is` holds nothing but digits, letters a to f and hyphens, so it can go into a URL.

local M = {}

local PATTERN = "^" .. table.concat({
  ("%x"):rep(8), ("%x"):rep(4), ("%x"):rep(4), ("%x"):rep(4), ("%x"):rep(12),
}, "%-") .. "$"

---Tells whether a value is the text of a UUID (RFC 9562 4; no braces, no "urn:uuid:").
---@param value any
---@return boolean
function M.is(value)
  return type(value) == "string" and value:find(PATTERN) ~= nil
end

---Tells whether two texts are the same id, whatever their case.
---@param a string
---@param b string
---@return boolean
function M.equal(a, b)
  return a == b or a:lower() == b:lower()
end

---The form in which ids make good table keys: lower case.
---@param text string
---@return string
function M.normal(text)
  return text:lower()
end

return M
