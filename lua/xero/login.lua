-- The login of a person: authorization code with PKCE (RFC 6749 4.1, RFC 7636) and a loopback
-- redirect (RFC 8252 7.3).
--
-- An attempt is made first: the address for the browser, and what must come back with its redirect.
-- The redirect is taken from the browser by a small server of ours, or pasted by the person. Its
-- code is then redeemed for a token, once. The code and the code verifier travel as native secrets.

local errors = require "xero.error"
local is_error_code = require("xero.native").is_error_code
local page = require "xero.login_page"
local excerpt = require("xero.text").excerpt

local login = {}

login.DEFAULT_PORT = 8742

local SCOPES = { "openid", "profile", "email", "offline_access" }
local CALLBACK = "/callback"
local PATIENCE = 300 -- also the life of a code
local LINGER = 0.25 -- the page reaches the browser before the server closes

local REDIRECT_HINTS = {
  access_denied = "nothing was changed; xero-run login asks again",
  invalid_scope = "the app may not ask for one of the scopes",
  unauthorized_client = "the app is not one that may log in people by a code",
}

local GRANT_HINTS = {
  invalid_grant = "a code is good for one use and for 5 minutes; run xero-run login again",
  invalid_client = "the client id or the client secret is wrong, or the app needs a secret;"
    .. " both are on the app's page at https://developer.xero.com/app/manage",
}

--- The scopes to ask for: those of every login, and the ones given, each once.
---@param more? string[] each may hold several, separated by spaces
---@return string
function login.scopes(more)
  local scopes, known = {}, {}
  local function add(scope)
    if scope == "app.connections" then
      errors.raise {
        kind = "usage",
        message = "the scope app.connections is not for a person's login",
        hint = 'it belongs to the app itself: auth = "app" asks for it',
      }
    elseif not known[scope] then
      known[scope] = true
      scopes[#scopes + 1] = scope
    end
  end
  for _, texts in ipairs { SCOPES, more or {} } do
    for _, text in ipairs(texts) do
      for scope in text:gmatch "%S+" do add(scope) end
    end
  end
  return table.concat(scopes, " ")
end

-- RFC 3986 2.3: all but the unreserved characters; a space is %20.
local function encode(text)
  return (text:gsub("[^A-Za-z0-9._~-]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function decode(text)
  return (text:gsub("%+", " "):gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function query_of(parameters)
  local parts = {}
  for i, parameter in ipairs(parameters) do
    parts[i] = parameter[1] .. "=" .. encode(parameter[2])
  end
  return table.concat(parts, "&")
end

---@class xero.login.Attempt
---@field url string for the browser; no secret is in it
---@field redirect_uri string
---@field port integer
---@field state string what the redirect has to bring back
---@field verifier userdata a secret

--- Prepares an attempt.
---@param settings { login_url: string, client_id: string }
---@param port integer of the redirect
---@param scopes string
---@param native table
---@return xero.login.Attempt
function login.attempt(settings, port, scopes, native)
  local verifier, challenge = native.pkce()
  local state = native.base64url(native.random_bytes(32))
  -- Xero takes the name localhost here and refuses the address 127.0.0.1.
  local redirect_uri = ("http://localhost:%d%s"):format(port, CALLBACK)
  local query = query_of {
    { "response_type", "code" },
    { "client_id", settings.client_id },
    { "redirect_uri", redirect_uri },
    { "scope", scopes },
    { "state", state },
    { "code_challenge", challenge },
    { "code_challenge_method", "S256" },
  }
  return {
    url = settings.login_url .. "/identity/connect/authorize?" .. query,
    redirect_uri = redirect_uri,
    port = port,
    state = state,
    verifier = verifier,
  }
end

--- Compares two texts in a time that does not tell how much of them is equal.
---@param a string
---@param b string
---@return boolean
function login.same(a, b)
  if #a ~= #b then return false end
  local difference = 0
  for i = 1, #a do
    difference = difference | (a:byte(i) ~ b:byte(i))
  end
  return difference == 0
end

-- The redirect passes through the browser, so its words are anybody's who knows the state.
local function refused(code, description)
  if not is_error_code(code) then
    errors.raise { kind = "auth", message = "Xero refused the login" }
  end
  description = description and excerpt(description)
  errors.raise {
    kind = "auth",
    message = code == "access_denied" and "the login was denied in the browser (access_denied)"
      or ("Xero refused the login: %s%s"):format(code,
        description and (" (%s)"):format(description) or ""),
    hint = REDIRECT_HINTS[code],
    oauth_error = code,
    detail = description,
  }
end

--- The code that a redirect brings. Raises when it brings a refusal, or belongs to another attempt.
---@param attempt xero.login.Attempt
---@param query table<string, string> of the redirect
---@return string code
function login.code(attempt, query)
  if not login.same(query.state or "", attempt.state) then
    errors.raise {
      kind = "auth",
      message = "the redirect does not belong to this login: its state is another one",
      hint = "use the page that this login opened, not an older one; run xero-run login again",
    }
  elseif query.error then
    refused(query.error, query.error_description)
  elseif not query.code or query.code == "" then
    errors.raise { kind = "protocol", message = "the redirect brings no code" }
  end
  return query.code
end

--- The query of a redirect that was pasted: the whole address, or what follows its "?".
---@param text string
---@return table<string, string>? nil when it is no such address
function login.pasted(text)
  local address = text:match "^%s*(%S+)%s*$"
  if not address then return nil end
  local query = address:gsub("#.*", ""):gsub("^[^?]*%?", "")
  local fields = {}
  for name, value in query:gmatch "([^&=]+)=([^&]*)" do
    fields[decode(name)] = decode(value)
  end
  return fields.state and fields or nil
end

local function raise_timeout(attempt)
  errors.raise {
    kind = "auth",
    message = "nobody logged in within 5 minutes",
    hint = ("if Xero's page spoke of the redirect URI: add %s to those of the app at"
      .. " https://developer.xero.com/app/manage"):format(attempt.redirect_uri),
  }
end

local function raise_interrupted(native)
  local interruption = errors.interruption(native.interrupted())
  interruption.message = interruption.message .. ": no login"
  error(interruption, 0)
end

-- The first request for the callback; whatever else is asked meanwhile does not exist.
local function next_callback(server, attempt, native)
  local deadline = native.monotonic() + PATIENCE
  while true do
    local request = server:next(math.max(0, deadline - native.monotonic()))
    if not request then
      if native.interrupted() then raise_interrupted(native) end
      if native.monotonic() >= deadline then raise_timeout(attempt) end
    elseif request.method == "GET" and request.path == CALLBACK then
      return request
    else
      request.handle:answer(page.not_found())
    end
  end
end

-- The server writes while it waits. A second callback in that time is one too many.
local function linger(server, native)
  local deadline = native.monotonic() + LINGER
  repeat
    local request = server:next(math.max(0, deadline - native.monotonic()))
    if request then request.handle:answer(page.not_found()) end
  until not request
end

-- The programs that may open an address: those of BROWSER (separated by colons, %s stands for the
-- address), then the desktop's own.
local function browsers(getenv, url)
  local commands = {}
  for text in (getenv "BROWSER" or ""):gmatch "[^:]+" do
    local words, named = {}, false
    for word in text:gmatch "%S+" do
      local filled, count = word:gsub("%%s", (url:gsub("%%", "%%%%")))
      named = named or count > 0
      words[#words + 1] = filled
    end
    if not named then words[#words + 1] = url end
    commands[#commands + 1] = words
  end
  commands[#commands + 1] = { "xdg-open", url }
  return commands
end

local function open_browser(url, io_of)
  for _, words in ipairs(browsers(io_of.getenv, url)) do
    if io_of.native.start_program(words) then return true end
  end
  return false
end

---@class xero.login.World what a login needs of the world
---@field native table
---@field getenv fun(name: string): string?
---@field say fun(line: string) to the person
---@field ask? fun(): string? reads a line of the person

--- Listens for the redirect, so that its port is known and is ours before anybody is sent there.
---@param world xero.login.World
---@param port integer 0 is any free one
---@return table server
function login.listen(world, port)
  local server, message = world.native.httpd { address = "localhost", port = port }
  return server or errors.raise {
    kind = "usage",
    message = "the login " .. message,
    hint = ("--port N takes another one; http://localhost:N%s must be a redirect URI of the app,"
      .. " too"):format(CALLBACK),
  }
end

--- Sends the person to the browser, waits for the redirect, and lets `redeem` make a token of its
--- code. The browser is told how that ended.
---@generic T
---@param world xero.login.World
---@param attempt xero.login.Attempt
---@param server table of login.listen
---@param redeem fun(code: string): T
---@return T
function login.by_browser(world, attempt, server, redeem)
  local opened = open_browser(attempt.url, world)
  world.say(opened and "Your browser opens this address to log in; if it does not, open it there:"
    or "Open this address in a browser to log in:")
  world.say("\n  " .. attempt.url .. "\n")
  local request = next_callback(server, attempt, world.native)
  local ok, result = pcall(function() return redeem(login.code(attempt, request.query)) end)
  request.handle:answer(ok and page.done() or page.failed(tostring(result)))
  linger(server, world.native)
  if not ok then error(result, 0) end
  return result
end

--- The same without a browser here: the person opens the address anywhere and pastes where it ends.
---@generic T
---@param world xero.login.World
---@param attempt xero.login.Attempt
---@param redeem fun(code: string): T
---@return T
function login.by_hand(world, attempt, redeem)
  world.say "Open this address in a browser, on any computer, to log in:"
  world.say("\n  " .. attempt.url .. "\n")
  world.say("The browser then ends at an address that begins with " .. attempt.redirect_uri
    .. " and cannot be opened.\nPaste that address here:")
  local started = world.native.monotonic()
  local line = world.ask()
  if world.native.interrupted() then raise_interrupted(world.native) end
  if world.native.monotonic() - started > PATIENCE then raise_timeout(attempt) end
  local query = line and login.pasted(line)
  if not query then
    errors.raise {
      kind = "usage",
      message = line and "that is not the address of the redirect" or "no address was pasted",
      hint = ("it begins with %s and holds code= and state="):format(attempt.redirect_uri),
    }
  end
  return redeem(login.code(attempt, query))
end

local function raise_grant_refused(answer)
  local code = answer.oauth_error
  local description = answer.oauth_description and excerpt(answer.oauth_description)
  errors.raise {
    kind = "auth",
    message = code == "invalid_grant" and "Xero did not take the code: it was used or has expired"
      or ("Xero refused to give a token: %s%s"):format(code,
        description and (" (%s)"):format(description) or ""),
    hint = GRANT_HINTS[code],
    status = answer.status,
    oauth_error = code,
    detail = description,
  }
end

--- Redeems the code. A request that may have arrived is not repeated: a second use of a code tells
--- the server that it was stolen.
---@param exchange table sends the request
---@param settings { identity_url: string, client_id: string, client_secret?: userdata,
---  timeout: number }
---@param attempt xero.login.Attempt
---@param code string
---@param native table
---@return userdata token
function login.redeem(exchange, settings, attempt, code, native)
  return exchange:perform({
    method = "POST",
    path = "/connect/token",
    repeatable = false,
    submit = function(pump)
      return pump:grant {
        url = settings.identity_url,
        grant = "authorization_code",
        client_id = settings.client_id,
        client_secret = settings.client_secret,
        code = native.secret(code),
        redirect_uri = attempt.redirect_uri,
        verifier = attempt.verifier,
        timeout = settings.timeout,
      }
    end,
    read = function(answer)
      if answer.oauth_error then raise_grant_refused(answer) end
    end,
  }).token
end

return login
