-- Where a login is tortured: a sandbox, a person who is logged in there, and `xero-run list`, which
-- needs a token. What must hold after whatever was done to it is said here.

local cjson = require "cjson"
local native = require "xero.native"
local people = require "support.person"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local Bench = {}
Bench.__index = Bench

--- What the program stored; nil where there is nothing, false where it is torn.
---@return table|false|nil
function Bench:stored()
  local text = self.place:login()
  if not text then return nil end
  local whole, stored = pcall(cjson.decode, text)
  return whole and stored
end

--- Changes what is stored.
---@param changes table
function Bench:edit(changes)
  local stored = self:stored()
  for key, value in pairs(changes) do stored[key] = value end
  self.place:write_login(cjson.encode(stored))
end

-- What the sandbox knows of the login, and how often it was asked for tokens and refused them.
local function look(person)
  local state = person:control()
  local login = state.logins[#state.logins]
  return { refresh_token = login.refresh_token, ended = login.ended, refused = state.refusals,
    asked = state.requests.token }
end

-- A refresh whose answer nobody gets.
local function lose_refresh(person, refresh_token)
  shell.output { "curl", "-sS", "-m", "10", "-o", "/dev/null", "-u",
    person.env.XERO_CLIENT_ID .. ":" .. person.env.XERO_CLIENT_SECRET,
    "-d", "grant_type=refresh_token&refresh_token=" .. refresh_token,
    person.env.XERO_IDENTITY_URL .. "/connect/token" }
end

-- Whether what is stored is as a login leaves it, and the server's current token: a test may have
-- meddled with it.
function Bench:is_whole(stored)
  if not stored or stored.refresh_token ~= look(self.person).refresh_token
    or self:files():find("[^6]00 ") or stored.dead_since
    or type(stored.access_token) ~= "string" then
    return false
  end
  for _, key in ipairs { "version", "client_id", "host_tag", "api_url", "identity_url" } do
    if stored[key] ~= self.first[key] then return false end
  end
  return true
end

--- Sets the scene: an access token that has expired, and with `lost` a refresh that was begun and
--- whose answer was lost.
---@param options? { lost?: boolean, grace?: number }
function Bench:set(options)
  options = options or {}
  self.person:control { grace = options.grace or 1800 }
  local stored = self:stored()
  if not self:is_whole(stored) then
    self.person:log_in()
    stored = self:stored()
  end
  local now = native.now()
  if options.lost then
    lose_refresh(self.person, stored.refresh_token)
    self:edit { refresh_started_at = now - 10, obtained_at = now - 800, expires_at = now + 1000 }
  else
    self:edit { obtained_at = now - 1900, expires_at = now - 100 }
  end
  self.before = look(self.person)
end

--- How often the sandbox was asked for tokens since then, and how often it refused.
---@return integer asked, integer refused
function Bench:counts()
  local now = look(self.person)
  return now.asked - self.before.asked, now.refused - self.before.refused
end

--- A program that needs a token, as words for support.process.
---@param lock_timeout? string
---@return support.Command
function Bench:command(lock_timeout)
  return { run.program(), "--lock-timeout", lock_timeout or "1s", "list", "--format", "ids",
    env = self.person.env }
end

---@return support.Result
function Bench:use()
  return process.run(self:command())
end

-- Names and modes of the profile's files; "" where it has none.
function Bench:files()
  if not self.profile then return "" end
  return shell.output { "find", self.profile, "-type", "f", "-printf", "%m %f\n" }
end

--- What is wrong right after a fault: a torn file, or one that others may read.
---@return string|nil
function Bench:torn()
  local stored = self:stored()
  if stored == nil then return "the login is gone" end
  if not stored or not stored.refresh_token then return "the login is torn" end
  local odd = self:files():gsub("600 [^\n]*\n", "")
  return odd ~= "" and "a wrong mode: " .. odd or nil
end

--- Whether what is stored is the server's current token.
---@return boolean
function Bench:is_current()
  local stored = self:stored()
  return stored and stored.refresh_token == look(self.person).refresh_token
    and not stored.refresh_started_at or false
end

--- Uses the login once more, without any fault. What is wrong with that, or nil.
---@return string|nil
function Bench:lost()
  local result = self:use()
  if result.status ~= 0 then return "the next run failed: " .. result.err end
  if select(2, self:counts()) > 0 then return "the server was asked with a dead token" end
  if not self:is_current() then return "what is stored is not the server's current token" end
  local left = self:files():gsub("600 token%.%a+\n", "")
  return left ~= "" and "left behind: " .. left or nil
end

-- As on several machines, each with a home of its own.
local RACE = "i=0; while [ $i -lt $2 ]; do HOME=$1/host.$((i %% 5)) %s >$1/out.$i 2>$1/err.$i &"
  .. " i=$((i+1)); done; wait; find $1 -name 'out.*' -size +0 | wc -l; cat $1/err.*"

--- What the trace of a program has in the first call that concerns its state.
---@return string
function Bench:mark()
  return self.profile or ("htons(%s)"):format(self.place.value:match "@[^/]*:(%d+)/")
end

--- Many programs at once, all with the same expired token.
---@param count integer
---@return string|nil  what is wrong
function Bench:race(count)
  local script = RACE:format(shell.join(self:command "60s"))
  local result = process.run { "sh", "-c", script, "sh", temp.directory(), tostring(count),
    env = self.person.env, timeout = 120 }
  local asked, refused = self:counts()
  if asked ~= 1 then return ("%d refreshes"):format(asked) end
  if refused ~= 0 then return ("%d times invalid_grant"):format(refused) end
  local served, messages = result.out:match "^%s*(%d+)\n(.*)"
  if tonumber(served) ~= count or messages ~= "" then
    return ("%s of %d were served: %s"):format(served, count, messages)
  end
  return nil
end

---@param options? support.Command  arguments of `xero-run sandbox`
---@param place? support.Place  where the login is to be
local function new(options, place)
  options = options or {}
  options.timeout = 7200
  local person = people.new(options, place)
  person:log_in()
  local self = { person = person, place = person.place }
  if person.state then
    self.profile = person.state .. "/default"
    self.file = self.profile .. "/token.json"
  end
  setmetatable(self, Bench)
  self.first = self:stored()
  return self
end

function Bench:__close()
  self.person.sandbox:stop()
end

return new
