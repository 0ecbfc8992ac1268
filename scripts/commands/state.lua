-- xero-run state: moves what a profile keeps between files and a database.

local native = require "xero.native"
local profile = require "xero.profile"
local state = require "xero.state"
local state_copy = require "xero.state_copy"
local state_url = require "xero.state_url"
local stored_login = require "xero.stored_login"
local text = require "xero.text"
local xero = require "xero"

local function parse()
  local parser = xero.args("state", "Moves what a profile keeps (its login, journal and marks) to"
    .. " another state; the login in the old one is retired first. A state is a directory of all"
    .. " state, or postgresql://… without a password, or env:NAME of a variable with either.")
  parser:argument("action", "copy"):choices { "copy" }
  parser:argument("from", "the state to copy from"):argname "FROM"
  parser:argument("to", "the state to copy to"):argname "TO"
  parser:host_options("profile", "config", "lock-timeout", "quiet", "verbose")
  return parser:parse()
end

-- A command line can be seen by every user of the machine.
local function place_of(word)
  local name = word:match "^env:(.+)$"
  if name then
    return os.getenv(name) or xero.error.raise {
      kind = "usage", message = "the environment has no " .. name,
    }
  end
  local url = state_url.is(word) and state_url.parse(word)
  if url and url.has_password then
    xero.error.raise {
      kind = "usage",
      message = "a password on the command line can be seen by every user of this machine",
      hint = "change it; then name a passfile in the URL, or a variable: env:NAME",
    }
  end
  return word
end

local function is_there(kept)
  return kept.shared or native.file_status(kept.place) ~= nil
end

local args = parse()
local environment = { getenv = os.getenv, native = native }
local chosen = profile.choose(environment)
local from = state.named(environment, chosen, place_of(args.from))
local to = state.named(environment, chosen, place_of(args.to))
if not is_there(from) then
  xero.error.raise { kind = "usage", message = "there is nothing in " .. from.place }
end
local lines, moved = state_copy.copy(from, to, {
  native = native,
  seconds = native.options.lock_timeout,
  host_tag = function(kept)
    return stored_login.host_tag({ profile = chosen, state = function() return kept end }, native)
  end,
})
xero.log.info("copied %s of the journal", text.count(lines, "line"))
xero.log.info(moved and "moved the login; from now on it is used from %s"
  or "no login had to be moved to %s", to.place)
