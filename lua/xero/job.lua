-- A scheduled run: which words start it, and which files it needs where nobody is logged in.
--
-- Everything is an absolute path, for a scheduler starts elsewhere than a shell does. Secrets are
-- named by their files; a secret itself never gets into what is scheduled.

local job_environment = require "xero.job_environment"
local named_file = require "xero.named_file"
local paths = require "xero.paths"
local profile = require "xero.profile"
local suggest = require "xero.suggest"
local usage = require("xero.raise").usage
local variable = require "xero.variable"

local job = {}

---@class xero.Job
---@field title string the script's file name, or the command
---@field words string[] the program and its arguments
---@field script? string the script's path; nil: a bundled command
---@field is_policy boolean whether it is applied, not just run
---@field profile string
---@field config? string the configuration file
---@field client_id? string where the environment names it
---@field has_client_id boolean whether the environment or the profile names one
---@field secret_file? string where the client secret is; nil for a login that needs none
---@field environment xero.JobEnvironment what else it is to find there
---@field has_state boolean whether the state is in a database, by the profile or the environment
---@field login boolean whether a stored login is used, in place of the app's own token

local function names_script(word)
  return word:find "/" ~= nil or word:find "%.lua$" ~= nil
end

---Tells whether a script declares a policy, by its text: to run it would be to act. A script that
---makes a policy has to return it, so using `xero.policy` and returning something is what tells.
---@param source string
---@return boolean
function job.declares_policy(source)
  local code = source:gsub("%-%-%[(=*)%[.-%]%1%]", ""):gsub("%-%-[^\n]*", "")
  return code:find "%.%s*policy%f[^%w_]" ~= nil and code:find "%f[%w_]return%f[^%w_]" ~= nil
end

-- Nobody would see that it is refused.
local function check_trust(path, word, native)
  local fault = native.script_fault(path, true)
  if fault then usage(("%s %s"):format(word, fault), ("chmod go-w '%s'"):format(word)) end
end

-- What the script's word means: its absolute path and whether it is a policy.
local function script_of(word, environment)
  local path = paths.absolute(environment, word)
  check_trust(path, word, environment.native)
  local source = named_file.read(path)
  local chunk, message = load(source:gsub("^#[^\n]*", ""), "@" .. word, "t")
  if not chunk then usage(message) end
  return path, job.declares_policy(source)
end

local function check_command(word, native)
  local names = native.command_names()
  for _, name in ipairs(names) do
    if name == word then return end
  end
  local nearest = suggest(word, names)
  usage(("no command '%s'"):format(word), nearest and ("did you mean %s?"):format(nearest)
    or "a script is named with a / or .lua")
end

-- The host's options of the scheduled run: those that differ here from what holds anyway.
local SAME = {
  "yes", "dry-run", "timeout", "lock-timeout", "deadline", "max-disconnects", "concurrency",
  "format", "quiet", "verbose",
}

-- A policy is applied without a question; and by cron without its plan, which would be mail.
local function option_words(native, is_policy, cron)
  local words, rows = {}, {}
  for _, row in ipairs(native.option_table()) do
    if row.long then rows[row.long] = row end
  end
  for _, name in ipairs(SAME) do
    local value = native.options[name:gsub("-", "_")]
    if name == "yes" and is_policy or name == "quiet" and is_policy and cron then value = true end
    if value == rows[name].standard then value = nil end
    if value and rows[name].kind == "duration" then value = ("%.14gs"):format(value) end
    if value == true then
      words[#words + 1] = "--" .. name
    elseif value then
      words[#words + 1] = ("--%s=%s"):format(name, value)
    end
  end
  return words
end

-- The arguments, with the policy's file of a command such as `plan` where it is.
local function settle_arguments(self, words, environment)
  local settled = table.move(words, 2, #words, 1, {})
  for i, word in ipairs(settled) do
    if not self.script and names_script(word) and environment.native.file_status(word) then
      self.script = paths.absolute(environment, word)
      check_trust(self.script, word, environment.native)
      settled[i] = self.script
    end
  end
  return settled
end

-- Where the client secret lies, or should be put.
local function secret_file(environment, chosen)
  local named = variable(environment, "XERO_CLIENT_SECRET_FILE")
  if named then return paths.absolute(environment, named) end
  local place = chosen.keys.client_secret
  if type(place) == "table" and place.file then
    local directory = paths.absolute(environment, chosen.file):match "^.*/"
    return place.file:sub(1, 1) == "/" and place.file or directory .. place.file
  end
end

---What a run of `words`, a script or a command and its arguments, would be on a schedule. Raises
---kind "usage" for a script that cannot be read or is no Lua, an unknown command or profile.
---@param words string[]
---@param options { login?: boolean, cron?: boolean }
---@param environment { getenv: (fun(name: string): string?), native: table }
---@return xero.Job
function job.of(words, options, environment)
  local native, word = environment.native, words[1]
  if word == "-" then usage "a script on standard input cannot be scheduled: save it to a file" end
  local chosen = profile.choose(environment)
  local login = options.login or chosen.keys.auth == "user"
  local self = {
    title = word:match "[^/]*$", profile = chosen.name, login = login, is_policy = false,
    config = chosen.file and paths.absolute(environment, chosen.file),
    client_id = variable(environment, "XERO_CLIENT_ID"),
  }
  self.has_client_id = (self.client_id or chosen.keys.client_id) ~= nil
  local shares_state = job_environment.shares_state(environment)
  self.has_state = shares_state or chosen.keys.state ~= nil
  self.environment = job_environment.of(environment, options.cron or shares_state)
  self.secret_file = secret_file(environment, chosen)
    or not login and ("/etc/xero-run/%s.secret"):format(chosen.name) or nil
  self.words = { (assert(native.real_path "/proc/self/exe")) }
  local function append(more) table.move(more, 1, #more, #self.words + 1, self.words) end
  if chosen.name ~= "default" then append { "--profile=" .. chosen.name } end
  if names_script(word) then
    self.script, self.is_policy = script_of(word, environment)
    append(option_words(native, self.is_policy, options.cron))
    append(self.is_policy and { "apply", self.script } or { self.script })
    append(table.move(words, 2, #words, 1, {}))
  else
    check_command(word, native)
    append(option_words(native, word == "apply", options.cron))
    append { word }
    append(settle_arguments(self, words, environment))
  end
  return self
end

return job
