-- A person with an app at a sandbox, as user mode needs them: a home of their own, where state and
-- configuration are, and a browser, which is curl.
--
--   local person <close> = require "support.person".new()
--   person:run { "login" }
--   person:control { advance = 1800 }

local cjson = require "cjson"
local place = require "support.place"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

---@class support.Person
---@field sandbox support.Sandbox
---@field env table<string, string> what a run gets
---@field place support.Place where all state is
---@field state? string in files: that directory
---@field page string the file where the browser puts what it was shown at the end
local Person = {}
Person.__index = Person

---@param options? support.Command arguments of `xero-run sandbox`
---@param kept? support.Place where its state is to be
---@return support.Person
local function new(options, kept)
  local home = temp.directory()
  kept = kept or place.new(home .. "/state")
  local self = setmetatable({
    sandbox = sandbox.start(options),
    home = home,
    place = kept,
    state = kept.directory,
    page = home .. "/page.html",
  }, Person)
  self.env = self.sandbox:with {
    XERO_RUN_STATE = kept.value,
    XDG_CONFIG_HOME = home,
    BROWSER = ("curl -sSL -m 20 -o %s %%s"):format(self.page),
  }
  return self
end

--- An app without a secret.
function Person:forget_secret()
  self.env.XERO_CLIENT_SECRET = nil
  self.env.XERO_CLIENT_ID = self.env.XERO_CLIENT_ID:gsub("1$", "2")
end

--- From now on it goes by other servers, which lead to the sandbox.
---@param env table<string, string> what is other of its environment
function Person:go_by(env)
  for name, value in pairs(env) do self.env[name] = value end
end

--- Runs xero-run as this person; a login listens on a free port.
---@param words support.Command
---@return support.Result
function Person:run(words)
  words.env = words.env or self.env
  if words[1] == "login" then table.move({ "--port", "0" }, 1, 2, #words + 1, words) end
  return run(words)
end

--- Logs in, which must succeed.
function Person:log_in(...)
  local result = self:run { "login", "--quiet", ... }
  if result.status ~= 0 then error("the login failed: " .. result.err, 2) end
end

--- Writes the configuration file.
---@param text string
---@param mode? string default "600"
---@return string path
function Person:configure(text, mode)
  local path = self.home .. "/xero-run/config.lua"
  shell.output { "mkdir", "-p", self.home .. "/xero-run" }
  temp.write(path, text)
  shell.output { "chmod", mode or "600", path }
  return path
end

--- Changes what the sandbox's person does, or the time there; gives the sandbox's state.
---@param changes? table
---@return table
function Person:control(changes)
  local url = self.sandbox.env.XERO_API_URL .. "/sandbox"
  local words = { "curl", "-sS", "-m", "10", url }
  local ca = self.sandbox.env.SSL_CERT_FILE
  if ca then table.move({ "--cacert", ca }, 1, 2, #words + 1, words) end
  if changes then table.move({ "-d", cjson.encode(changes) }, 1, 2, #words + 1, words) end
  return cjson.decode(shell.output(words))
end

--- The newest refresh token that the sandbox gave.
---@return string
function Person:refresh_token()
  local logins = self:control().logins
  return logins[#logins].refresh_token
end

--- Whether a login is stored.
---@param profile? string
---@return boolean
function Person:has_login(profile)
  return self.place:login(profile) ~= nil
end

function Person:__close()
  self.sandbox:stop()
end

return { new = new }
