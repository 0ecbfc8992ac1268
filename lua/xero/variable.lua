-- A variable of the environment. An empty one counts as absent: that is how crontabs and units
-- switch one off.

---@param environment { getenv: fun(name: string): string? }
---@param name string
---@return string|nil
local function variable(environment, name)
  local value = environment.getenv(name)
  return value ~= "" and value or nil
end

return variable
