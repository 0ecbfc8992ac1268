-- What else people disconnect with. Each is shown where it is installed, and judges nothing.

local path = require "pl.path"
local process = require "support.process"
local shell = require "support.shell"

local M = {}

local HERE = path.dirname(path.abspath(debug.getinfo(1, "S").source:sub(2))) .. "/others/"

-- Each with commands that show whether what it needs is there.
local CLIENTS = {
  { name = "curl --parallel, with jq", words = { "sh", HERE .. "curl.sh" },
    needs = { { "curl", "--version" }, { "jq", "--version" } } },
  { name = "Python, requests", words = { "python3", HERE .. "threads.py" },
    needs = { { "python3", "-c", "import requests" } } },
  { name = "Node, fetch", words = { "node", HERE .. "fetch.mjs" },
    needs = { { "node", "-e", "fetch" } } },
}

-- What a client needs and does not find.
local function missing(client)
  for _, words in ipairs(client.needs) do
    if process.run(words).status ~= 0 then return shell.join(words) end
  end
end

---The clients that work here, as words that take EVERY and CONCURRENCY; says which do not.
---@return { name: string, words: string[] }[]
function M.installed()
  local found = {}
  for _, client in ipairs(CLIENTS) do
    local words = missing(client)
    if words then
      print(("not shown: %s, for it fails to run: %s"):format(client.name, words))
    else
      found[#found + 1] = client
    end
  end
  return found
end

return M
