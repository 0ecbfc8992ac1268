-- The systemd units of a scheduled run: a service that runs it once, and the timer that starts it.
--
-- The service gets what it needs and no more: its own state directory, the client secret as a
-- credential, the network. What may be tried again is tried again; what waits for a person is not.
-- systemd.exec(5), systemd.service(5), systemd.syntax(7).

local systemd = {}

---Where the units of a machine's own are kept.
systemd.DIRECTORY = "/etc/systemd/system"

-- Why each of these is here is in systemd.exec(5).
local SANDBOX = {
  "NoNewPrivileges=yes", "CapabilityBoundingSet=", "UMask=0077", "LimitCORE=0",
  "ProtectSystem=strict", "PrivateTmp=yes", "PrivateDevices=yes", "DevicePolicy=closed",
  "ProtectClock=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes", "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "ProtectProc=invisible",
  "ProcSubset=pid", "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
  "RemoveIPC=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes",
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK",
  "SystemCallArchitectures=native", "SystemCallFilter=@system-service",
  "SystemCallFilter=~@privileged", "SystemCallErrorNumber=EPERM",
}

-- Quoting -----------------------------------------------------------------------------------------

-- A percent sign begins a specifier everywhere in a unit.
local function literal(text)
  return (text:gsub("%%", "%%%%"))
end

-- One word of a list of words.
local function quote(word)
  if word:find "^[%w/._:=@,+%%-]+$" then return word end
  return '"' .. word:gsub('[\\"%c]', function(char)
    return char:find "%c" and ("\\x%02x"):format(char:byte()) or "\\" .. char
  end) .. '"'
end

-- One word of a command line, where a dollar sign begins a variable, too.
local function quote_argument(word)
  return quote(literal(word):gsub("%$", "$$"))
end

---The part of the units' names that a title gives.
---@param title string a file name, or whatever a person calls it
---@return string
function systemd.unit_name(title)
  local name = title:gsub("%.lua$", ""):gsub("[^%w_.-]+", "-"):gsub("^[-.]+", "")
  return "xero-run-" .. (name == "" and "job" or name:sub(1, 200))
end

-- The units ---------------------------------------------------------------------------------------

local function add(lines, format, ...)
  lines[#lines + 1] = format:format(...)
end

local function is_home(path)
  return path ~= nil
    and (path:find "^/home/" or path:find "^/root/" or path:find "^/run/user/") ~= nil
end

-- The dynamic user is one for all such services, so that they share a state directory.
local function account(lines, user)
  if user then
    add(lines, "User=%s", user)
  else
    add(lines, "DynamicUser=yes")
    add(lines, "User=xero-run")
  end
end

-- Variables that hold a password: everybody may read a unit.
local function secret_variables(self)
  return ("/etc/xero-run/%s.environment"):format(self.profile)
end

local function credentials(lines, self)
  if self.client_id then
    add(lines, "Environment=%s", quote("XERO_CLIENT_ID=" .. literal(self.client_id)))
  elseif not self.has_client_id then
    add(lines, "#Environment=XERO_CLIENT_ID=")
  end
  if self.secret_file then
    add(lines, "LoadCredential=client-secret:%s", literal(self.secret_file))
    add(lines, "Environment=XERO_CLIENT_SECRET_FILE=%%d/client-secret")
  end
  if self.config then
    add(lines, "LoadCredential=config.lua:%s", literal(self.config))
    add(lines, "Environment=XERO_RUN_CONFIG=%%d/config.lua")
  end
end

local function environment(lines, self)
  for _, it in ipairs(self.environment.set) do
    if it.name == "XERO_RUN_STATE_KEY_FILE" then
      add(lines, "LoadCredential=state-key:%s", literal(it.value))
      add(lines, "Environment=%s=%%d/state-key", it.name)
    else
      add(lines, "Environment=%s", quote(literal(it.name .. "=" .. it.value)))
    end
  end
  if self.environment.secret[1] then
    add(lines, "EnvironmentFile=%s", secret_variables(self))
  end
end

local function state_name(user)
  return user and "xero-run-" .. user or "xero-run"
end

---The service's text.
---@param self xero.Job
---@param options { user?: string }
---@return string
function systemd.service(self, options)
  local lines, command = {}, {}
  for i, word in ipairs(self.words) do command[i] = quote_argument(word) end
  add(lines, "[Unit]")
  add(lines, "Description=xero-run %s, profile %s", (literal(self.title):gsub("%c", "?")),
    self.profile)
  add(lines, "Wants=network-online.target")
  add(lines, "After=network-online.target")
  add(lines, "# Three more attempts at most, ten minutes apart; then the unit has failed.")
  add(lines, "StartLimitIntervalSec=1h")
  add(lines, "StartLimitBurst=4")
  add(lines, "\n[Service]")
  add(lines, "Type=oneshot")
  add(lines, "ExecStart=%s", table.concat(command, " "))
  add(lines, "# Another run had the lock (7), or Xero is away (8): again. The rest waits for you.")
  add(lines, "Restart=on-failure")
  add(lines, "RestartSec=10min")
  add(lines, "RestartPreventExitStatus=1 2 3 4 5 6 9")
  add(lines, "# Stopped by hand, it finishes and records what is under way.")
  add(lines, "SuccessExitStatus=143")
  add(lines, "TimeoutStartSec=6h")
  add(lines, "TimeoutStopSec=3min")
  add(lines, "")
  account(lines, options.user)
  add(lines, "StateDirectory=%s", state_name(options.user))
  add(lines, "StateDirectoryMode=0700")
  -- The variable would go before what the profile says.
  if not self.has_state then
    add(lines, "Environment=XERO_RUN_STATE=%%S/%s", state_name(options.user))
  end
  credentials(lines, self)
  environment(lines, self)
  add(lines, "")
  add(lines, "ProtectHome=%s", is_home(self.script) and "read-only" or "yes")
  table.move(SANDBOX, 1, #SANDBOX, #lines + 1, lines)
  return table.concat(lines, "\n") .. "\n"
end

---The timer's text.
---@param self xero.Job
---@param calendar string systemd.time(7)
---@return string
function systemd.timer(self, calendar)
  return table.concat({
    "[Unit]",
    "Description=Starts xero-run " .. literal(self.title):gsub("%c", "?"),
    "",
    "[Timer]",
    "OnCalendar=" .. calendar,
    "# Not at the same second as everybody; and made up for after a time switched off.",
    "RandomizedDelaySec=15min",
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  }, "\n")
end

-- What else is to be done -------------------------------------------------------------------------

-- The first directory or file on the way to a script that another account may not read.
local function hidden(path, native)
  for place in path:gmatch "()/" do
    local above = path:sub(1, place - 1)
    local status = above ~= "" and native.file_status(above)
    if status and status.mode & 1 == 0 then return above end
  end
  local status = native.file_status(path)
  return status and status.mode & 4 == 0 and path or nil
end

local function notes(self, options, native)
  local found = {}
  local script = self.script
  if script and (script:find "^/tmp/" or script:find "^/var/tmp/") then
    add(found, "a service does not see the machine's %s: keep the script elsewhere",
      script:match "^(.*/tmp)/")
  elseif script and not options.user and hidden(script, native) then
    add(found, "the service's account may not read %s: keep the script elsewhere, or add --user",
      hidden(script, native))
  end
  for _, it in ipairs(self.environment.set) do
    if is_home(it.value) then
      add(found, "the service sees no home: put what %s names elsewhere", it.name)
    end
  end
  if not self.has_client_id then add(found, "fill in XERO_CLIENT_ID below") end
  return found
end

-- A login is made by the account itself, into the state that the service is going to have.
local function login_steps(lines, self, user)
  local state = "/var/lib/" .. state_name(user)
  local words = { "sudo", "-u", user }
  if not self.has_state then add(words, "XERO_RUN_STATE=%s", state) end
  if self.config then add(words, "XERO_RUN_CONFIG='%s'", self.config) end
  if self.client_id then add(words, "XERO_CLIENT_ID='%s'", self.client_id) end
  for _, it in ipairs(self.environment.set) do add(words, "%s='%s'", it.name, it.value) end
  for _, name in ipairs(self.environment.secret) do add(words, "%s=…", name) end
  add(words, "xero-run --profile=%s login", self.profile)
  if not self.has_state then add(lines, "install -d -m 700 -o %s %s", user, state) end
  add(lines, "%s", table.concat(words, " "))
end

---How the units get to work, as lines for a person.
---@param self xero.Job
---@param name string of the units
---@param options { user?: string }
---@param native table
---@return string[]
function systemd.steps(self, name, options, native)
  local lines = {}
  for _, note in ipairs(notes(self, options, native)) do add(lines, "NOTE: %s", note) end
  if self.secret_file and not native.file_status(self.secret_file) then
    add(lines, "install -D -m 600 /dev/stdin %s   # the client secret, then Ctrl-D",
      self.secret_file)
  end
  if self.environment.secret[1] then
    add(lines, "install -D -m 600 /dev/stdin %s   # %s=…, which holds a password, then Ctrl-D",
      secret_variables(self), table.concat(self.environment.secret, "=…, "))
  end
  if self.login then login_steps(lines, self, options.user) end
  add(lines, "systemctl daemon-reload")
  add(lines, "systemctl start %s.service   # a first run, now", name)
  add(lines, "systemctl enable --now %s.timer", name)
  return lines
end

return systemd
