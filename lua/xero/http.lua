-- HTTP for what scripts need beside Xero: a CRM to ask, a chat to tell.
--
-- The same engine and rules as for Xero's own endpoints: TLS, bounds, no redirects. GET and HEAD
-- are tried again by the retry rules, anything else only where it surely was not processed. Xero's
-- token never goes along. An answer with any status is a value; only its absence is raised. Of a
-- URL messages show the server alone: paths and queries of webhooks are secrets.

local errors = require "xero.error"
local Exchange = require "xero.exchange"
local json = require "xero.json"
local time = require "xero.time"

local DEFAULT_TIMEOUT = 30
local OPTIONS = {
  url = "string", method = "string", headers = "table", timeout = true, body = true,
}

---@class xero.HttpOptions
---@field headers? table<string, string>
---@field timeout? number|string seconds, or a duration such as "10s"; --timeout comes first

---@class xero.HttpRequest: xero.HttpOptions
---@field url string https, or http on this machine; a query may be in it, a user may not
---@field method? string GET, HEAD, POST, PUT, PATCH or DELETE in either case; GET
---@field body? string|table for POST, PUT and PATCH; a table is sent as JSON

---@class xero.HttpAnswer
---@field status integer
---@field headers table<string, string> by lower-case names; several of one name joined with ", "
---@field body string

local function mistake(level, format, ...)
  error(format:format(...), level + 1)
end

local function check_types(request, name, level)
  for key, value in pairs(request) do
    local expected = OPTIONS[key]
    if not expected then
      local nearest = require "xero.suggest"(tostring(key),
        { "url", "method", "headers", "timeout", "body" })
      mistake(level + 1, "unknown option '%s' to '%s'%s", tostring(key), name,
        nearest and (" (did you mean '%s'?)"):format(nearest) or "")
    elseif expected ~= true and type(value) ~= expected then
      mistake(level + 1, "option '%s' to '%s' is a %s, not a %s", key, name, type(value), expected)
    end
  end
  if not request.url then mistake(level + 1, "option 'url' to '%s' is missing", name) end
  for header, value in pairs(request.headers or {}) do
    if type(header) ~= "string" or type(value) ~= "string" then
      mistake(level + 1, "a header of '%s' is not a string: %s", name, tostring(header))
    end
  end
end

local function seconds_of(request, native, name, level)
  local value = native.options.timeout or request.timeout or DEFAULT_TIMEOUT
  local seconds, message = time.duration(value)
  if not seconds or seconds <= 0 then
    mistake(level + 1, "option 'timeout' to '%s': %s", name, message or "it must be more than 0")
  end
  return seconds
end

local function has_header(headers, wanted)
  for name in pairs(headers) do
    if name:lower() == wanted then return true end
  end
  return false
end

-- The bytes of the body, and the headers with the type that they have for certain.
local function body_and_headers(request, name, level)
  local body, headers = request.body, {}
  for header, value in pairs(request.headers or {}) do headers[header] = value end
  if type(body) == "table" then
    local encoded, text = pcall(json.encode, body)
    if not encoded then mistake(level + 1, "option 'body' to '%s': %s", name, text) end
    body = text
    if not has_header(headers, "content-type") then
      headers["Content-Type"] = "application/json"
    end
  elseif body ~= nil and type(body) ~= "string" then
    mistake(level + 1, "option 'body' to '%s' is a %s, not a string or a table", name, type(body))
  end
  return body, headers
end

-- What messages and --verbose call a URL.
local function shown(url)
  local server, path = url:match "^(%w+://[^/?#]*)(.*)$"
  if not server or server:find "@" then return "the URL that was given" end
  return server .. (#path > 1 and "/…" or path)
end

-- A request in the form of exchange.lua and of retry.lua.
local function described(request, native, name, level)
  check_types(request, name, level + 1)
  local body, headers = body_and_headers(request, name, level + 1)
  local timeout = seconds_of(request, native, name, level + 1)
  local method = (request.method or "GET"):upper()
  return {
    method = method,
    path = shown(request.url),
    repeatable = method == "GET" or method == "HEAD",
    submit = function(pump)
      return pump:request {
        url = request.url, method = method, headers = headers, body = body, timeout = timeout,
      }
    end,
  }
end

-- Sends until there is an answer that may stay: any that is complete and not to be asked for again.
local function perform(exchange, request)
  local attempt = 0
  while true do
    attempt = attempt + 1
    local answer = exchange:send(request)
    local verdict = exchange:judge(request, answer, attempt, false)
    if verdict.action ~= "wait" then
      if answer.error then errors.raise(verdict.error) end
      return { status = answer.status, headers = answer.headers, body = answer.body }
    elseif not exchange:pause(request, answer, verdict.wait) then
      exchange:raise_interrupted()
    end
  end
end

-- The options of `get` and `post` as a request.
local function with_options(options, name, fields)
  if options ~= nil and type(options) ~= "table" then
    mistake(3, "bad options to '%s' (table expected, got %s)", name, type(options))
  end
  for key, value in pairs(options or {}) do
    if fields[key] ~= nil or key == "url" or key == "method" or key == "body" then
      mistake(3, "unknown option '%s' to '%s' (it takes 'headers' and 'timeout')", tostring(key),
        name)
    end
    fields[key] = value
  end
  return fields
end

---Makes the three functions, over connections of their own.
---@param native table
---@param log xero.Log
---@return xero.Http
local function new(native, log)
  ---@class xero.Http
  local http = {}
  local exchange = Exchange.new(native, log)

  ---Sends a request and waits for its answer. Raises an error object where none came: of kind
  ---"network", "tls", "timeout", "protocol" or "usage"; "limit" for a DELETE in a dry run.
  ---@param request xero.HttpRequest
  ---@return xero.HttpAnswer answer whatever its status; redirects are not followed
  function http.request(request)
    if type(request) ~= "table" then
      mistake(2, "bad argument #1 to 'request' (table expected, got %s)", type(request))
    end
    return perform(exchange, described(request, native, "request", 2))
  end

  ---GET.
  ---@param url string
  ---@param options? xero.HttpOptions
  ---@return xero.HttpAnswer
  function http.get(url, options)
    return perform(exchange,
      described(with_options(options, "get", { url = url }), native, "get", 2))
  end

  ---POST, for example of a message to a chat: `xero.http.post(webhook, { text = "done" })`.
  ---@param url string
  ---@param body string|table a table is sent as JSON
  ---@param options? xero.HttpOptions
  ---@return xero.HttpAnswer
  function http.post(url, body, options)
    local fields = { url = url, method = "POST", body = body }
    return perform(exchange, described(with_options(options, "post", fields), native, "post", 2))
  end

  return http
end

local M = new(require "xero.native", require "xero.log")
M.new, M.shown = new, shown
return M
