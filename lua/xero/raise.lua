-- The errors that many parts of the library raise, in a word each.

local errors = require "xero.error"

local raise = {}

---Raises kind "usage".
---@param message string
---@param hint? string
function raise.usage(message, hint)
  errors.raise { kind = "usage", message = message, hint = hint }
end

---Raises kind "usage" for what is given as an id and is none.
---@param value any
---@param what string what it is not, such as "the id of a connection"
function raise.no_id(value, what)
  raise.usage(type(value) == "string" and ("%q is not %s"):format(value, what)
    or "the table given is not a connection: it has no id",
    "ids look like 7cb59f93-2964-421d-bb5e-a0f7a4572a44; xero-run list shows them")
end

---Raises kind "store" unless something was stored; takes what the stores say of that.
---@param done boolean|nil
---@param message? string
---@param hint? string
function raise.unless_stored(done, message, hint)
  if not done then errors.raise { kind = "store", message = message, hint = hint } end
end

return raise
