-- The statements, the expressions and the conditions of a Lua source, with their places: what the
-- tools that count coverage and that break the code on purpose need to know.

local tokens_of = require "support.lua_tokens"

---@class support.Span
---@field from integer  its first byte
---@field to integer  its last byte
---@field line integer  where it begins

---@class support.Statement: support.Span
---@field kind string  its first word, or "expression"; "function" where it only defines one

---@class support.Expression: support.Span
---@field kind "binary"|"unary"|"parentheses"|"constant"|"other"
---@field operator? support.Token
---@field left? support.Expression
---@field right? support.Expression

---@class support.Syntax
---@field text string
---@field tokens support.Token[]
---@field statements support.Statement[]
---@field conditions support.Expression[]  of if, elseif, while and until
---@field operations support.Expression[]  the binary ones

-- How strongly an operator binds what stands to the left and to the right of it (Lua 5.4, 3.4.8).
local BINDING = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 }, ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 },
  ["<<"] = { 7, 7 }, [">>"] = { 7, 7 }, [".."] = { 9, 8 }, ["+"] = { 10, 10 }, ["-"] = { 10, 10 },
  ["*"] = { 11, 11 }, ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 },
  ["^"] = { 14, 13 },
}
for operator in ("< > <= >= ~= =="):gmatch "%S+" do BINDING[operator] = { 3, 3 } end
local UNARY, UNARY_BINDING = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }, 12
local CONSTANTS = { ["nil"] = true, ["true"] = true, ["false"] = true }
local BLOCK_ENDS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true,
  [""] = true }

local Parser = {}
Parser.__index = Parser

function Parser:peek(text)
  local token = self.tokens[self.at]
  return token.kind ~= "string" and token.text == text
end

function Parser:next()
  local token = self.tokens[self.at]
  self.at = self.at + 1
  return token
end

function Parser:take(text)
  return self:peek(text) and self:next() or nil
end

function Parser:expect(text)
  local token = self:next()
  if token.text ~= text then
    error(("line %d: %s expected, not %s"):format(token.line, text, token.text))
  end
end

-- A span that ends with the last word that was taken.
function Parser:span(first, kind)
  return { from = first.from, to = self.tokens[self.at - 1].to, line = first.line, kind = kind }
end

function Parser:list()
  repeat self:expression() until not self:take ","
end

function Parser:names()
  repeat
    self:next()
    if self:take "<" then
      self:next()
      self:expect ">"
    end
  until not self:take ","
end

-- The parameters and the body of a function.
function Parser:body()
  self:expect "("
  if not self:peek ")" then self:names() end
  self:expect ")"
  self:block()
  self:expect "end"
end

function Parser:table()
  self:expect "{"
  while not self:peek "}" do
    if self:take "[" then
      self:expression()
      self:expect "]"
      self:expect "="
    elseif self.tokens[self.at].kind == "name" and self.tokens[self.at + 1].text == "=" then
      self.at = self.at + 2
    end
    self:expression()
    if not self:take "," then self:take ";" end
  end
  self:expect "}"
end

-- What follows a prefix: fields, calls. Whether there was anything.
function Parser:suffixes()
  local before = self.at
  while true do
    if self:take "." then
      self:next()
    elseif self:take ":" then
      self:next()
    elseif self:take "[" then
      self:expression()
      self:expect "]"
    elseif self:take "(" then
      if not self:peek ")" then self:list() end
      self:expect ")"
    elseif self:peek "{" then
      self:table()
    elseif self.tokens[self.at].kind == "string" then
      self:next()
    else
      return self.at > before
    end
  end
end

function Parser:simple()
  local first = self.tokens[self.at]
  if first.kind == "number" or first.kind == "string" or CONSTANTS[first.text] then
    self:next()
    return self:span(first, "constant")
  elseif self:peek "{" then
    self:table()
    return self:span(first, "constant")
  elseif self:take "function" then
    self:body()
    return self:span(first, "constant")
  elseif self:take "(" then
    local inner = self:expression()
    self:expect ")"
    local made = self:span(first, "parentheses")
    made.right = inner
    return self:suffixes() and self:span(first, "other") or made
  end
  self:next()
  self:suffixes()
  return self:span(first, "other")
end

---@param limit? integer  only operators that bind what is left of them more strongly
---@return support.Expression
function Parser:expression(limit)
  local first = self.tokens[self.at]
  local left
  if first.kind == "word" and UNARY[first.text] then
    local operator = self:next()
    local operand = self:expression(UNARY_BINDING)
    left = self:span(first, "unary")
    left.operator, left.right = operator, operand
  else
    left = self:simple()
  end
  while true do
    local operator = self.tokens[self.at]
    local binding = operator.kind == "word" and BINDING[operator.text]
    if not binding or binding[1] <= (limit or 0) then return left end
    self:next()
    local right = self:expression(binding[2])
    local made = self:span(first, "binary")
    made.operator, made.left, made.right = operator, left, right
    table.insert(self.operations, made)
    left = made
  end
end

function Parser:condition()
  table.insert(self.conditions, self:expression())
end

local statements = {}

statements["if"] = function(self)
  repeat
    self:next()
    self:condition()
    self:expect "then"
    self:block()
  until not self:peek "elseif"
  if self:take "else" then self:block() end
  self:expect "end"
end

statements["while"] = function(self)
  self:next()
  self:condition()
  self:expect "do"
  self:block()
  self:expect "end"
end

statements["do"] = function(self)
  self:next()
  self:block()
  self:expect "end"
end

statements["for"] = function(self)
  self:next()
  self:names()
  if not self:take "=" then self:expect "in" end
  self:list()
  statements["do"](self)
end

statements["repeat"] = function(self)
  self:next()
  self:block()
  self:expect "until"
  self:condition()
end

statements["function"] = function(self)
  repeat
    self:next()
    self:next()
  until not self:peek "." and not self:peek ":"
  self:body()
end

statements["local"] = function(self)
  self:next()
  if self:take "function" then
    self:next()
    self:body()
    return "function"
  end
  self:names()
  if self:take "=" then self:list() end
end

statements["return"] = function(self)
  self:next()
  if not BLOCK_ENDS[self.tokens[self.at].text] and not self:peek ";" then self:list() end
end

statements["break"] = function(self) self:next() end

statements["goto"] = function(self)
  self:next()
  self:next()
end

-- A call or an assignment.
local function plain(self)
  repeat
    self:simple()
  until not self:take ","
  if self:take "=" then self:list() end
end

function Parser:block()
  while true do
    local first = self.tokens[self.at]
    if self:take "::" then
      self:next()
      self:expect "::"
    elseif not self:take ";" then
      if first.kind ~= "string" and BLOCK_ENDS[first.text] then return end
      local known = first.kind == "word" and statements[first.text]
      local kind = (known or plain)(self) or (known and first.text or "expression")
      table.insert(self.statements, self:span(first, kind))
    end
  end
end

---@param text string  a source that compiles
---@return support.Syntax
return function(text)
  local parser = setmetatable({ text = text, tokens = tokens_of(text), at = 1, statements = {},
    conditions = {}, operations = {} }, Parser)
  parser:block()
  assert(parser.tokens[parser.at].kind == "end", "a word too many")
  return parser
end
