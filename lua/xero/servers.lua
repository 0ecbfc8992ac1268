-- The servers that xero-run talks to: Xero's own, and the base URLs that may be named in their
-- place. Each has one form, so that two that mean the same server are the same text.

local usage = require("xero.raise").usage

local servers = {}

local LONGEST = 1024 -- bytes, as a stored login has room for (src/grant.c)
local PORTS = { https = ":443", http = ":80" }

---Xero's own, by the names of the settings.
servers.XERO = {
  api_url = "https://api.xero.com",
  identity_url = "https://identity.xero.com",
  login_url = "https://login.xero.com",
}

local function is_loopback(host)
  return host == "localhost" or host == "[::1]" or host:match "^127%.%d+%.%d+%.%d+$" ~= nil
end

---A base URL in its form: scheme and host in lower case, without the scheme's own port and without
---a slash at its end. Raises kind "usage" for what is none; what is no https URL would show the
---token to the network.
---@param text string
---@param source string who names it
---@return string
function servers.base_url(text, source)
  local scheme, authority, path = text:match "^(%a+)://([^/?#]+)(/?[^?#]*)$"
  scheme, authority = scheme and scheme:lower(), authority and authority:lower()
  local host = authority and (authority:match "^(%[[%x:]+%])" or authority:match "^([^:@]+)")
  if text:find "@" then
    -- Before it there may be a password.
    usage(source .. " is not a base URL: it names a user", "such as https://api.xero.com")
  elseif not host or text:find "[^\x21-\x7e]" or #text > LONGEST then
    usage(("%s is not a base URL: %q"):format(source, text), "such as https://api.xero.com")
  elseif scheme ~= "https" and not (scheme == "http" and is_loopback(host)) then
    usage(("%s must be https, or http on a loopback host: %q"):format(source, text))
  end
  local port = authority:sub(#host + 1)
  return (scheme .. "://" .. host .. (port == PORTS[scheme] and "" or port) .. path):gsub("/+$", "")
end

return servers
