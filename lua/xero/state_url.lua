-- The URL of a state in PostgreSQL, as libpq reads it:
-- postgresql://user:password@host:port/database and parameters. What it says is for libpq; here is
-- only what has to be known before: whether it holds a password, what to call the place in
-- messages, and whether the way there needs TLS.

local M = {}

---Whether a text is meant as such a URL.
---@param text string
---@return boolean
function M.is(text)
  return text:find "^postgres%a*:" ~= nil
end

local function decoded(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function parameters(query)
  local found = {}
  for key, value in query:gmatch "([^&=]+)=([^&]*)" do found[decoded(key)] = decoded(value) end
  return found
end

-- The hosts without their ports; an empty one is the socket of this machine.
local function hosts(text)
  local found = {}
  for host in (text .. ","):gmatch "([^,]*)," do
    found[#found + 1] = decoded(host:match "^%[(.*)%]" or host:match "^[^:]*")
  end
  return found
end

local function is_here(host)
  return host == "" or host:find "^[/@]" ~= nil or host == "localhost" or host == "::1"
    or host:find "^127%." ~= nil
end

---What libpq is to do about TLS where nobody has said: to check the server's name and authority,
---unless it is on this machine. Libpq's own default would give the tokens to whoever answers.
---@param url xero.StateUrl
---@param getenv fun(name: string): string?
---@return string|nil sslmode
function M.sslmode(url, getenv)
  if url.sslmode or url.service or (getenv "PGSSLMODE" or "") ~= "" then return nil end
  local elsewhere = not url.names_host and not is_here(getenv "PGHOST" or "")
  return (elsewhere or not url.is_here) and "verify-full" or nil
end

---@class xero.StateUrl
---@field text string the whole URL; it may hold a password, so it is never shown
---@field place string what to call it
---@field has_password boolean
---@field names_host boolean whether it says where the server is
---@field is_here boolean whether that is this machine
---@field sslmode? string what the URL says of TLS
---@field service? string the entry of libpq's service file that says the rest

---@param text string
---@return xero.StateUrl|nil
---@return string|nil message without any of the text
function M.parse(text)
  local scheme, authority, rest = text:match "^(%a+)://([^/?#]*)(.*)$"
  if scheme ~= "postgresql" and scheme ~= "postgres" then
    return nil, "is not a URL such as postgresql://host/database"
  elseif text:find '[%c%s"]' then
    return nil, "holds a blank or a quote; write %20 for a blank"
  end
  local user, place = authority:match "^(.*)@([^@]*)$"
  place = place or authority
  local database, query = rest:match "^(/?[^?]*)%??(.*)$"
  local given = parameters(query)
  local named = place
  if given.hostaddr or given.host then named = given.hostaddr or given.host end
  local here = true
  for _, host in ipairs(hosts(named)) do here = here and is_here(host) end
  return {
    text = text,
    place = "postgresql://" .. place .. database,
    has_password = given.password ~= nil or user ~= nil and user:find ":." ~= nil,
    is_here = here,
    names_host = named ~= "",
    sslmode = given.sslmode,
    service = given.service,
  }
end

return M
