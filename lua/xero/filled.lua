-- A word of the command line that means nothing where it is empty, which is what a variable that is
-- not set leaves of it.

local FAULT = "the word is empty; is it a variable that is not set?"

---Makes what an argparse option or argument converts such a word by.
---@param what? string names an argument; of an option the message has the name anyhow
---@return fun(value: string): string|nil, string|nil
local function filled(what)
  return function(value)
    if value ~= "" then return value end
    return nil, (what and what .. ": " or "") .. FAULT
  end
end

return filled
