-- What a function raises; that it raises nothing fails the test.
--
--   local err = raised(pump.list, pump, {})
--   local failure = raised.of_kind("auth", client.get_connections, client)

local assert = require "luassert"
local errors = require "xero.error"

local raised = {}

local function anything(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok, "nothing was raised")
  return err
end

--- An error object.
---@param f function  called with the arguments after it
---@return xero.Error
function raised.failure(f, ...)
  local failure = anything(f, ...)
  assert.is_true(errors.is(failure), tostring(failure))
  return failure
end

--- An error object of that kind.
---@param kind xero.ErrorKind
---@param f function  called with the arguments after it
---@return xero.Error
function raised.of_kind(kind, f, ...)
  local failure = raised.failure(f, ...)
  assert.equal(kind, failure.kind, tostring(failure))
  return failure
end

--- Whatever it is.
---@param f function  called with the arguments after it
---@return any err
return setmetatable(raised, { __call = function(_, f, ...) return anything(f, ...) end })
