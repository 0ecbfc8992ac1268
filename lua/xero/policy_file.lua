-- The file of a policy: read once, so that what runs is what was hashed; run as the host runs a
-- script, with its own directory first where `require` looks.

local named_file = require "xero.named_file"
local native = require "xero.native"
local policy = require "xero.policy"
local strict = require "xero.strict"
local usage = require("xero.raise").usage

local policy_file = {}

---@class xero.PolicyFile
---@field path string absolute, in a directory without links: what stands beside it is found again
---@field text string

---Reads the file of a policy. Raises kind "usage" where it cannot be read, or where others may
---write it and so must not be run.
---@param name string
---@return xero.PolicyFile
function policy_file.read(name)
  if name == "-" then
    usage "a policy is read from a file, not from standard input: save it to one"
  end
  local fault = native.script_fault(name)
  if fault then usage(("%s %s"):format(name, fault), ("chmod go-w '%s'"):format(name)) end
  local text = named_file.read(name)
  local directory, base = name:match "^(.*/)(.*)$"
  local resolved = native.real_path(directory or ".")
  if not resolved then usage(("cannot find the directory of %s"):format(name)) end
  return { path = ("%s/%s"):format(resolved, base or name), text = text }
end

-- As the host does it for scripts: links followed. A name with ; or ? cannot be written in a path.
local function search_beside(path)
  local directory = (native.real_path(path) or path):match "^(.*)/"
  if directory:find "[;?]" then return end
  local beside = ("%s/?.lua;%s/?/init.lua;"):format(directory, directory)
  if package.path:sub(1, #beside) ~= beside then package.path = beside .. package.path end
end

---Runs a policy's script. Raises kind "usage" where it declares no policy, and what it raises.
---@param self xero.PolicyFile
---@param name string what messages call it
---@return xero.Policy
function policy_file.run(self, name)
  local code = self.text:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "")
  local script, message = load(code, "@" .. name)
  if not script then usage(message) end
  search_beside(self.path)
  strict.watch("@" .. name)
  return policy.load(script, name)
end

return policy_file
