-- A configuration file: good, or an error that names it.

local config_file = require "xero.config_file"
local errors = require "xero.error"

return function(bytes)
  local ok, result = pcall(config_file.parse, bytes, "config.lua")
  if ok then
    assert(type(result.profiles) == "table")
  else
    assert(errors.is(result), result)
    assert(result.kind == "usage" and result.message:find("config.lua", 1, true), result.message)
  end
end
