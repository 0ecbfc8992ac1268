-- Messages on standard error, one printable line each, beginning with "xero-run: ".
--
-- `warn` and `error` always speak; `info` only to a person, that is where standard error is a
-- terminal and --quiet was not given, so that cron stays quiet; `debug` only with --verbose. The
-- options are looked at with each message, because a command takes them after its name too.

local clear_progress = require("xero.progress").clear
local printable = require("xero.text").printable

---@class xero.Log
---@field debug fun(format: string, ...) with --verbose
---@field info fun(format: string, ...) where a person looks on
---@field warn fun(format: string, ...)
---@field error fun(format: string, ...) says it; raises nothing

---Makes a log. Each function takes a format and values as `string.format` does; without values the
---text stands as it is.
---@param native table `options` and `isatty` of xero.native
---@param file { write: function } where the lines go
---@return xero.Log
local function new(native, file)
  local function say(format, ...)
    local line = select("#", ...) > 0 and format:format(...) or format
    clear_progress()
    file:write("xero-run: ", printable((line:gsub("\n$", ""))), "\n")
  end

  return {
    debug = function(...)
      if native.options.verbose then say(...) end
    end,
    info = function(...)
      if not native.options.quiet and native.isatty(2) then say(...) end
    end,
    warn = say,
    error = say,
  }
end

local M = new(require "xero.native", io.stderr)
M.new = new
return M
