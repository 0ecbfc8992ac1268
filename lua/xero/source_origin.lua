-- Where the text of a source comes from: a file, a web server, a command. Each gives the whole text
-- and how old it is, or raises; half a text is none.

local errors = require "xero.error"
local time = require "xero.time"

local source_origin = {}

---What to do where one answer does not have all rows.
source_origin.ALL_PAGES = "ask for larger pages, or gather them in a command"

local MOST_BYTES = 64 << 20
local COMMAND_TIMEOUT = 60

---@class xero.SourceText
---@field text string
---@field at? number when it was made, seconds since the epoch; nil: not known

-- A relative path means the same whoever starts the script, cron above all: it is seen from the
-- directory of the file that names it.
local function beside(place, path)
  if path:sub(1, 1) == "/" then return path end
  return (place.file:match "^(.*/)" or "") .. path
end

-- Files -------------------------------------------------------------------------------------------

---@param source xero.Source
---@return string
local function file_origin(source)
  return beside(source.place, source.options.path)
end

local function stat(path, source, native)
  local status, message = native.file_status(path)
  if not status then
    source:refuse("a file", ("none: %s"):format(message), source.options.path ~= path
      and "the path is seen from the directory of " .. source.place.file or nil)
  elseif status.kind ~= "file" then
    source:refuse("a file", status.kind == "directory" and "a directory" or "no regular file")
  elseif status.size > MOST_BYTES then
    source:refuse("64 MiB at most", ("%d MiB"):format(status.size >> 20))
  end
  return status
end

local function from_file(source, env)
  local path = file_origin(source)
  local before = stat(path, source, env.native)
  local file <close>, message = io.open(path, "rb")
  if not file then
    source:refuse("a file that can be read", "none: " .. message:sub(#path + 3))
  end
  -- Lua makes room for all that is asked for; a byte more shows a file that grows.
  local text, why = file:read(before.size + 1)
  if not text and why then source:refuse("a file that can be read", "none: " .. why) end
  local after = stat(path, source, env.native)
  if after.size ~= before.size or after.changed ~= before.changed then
    source:refuse("a file at rest", "one that changed while it was read",
      "write it under another name, then rename it")
  end
  return { text = text or "", at = before.changed }
end

-- The web -----------------------------------------------------------------------------------------

local function headers_of(source, env)
  local headers = {}
  for name, value in pairs(source.options.headers or {}) do
    if type(value) == "table" then
      local secret = env.getenv(value.env)
      if not secret or secret == "" then
        source:refuse(("the variable %s, for the header %s"):format(value.env, name), "none")
      end
      value = (value.prefix or "") .. secret
    end
    headers[name] = value
  end
  return headers
end

-- What is no matter of the source goes on as it is: a signal, a deadline, a mistake of the script.
local PASSED_ON = { interrupted = true, deadline = true, usage = true }

local function ask(source, env)
  local request = {
    url = source.options.url, headers = headers_of(source, env), timeout = source.options.timeout,
  }
  local ok, answer = pcall(env.http.request, request)
  if ok then return answer end
  if not errors.is(answer) or PASSED_ON[answer.kind] then error(answer, 0) end
  source:refuse("an answer", "none: " .. answer.message, answer.hint)
end

local function from_web(source, env)
  local answer = ask(source, env)
  if answer.status ~= 200 then
    local redirect = answer.status >= 300 and answer.status < 400
    source:refuse("status 200",
      ("%d%s"):format(answer.status, redirect and ", a redirect, which is not followed" or ""),
      (answer.status == 401 or answer.status == 403) and "check its headers" or nil)
  end
  if (answer.headers.link or ""):lower():find 'rel="?next' then
    source:refuse("all rows in one answer", "that there are more (Link: rel=next)",
      source_origin.ALL_PAGES)
  end
  local made = answer.headers["last-modified"] or answer.headers.date
  return { text = answer.body, at = made and time.http_date(made, env.now) }
end

-- Commands ----------------------------------------------------------------------------------------

local function first_line(complaints)
  return complaints and complaints:match "[^%c][^\r\n]*"
end

local function from_command(source, env)
  local command, native = source.options.command, env.native
  local words = type(command) == "table" and command or { "sh", "-c", command }
  local directory = source.place.file:match "^(.*/)"
  local output, message, complaints = native.run_program(words,
    source.options.timeout or COMMAND_TIMEOUT, MOST_BYTES, directory)
  if output then return { text = output, at = env.now } end
  if native.interrupted() then error(errors.interruption(native.interrupted()), 0) end
  local complaint = first_line(complaints)
  source:refuse("a command that succeeds",
    message .. (complaint and ": " .. complaint:sub(1, 200) or ""))
end

---What messages call the place that a source comes from. No secret is in it: of a URL only the
---server, of a command only the program.
---@param source xero.Source
---@return string? nil where it has no other name than the source's own
function source_origin.name(source)
  local options = source.options
  if source.kind == "http" then return require("xero.http").shown(options.url) end
  if options.path then return file_origin(source) end
  local command = options.command
  if type(command) == "string" then command = { command:match "^[%w_./-]+" or "sh" } end
  return command and "the command " .. command[1] or nil
end

source_origin.read = {
  csv = from_file, json = from_file, http = from_web, command = from_command,
}

return source_origin
