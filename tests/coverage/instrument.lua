-- Puts marks into a Lua source: a call before each statement, and one around each value that
-- decides a branch (an operand of "and" or "or", a condition), which gives that value back.

local syntax = require "support.lua_syntax"

local function is(expression, operator)
  return expression.kind == "binary" and expression.operator.text == operator
end

-- What decides, where the whole does. A value that is always the same decides nothing. Whether the
-- end of a loop was reached is not a branch here; its body has marks of its own.
local function decisions(expression, found)
  if expression.kind == "parentheses" or expression.operator
    and expression.operator.text == "not" then
    decisions(expression.right, found)
  elseif is(expression, "and") or is(expression, "or") then
    found.deciding[expression] = true
    decisions(expression.right, found) -- what stands to the left is an operand by itself
  elseif expression.kind ~= "constant" then
    found.places[expression.from .. ":" .. expression.to] = expression
  end
end

-- What stands to the left of an "or". In `a and b or c`, where that is a value and no condition, b
-- is a value, too.
local function alternatives(expression, found)
  if is(expression, "or") then
    alternatives(expression.right, found)
  elseif not is(expression, "and") then
    decisions(expression, found)
  end
end

local function all_decisions(parsed)
  local found = { places = {}, deciding = {} }
  for _, condition in ipairs(parsed.conditions) do decisions(condition, found) end
  -- The outer ones first: what they decide by, their operands do.
  for i = #parsed.operations, 1, -1 do
    local operation = parsed.operations[i]
    if is(operation, "or") and not found.deciding[operation] then
      alternatives(operation.left, found)
    elseif is(operation, "and") or is(operation, "or") then
      decisions(operation.left, found)
    end
  end
  return found.places
end

-- The first line of what stands there.
local function shown(text, span)
  return text:sub(span.from, span.to):match "^[^\n]*"
end

-- Puts the pieces { at, order, text } before the bytes they name.
local function insert(text, pieces)
  table.sort(pieces, function(a, b)
    if a.at ~= b.at then return a.at < b.at end
    return a.order < b.order
  end)
  local out, done = {}, 1
  for _, piece in ipairs(pieces) do
    out[#out + 1] = text:sub(done, piece.at - 1)
    out[#out + 1] = piece.text
    done = piece.at
  end
  out[#out + 1] = text:sub(done)
  return table.concat(out)
end

--- The text with marks, whose lines are added to the list.
---@param file string
---@param text string
---@param marks string[]
---@return string
return function(file, text, marks)
  local parsed, pieces = syntax(text), {}
  local function mark(span, kind)
    marks[#marks + 1] = ("%d %s:%d %s %s"):format(#marks, file, span.line, kind,
      shown(text, span))
    return #marks - 1
  end
  -- Behind the comment that a file begins with: the host shows that of a command.
  pieces[1] = { at = parsed.tokens[1].from, order = -math.huge, text = "local XR_MARK,XR_DECIDE="
    .. "table.unpack(debug.getregistry().xr_marks);" }
  for _, statement in ipairs(parsed.statements) do
    pieces[#pieces + 1] = { at = statement.from, order = -1e15,
      text = ("XR_MARK(%d);"):format(mark(statement, "statement")) }
  end
  -- Of those that begin together the longest opens first; where they end together it closes last.
  for _, decision in pairs(all_decisions(parsed)) do
    local length = decision.to - decision.from
    local number = mark(decision, "false")
    mark(decision, "true")
    pieces[#pieces + 1] = { at = decision.from, order = -length,
      text = ("XR_DECIDE(%d,"):format(number) }
    pieces[#pieces + 1] = { at = decision.to + 1, order = length - 1e18, text = ")" }
  end
  return insert(text, pieces)
end
