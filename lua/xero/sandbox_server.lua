-- Puts a sandbox behind a socket: takes requests, sends each reply when it is due, writes the log.
-- Nothing here waits for one client: delayed replies are kept and sent in between.

local json = require "xero.json"
local xero_error = require "xero.error"

local M = {}

local LOG_ORDER = { "n", "op", "method", "path", "query", "headers", "body", "status", "done" }
local SECRET_FIELDS = { client_secret = true, refresh_token = true, code = true,
  code_verifier = true, token = true }

-- Bytes of strangers may be anything; JSON is UTF-8.
local function utf8_text(text)
  if utf8.len(text) then return text end
  return (text:gsub("[\x80-\xFF]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

local function text_map(map)
  local out = {}
  for name, value in pairs(map) do out[utf8_text(name)] = utf8_text(value) end
  return out
end

local function redacted_body(body)
  return (body:gsub("([^&=]+)=([^&]*)", function(name)
    return SECRET_FIELDS[name] and name .. "=…" or nil
  end))
end

---One line of the log, without secrets: of Authorization the scheme remains.
---@param request table
---@param reply xero.sandbox.Reply
---@return string
function M.log_line(request, reply)
  local headers = text_map(request.headers)
  if headers.authorization then
    headers.authorization = headers.authorization:match "^%a+" or ""
  end
  return json.encode({
    n = reply.number,
    op = reply.op,
    method = utf8_text(request.method),
    path = utf8_text(request.path),
    query = text_map(request.query),
    headers = headers,
    body = utf8_text(redacted_body(request.body)),
    status = reply.status or json.null,
    done = reply.done,
  }, { order = LOG_ORDER })
end

local function send(handle, reply)
  if reply.silent == "reset" then
    handle:reset()
  elseif reply.truncate then
    handle:truncate {
      status = reply.status, headers = reply.headers, body = reply.body, at = reply.truncate,
    }
  elseif not reply.silent then
    -- A client that has gone meanwhile is no concern of ours: the result does not matter.
    handle:answer { status = reply.status, headers = reply.headers, body = reply.body }
  end
end

-- Replies that wait, the one that is due first at the end.
local function keep(waiting, item)
  local at = #waiting
  while at > 0 and waiting[at].due <= item.due do at = at - 1 end
  table.insert(waiting, at + 1, item)
end

local function send_due(waiting, now)
  while waiting[#waiting] and waiting[#waiting].due <= now do
    local item = table.remove(waiting)
    send(item.handle, item.reply)
  end
end

-- Flushed at once: who reads the log while we run sees each request.
local function write_line(log, line)
  local ok, message = log:write(line, "\n")
  if ok then ok, message = log:flush() end
  if not ok then
    xero_error.raise { kind = "store", message = "the log cannot be written: " .. message }
  end
end

---@class xero.sandbox.ServerOptions
---@field native table monotonic(), interrupted()
---@field server table from native.httpd
---@field sandbox xero.Sandbox
---@field log? file* a line for each request

---Serves until a signal comes.
---@param options xero.sandbox.ServerOptions
function M.serve(options)
  local native, log = options.native, options.log
  local waiting = {}
  while not native.interrupted() do
    local first = waiting[#waiting]
    local request = options.server:next(first and math.max(first.due - native.monotonic(), 0))
    if request then
      local reply = options.sandbox:handle(request)
      if log then write_line(log, M.log_line(request, reply)) end
      keep(waiting, {
        due = request.arrived + reply.delay, handle = request.handle, reply = reply,
      })
    end
    send_due(waiting, native.monotonic())
  end
end

return M
