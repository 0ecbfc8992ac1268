-- The ways in which a C source can be broken at one place, as lua_changes.lua for Lua. It goes by
-- the words, and by how this project lays out its lines (clang-format sees to that).

local SWAPPED = {
  ["<"] = "<=", ["<="] = "<", [">"] = ">=", [">="] = ">", ["=="] = "!=", ["!="] = "==",
  ["&&"] = "||", ["||"] = "&&",
}
local OPPOSITE = { ["true"] = "false", ["false"] = "true" }

-- Statements of one line that are calls or assignments, not declarations.
local STATEMENTS = {
  "\n +(%(void%)[%w_]+%b();)()", "\n +([%w_]+%b();)()",
  "\n +(%*?[%w_>%.%[%]%-]+ [+|&-]?= [^;\n]*;)()",
}

local function blank(part) return (part:gsub("[^\n]", " ")) end

-- The same text with blanks where comments, strings, characters and directives are.
local function code_only(text)
  local out, at = {}, 1
  while at <= #text do
    local stop = select(2, text:find("^/%*.-%*/", at)) or select(2, text:find('^""', at))
      or select(2, text:find('^"[^\n]-[^\\]"', at)) or select(2, text:find("^'\\?[^\n]'", at))
      or text:find("^\n#", at) and select(2, text:find("^\n#[^\n]*", at))
    out[#out + 1] = stop and blank(text:sub(at, stop)) or text:sub(at, at)
    at = (stop or at) + 1
  end
  return table.concat(out)
end

--- All of them.
---@param text string
---@return mutation.Change[]
return function(text)
  local code, changes = code_only(text), {}
  local function add(from, to, with, what)
    changes[#changes + 1] = { from = from, to = to, text = with, what = what }
  end
  for from, to in code:gmatch "%f[%w]if ()%b()()" do
    add(from, to - 1, "(!" .. text:sub(from, to - 1) .. ")", "condition negated")
  end
  for from, word, to in code:gmatch "()%f[%w_]([%w_]+)()" do
    if OPPOSITE[word] then
      add(from, to - 1, OPPOSITE[word], "constant replaced")
    elseif word:find "^%d+$" then
      add(from, to - 1, tostring(math.tointeger(tonumber(word)) + 1), "constant replaced")
    end
  end
  for from, word, to in code:gmatch "%s()([<>=!&|]+)()%s" do
    if SWAPPED[word] then add(from, to - 1, SWAPPED[word], "operator swapped") end
  end
  for _, pattern in ipairs(STATEMENTS) do
    for statement, stop in code:gmatch(pattern) do
      if not statement:find "^return" then
        add(stop - #statement, stop - 1, ";", "statement dropped")
      end
    end
  end
  return changes
end
