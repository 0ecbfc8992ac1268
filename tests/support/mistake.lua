-- A mistake as a person makes it, and what they are told: see tests/mistakes.
--
-- In what is told, HOME stands for the person's home, URL and PORT for the sandbox's, XERO_RUN for
-- the program; "…" for anything.

local new_person = require "support.person".new
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"

---@class support.Mistake
---@field [1] string what is done wrong
---@field words? string[] of the command line
---@field sh? string or a command line of sh, with XERO_RUN in it
---@field env? table<string, string|false>
---@field files? table<string, string> by their names in the home, which is the directory, too
---@field config? string the configuration file
---@field before? string sh that prepares the home
---@field at? "app"|"login"|string[]|fun(): string[] at a sandbox with an app, or with a login; or
---  at one of its own, with these arguments
---@field control? table what has happened at the sandbox since
---@field stdin? string
---@field type? { [1]: string, [2]: string } keys to type on a terminal, after its text is there
---@field says string all that is told: stderr, or on a terminal everything
---@field or_says? string the same where libraries of another release say it
---@field out? string what is on stdout
---@field slow? boolean it takes seconds, so that it is begun before others are looked at
---@field status integer

local mistake = {}

local shared -- a sandbox that nothing changes

local function prepare_home(row, home)
  shell.output { "mkdir", "-p", home .. "/.config/xero-run" }
  for name, text in pairs(row.files or {}) do
    temp.write(home .. "/" .. name, text)
  end
  if row.config then
    temp.write(home .. "/.config/xero-run/config.lua", row.config)
    shell.output { "chmod", "600", home .. "/.config/xero-run/config.lua" }
  end
end

-- The person who makes the mistake: their environment and home, and what ends with them.
local function person_of(row)
  if row.at == "login" then
    local person = new_person()
    person.env.XDG_CONFIG_HOME = person.home .. "/.config"
    person:log_in()
    if row.control then
      person:control(row.control)
    end
    return person
  end
  local world
  if row.at == "app" then
    shared = shared or sandbox.start()
    world = shared
  elseif row.at then
    world = sandbox.start(type(row.at) == "function" and row.at() or row.at)
  end
  return {
    home = temp.directory(),
    env = world and world:with {} or {},
    sandbox = world ~= shared and world or nil,
  }
end

local function command_of(row, person)
  local env = {}
  for _, from in ipairs { person.env, row.env or {} } do
    for name, value in pairs(from) do
      env[name] = value and value:gsub("HOME", person.home) or nil
    end
  end
  env.HOME, env.NO_COLOR = person.home, "1"
  local words = table.move(row.words or {}, 1, #(row.words or {}), 2, { run.program() })
  if row.sh then
    words = { "sh", "-c", (row.sh:gsub("XERO_RUN", shell.quote(run.program()))) }
  end
  words.env, words.cwd, words.stdin = env, person.home, row.stdin
  return words
end

local function type_when_asked(running, keys)
  process.await(function() return running:out():find(keys[1], 1, true) end,
    ("%q in %q"):format(keys[1], running:out()))
  running:type(keys[2])
end

local function replaced(text, what, by)
  return (text:gsub(what:gsub("%p", "%%%0"), by))
end

local function made_plain(text, person)
  local url = person.env.XERO_API_URL
  text = replaced(replaced(text, person.home, "HOME"), run.program(), "XERO_RUN")
  if url then
    text = replaced(text, url, "URL"):gsub("%f[%d]" .. url:match "%d+$" .. "%f[%D]", "PORT")
  end
  return text
end

--- Begins to make the mistake.
---@param row support.Mistake
---@return fun(): { status: integer, told: string, out: string } waits for the end
function mistake.begin(row)
  local person = person_of(row)
  prepare_home(row, person.home)
  if row.before then
    process.run { "sh", "-ec", row.before, env = { HOME = person.home }, cwd = person.home }
  end
  local command = command_of(row, person)
  command.tty, command.typed = row.type ~= nil, row.type ~= nil
  local running = process.spawn(command)
  return function()
    if row.type then
      type_when_asked(running, row.type)
    end
    local result = running:wait(30)
    if person.sandbox then
      person.sandbox:stop()
    end
    local out, err = made_plain(result.out, person), made_plain(result.err, person)
    return {
      status = result.status,
      told = row.type and out:gsub("\r\n", "\n") or err,
      out = row.type and "" or out,
    }
  end
end

--- Whether a text is the expected one.
---@param expected string
---@param text string
---@return boolean
function mistake.fits(expected, text)
  return text:find("^" .. expected:gsub("%p", "%%%0"):gsub("…", ".-") .. "$") ~= nil
end

function mistake.finish()
  if shared then
    shared:stop()
    shared = nil
  end
end

return mistake
