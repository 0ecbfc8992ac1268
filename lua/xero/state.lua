-- What a profile keeps from run to run: the login of a person, the journal of its disconnects, what
-- its policies remember, and the locks that go with them. Where that is, is decided here; whoever
-- works on it has this face and does not know:
--
--   place                 what to call it in messages
--   shared                whether several machines use it; then a login belongs to none of them
--   keeper(create)        where the login is kept (keeper.lua); with `create`, it can be written
--   has_login()           whether there is one
--   lock(name, seconds)   something to close; or nil and an error object. The names: "run", of a
--                         run that disconnects; "marks", of one that changes what policies remember
--   journal()             the log for journal.lua to write to, under the lock "run"
--   journal_lines()       an iterator over the journal's lines, each with its newline
--   journal_name          what to call the journal in messages
--   marks_name            what to call what policies remember in messages
--   read_marks(limit)     the text that policies remember, or nil; at most so many bytes
--   replace_marks(text)   true, or nil, message, hint; under the lock "marks"
--   inspect()             for doctor: a list of { state = "ok"|"warn"|"FAIL", finding, mend }
--
-- What cannot be had raises an error object: of kind "usage" where no place for it is known, of
-- kind "store" where that place cannot be used.

local errors = require "xero.error"
local login_form = require "xero.login_form"
local paths = require "xero.paths"
local profiles = require "xero.profile"
local state_url = require "xero.state_url"
local variable = require "xero.variable"

local state = {}

---@class xero.ProfileState
---@field place string
---@field shared boolean
---@field journal_name string
---@field marks_name string
---@field keeper fun(self, create?: boolean): xero.Keeper
---@field has_login fun(self): boolean
---@field lock fun(self, name: "run"|"marks", seconds: number): table|nil, xero.Error|nil
---@field journal fun(self): xero.JournalLog
---@field journal_lines fun(self): fun(): string|nil
---@field read_marks fun(self, limit: integer): string|nil
---@field replace_marks fun(self, text: string): boolean|nil, string|nil, string|nil
---@field inspect fun(self): { state: string, finding: string, mend: string|nil }[]

-- The URL of the profile's state, and who named it; nil where it is in files.
local function named_url(environment, profile)
  local named = variable(environment, "XERO_RUN_STATE")
  if named then
    return state_url.is(named) and named or nil, "XERO_RUN_STATE"
  end
  return profile.keys.state, ("state of profile %s"):format(profile.name)
end

-- How to get at the key that seals the login, or nil where it is not to be sealed.
local function key_of(environment, profile)
  local native = environment.native
  local path = variable(environment, "XERO_RUN_STATE_KEY_FILE")
  if path then
    return function()
      local key, message = native.secret_from_file(path)
      if key then return key end
      errors.raise { kind = "usage", message = "XERO_RUN_STATE_KEY_FILE: " .. message }
    end
  end
  if not profile.keys.state_key then return nil end
  return function() return profiles.secret(profile, native, "state_key") end
end

-- The state at a URL or (nil) in a directory.
local function at(environment, profile, text, source, directory)
  local form = login_form.new(environment.native, key_of(environment, profile))
  if not text then
    return require "xero.state_files".new(environment.native, directory, form)
  end
  local url, message = state_url.parse(text)
  if not url then
    errors.raise {
      kind = "usage", message = ("%s %s"):format(source, message),
      hint = "docs/state.md has examples",
    }
  end
  return require "xero.state_postgres".new(environment, url, profile.name, form)
end

---The state of a profile. Nothing is opened or made yet.
---@param environment xero.paths.Environment
---@param profile xero.Profile
---@return xero.ProfileState
function state.of(environment, profile)
  local text, source = named_url(environment, profile)
  local directory = not text and paths.profile_state(environment, profile.name) or nil
  return at(environment, profile, text, source, directory)
end

---The state of a profile at a place that somebody names: a directory of all state, or a URL.
---@param environment xero.paths.Environment
---@param profile xero.Profile
---@param place string
---@return xero.ProfileState
function state.named(environment, profile, place)
  if state_url.is(place) then return at(environment, profile, place, "the state") end
  if place:sub(1, 1) ~= "/" then
    errors.raise {
      kind = "usage", message = ("%q is neither an absolute path nor postgresql://…"):format(place),
    }
  end
  local directory = place:gsub("/+$", "") .. "/" .. profile.name
  return at(environment, profile, nil, nil, directory)
end

return state
