-- The system's shell, with words that reach the program as they are.

local shell = {}

---@param word string
---@return string  one word of sh
function shell.quote(word)
  word = tostring(word)
  assert(not word:find("\0", 1, true), "no word of a command holds a NUL")
  if word:find "^[%w%-_./:=@%%+,]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

---@param words string[]
---@return string
function shell.join(words)
  local quoted = {}
  for i, word in ipairs(words) do
    quoted[i] = shell.quote(word)
  end
  return table.concat(quoted, " ")
end

--- Runs a command that must succeed; gives what it printed on stdout.
---@param words string[]
---@return string
function shell.output(words)
  local pipe = assert(io.popen(shell.join(words) .. " 2>&1", "r"))
  local text = pipe:read "a"
  local ok, how, code = pipe:close()
  if not ok then
    error(("%s: %s %d\n%s"):format(shell.join(words), how, code, text), 2)
  end
  return text
end

---@param name string
---@return boolean  whether PATH has such a program
function shell.has(name)
  return (os.execute("command -v " .. shell.quote(name) .. " >/dev/null 2>&1")) == true
end

return shell
