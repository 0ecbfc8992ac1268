-- The errors that many parts of the library raise, in a word each.

local errors = require "xero.error"

local raise = {}

---Raises kind "usage".
---@param message string
---@param hint? string
function raise.usage(message, hint)
  errors.raise { kind = "usage", message = message, hint = hint }
end

---Raises kind "store" unless something was stored; takes what the stores say of that.
---@param done boolean|nil
---@param message? string
---@param hint? string
function raise.unless_stored(done, message, hint)
  if not done then errors.raise { kind = "store", message = message, hint = hint } end
end

return raise
