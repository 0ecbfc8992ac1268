-- UUIDs as Xero writes its ids: 8-4-4-4-12 hexadecimal digits, compared without regard to case.
--
-- What passes `is` holds nothing but digits, letters a to f and hyphens, so it can go into a URL.

local native = require "xero.native"

local M = {}

---The form in which a UUID makes a good table key: lower case (RFC 9562 4; no braces, no
---"urn:uuid:").
---@param value any
---@return string|nil uuid nil where the value is no UUID
M.parse = native.uuid

---Tells whether a value is the text of a UUID.
---@param value any
---@return boolean
function M.is(value)
  return M.parse(value) ~= nil
end

---Tells whether two texts are the same id, whatever their case.
---@param a string
---@param b string
---@return boolean
function M.equal(a, b)
  return a == b or a:lower() == b:lower()
end

---The form in which ids make good table keys, whether they are UUIDs or not: lower case.
---@param text string
---@return string
function M.normal(text)
  return text:lower()
end

return M
