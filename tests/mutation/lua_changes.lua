-- The ways in which a Lua source can be broken at one place.

local syntax = require "support.lua_syntax"

---@class mutation.Change
---@field from integer  first byte of what is replaced
---@field to integer  its last byte
---@field text string  what stands there instead
---@field what string

local SWAPPED = {
  ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">", ["=="] = "~=", ["~="] = "==",
  ["and"] = "or", ["or"] = "and", ["+"] = "-", ["-"] = "+",
}
local OPPOSITE = { ["true"] = "false", ["false"] = "true" }

--- All of them.
---@param text string
---@return mutation.Change[]
return function(text)
  local parsed, changes = syntax(text), {}
  local function add(span, with, what)
    changes[#changes + 1] = { from = span.from, to = span.to, text = with, what = what }
  end
  for _, condition in ipairs(parsed.conditions) do
    add(condition, "not (" .. text:sub(condition.from, condition.to) .. ")", "condition negated")
  end
  for _, operation in ipairs(parsed.operations) do
    local other = SWAPPED[operation.operator.text]
    if other then add(operation.operator, other, "operator swapped") end
  end
  for _, statement in ipairs(parsed.statements) do
    if statement.kind == "expression" then
      add(statement, "", "statement dropped")
    elseif statement.kind == "return" and text:find("^return%s+%S", statement.from)
      and text:sub(statement.from, statement.to) ~= "return nil"
      and statement.to > statement.from + #"return" then
      add(statement, "return nil", "nothing returned")
    end
  end
  for _, token in ipairs(parsed.tokens) do
    if token.kind == "word" and OPPOSITE[token.text] then
      add(token, OPPOSITE[token.text], "constant replaced")
    elseif token.kind == "number" and math.type(tonumber(token.text)) == "integer" then
      add(token, tostring(tonumber(token.text) + 1), "constant replaced")
    end
  end
  return changes
end
