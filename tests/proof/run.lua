-- Plays every torture and every test that a figure of reliability rests on, and writes
-- docs/proof.md from what it saw, and nothing else. The document is written anew after each step,
-- so that a run that is cut off leaves an honest one.
--
--   xero-run tests/proof/run.lua [NAME=VALUE]...     (make proof)
--
--   EVERY=N          plays each Nth case of the steps that have many
--   EVERY.TARGET=N   the same for one of them
--   TIME=N           fuzzes each target for N seconds
--   WITHOUT=TARGET   leaves a target out
--   LIMIT=MINUTES    cuts a step off that takes longer
--   WITHIN=MINUTES   cuts off what is not done by then
--
-- Ends with 1 where a case fell short, or a step did not end well.

local here = arg[0]:match "^(.*)/proof/run.lua$"
package.path = here .. "/?.lua;" .. package.path

local document = require "proof.document"
local npm = require "support.npm"
local play = require "proof.play"
local process = require "support.process"
local shell = require "support.shell"
local temp = require "support.temp"

local FILE = here .. "/../docs/proof.md"
local MINUTE = 60

local function read_settings()
  local settings = { every = {}, without = {}, limit = 8 * 60 * MINUTE }
  for _, word in ipairs(arg) do
    local name, target, value = word:match "^(%u+)%.?([%l-]*)=(.+)$"
    if name == "EVERY" then
      settings.every[target] = value
    elseif name == "WITHOUT" then
      settings.without[value] = true
    elseif name == "TIME" then
      settings.time = value
    elseif name == "LIMIT" or name == "WITHIN" then
      settings[name:lower()] = tonumber(value) * MINUTE
    else
      error("not a setting: " .. word, 0)
    end
  end
  return settings
end

local function is_good(rows)
  for _, row in ipairs(rows) do
    if row.reason or row.short > 0 then return false end
  end
  return true
end

-- As one types it.
local function command(settings)
  local words, without = { "make", "proof" }, {}
  for _, word in ipairs(arg) do
    if not word:find "^WITHOUT=" and word ~= "EVERY=1" then words[#words + 1] = word end
  end
  for target in pairs(settings.without) do without[#without + 1] = target end
  table.sort(without)
  if without[1] then words[#words + 1] = "WITHOUT=" .. table.concat(without, " ") end
  return shell.join(words)
end

npm.modules() -- now, for the steps do not have the variables by which npm may need to be led
local settings = read_settings()
local write_document = document.new(command(settings))

local function write(rows, is_ended)
  temp.write(FILE .. ".new", write_document(rows, is_ended))
  assert(os.rename(FILE .. ".new", FILE))
end

local rows = play(settings, function(rows) write(rows, false) end)
write(rows, true)
process.stop_all()
temp.remove_all()
os.exit(is_good(rows), true)
