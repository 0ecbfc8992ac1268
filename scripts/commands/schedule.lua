-- xero-run schedule: runs a script regularly, by a hardened systemd service or by cron.

local crontab = require "xero.crontab"
local filled = require "xero.filled"
local job = require "xero.job"
local named_file = require "xero.named_file"
local native = require "xero.native"
local systemd = require "xero.systemd"
local usage = require("xero.raise").usage
local xero = require "xero"

local function parse()
  local parser = xero.args("schedule", "Prints a systemd service and timer, or a crontab line, that"
    .. " run a script regularly with the options given here. A policy is applied. Words behind --"
    .. " are passed to the script as they are.")
  parser:argument("script", "a script or a command, and its arguments")
    :args "+"
  parser:option("--on", "when: daily, hourly, weekly, monthly, or as systemd.time(7) writes it; for"
    .. " cron its five fields (default daily)"):argname "CALENDAR"
  parser:flag("--cron", "a line for a crontab")
  parser:option("--user", "run as that account, in place of one made for the service")
    :argname "NAME"
  parser:flag("--login", "use the stored login of that account, not the app's client secret")
  parser:option("--name", "what the units are called (default xero-run- and the script's name)")
    :argname "NAME"
  parser:option("--write", "write the units into DIR, such as " .. systemd.DIRECTORY)
    :argname "DIR":convert(filled())
  parser:host_options("profile", "config", "yes", "dry-run", "timeout", "lock-timeout", "deadline",
    "max-disconnects", "concurrency", "format", "quiet", "verbose")
  return parser:parse()
end

local function check(args)
  if args.cron then
    for _, name in ipairs { "user", "name", "write" } do
      if args[name] then
        usage(("--%s is for systemd's units, not for --cron"):format(name),
          name == "user" and "the account is the one whose crontab it is" or nil)
      end
    end
  elseif args.user and not args.user:find "^[%a_][%w_-]*$" then
    usage(("--user: %q is no name of an account"):format(args.user))
  elseif args.name and not args.name:find "^[%w_][%w_.-]*$" then
    usage(("--name: %q is no name for a unit"):format(args.name),
      "letters, digits, dots, hyphens and underscores")
  end
end

-- systemd itself knows best; where it is not, it judges when the timer is loaded.
local function check_calendar(calendar)
  if calendar:find "%c" then usage "--on: a line end is in it" end
  local analyze = { "systemd-analyze", "calendar", "--", calendar }
  local said, message, complaints = native.run_program(analyze, 10, 4096)
  if said or not message:find "^it ended with status" then return end
  usage(("--on: %s"):format(complaints:match "^[^\n]+" or message),
    'write daily, or for example "Mon..Fri 03:30"')
end

-- Everybody may read a unit, by systemd's rules; the host's umask is for secrets.
local function install(directory, files)
  for _, it in ipairs(files) do
    local path = directory .. "/" .. it.name
    named_file.write(path, it.text)
    assert(native.run_program({ "chmod", "644", path }, 10, 4096))
  end
end

local function commented(lines)
  local text = {}
  for i, line in ipairs(lines) do text[i] = "#   " .. line end
  return table.concat(text, "\n")
end

local function schedule_by_systemd(planned, args)
  local calendar = args.on or "daily"
  check_calendar(calendar)
  if planned.login and not args.user then
    usage("a login belongs to an account", "add --user NAME")
  end
  local name = args.name or systemd.unit_name(planned.title)
  local files = {
    { name = name .. ".service", text = systemd.service(planned, args) },
    { name = name .. ".timer", text = systemd.timer(planned, calendar) },
  }
  local steps = systemd.steps(planned, name, args, native)
  if args.write then
    install(args.write, files)
    print("Two units are in " .. args.write .. ". What is left to do:")
    print("  " .. table.concat(steps, "\n  "))
    return
  end
  print("# Two files, by their names below (--write DIR writes them); then:")
  print(commented(steps))
  for _, it in ipairs(files) do
    io.write("\n# ", systemd.DIRECTORY, "/", it.name, "\n", it.text)
  end
end

local args = parse()
check(args)
local planned = job.of(args.script, args, { getenv = os.getenv, native = native })
if args.cron then
  io.write(crontab.text(planned, crontab.schedule(args.on or "daily", planned.title)))
else
  schedule_by_systemd(planned, args)
end
