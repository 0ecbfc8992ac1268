-- The line of a crontab for a scheduled run; crontab(5).

local native = require "xero.native"
local usage = require("xero.raise").usage

local crontab = {}

-- Not all at once: a minute that the job's name decides, at an hour when few people work.
local WORDS = {
  hourly = "%d * * * *", daily = "%d 3 * * *", weekly = "%d 3 * * 1", monthly = "%d 3 1 * *",
}

local FIELDS = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } }

-- One part of a field: "*", "5", "1-5", "mon", with "/2" or without.
local function is_part(part, range)
  local what, step = part:match "^([^/]*)/?(.*)$"
  if part:find "/" and not (step:find "^%d+$" and tonumber(step) > 0) then return false end
  if what == "*" or what:find "^%a%a%a$" or what:find "^%a%a%a%-%a%a%a$" then return true end
  local low, high = what:match "^(%d+)%-?(%d*)$"
  if not low or what:find "%-$" then return false end
  low, high = tonumber(low), tonumber(high) or tonumber(low)
  return range[1] <= low and low <= high and high <= range[2]
end

local function are_fields(when)
  local count = 0
  for field in when:gmatch "%S+" do
    count = count + 1
    if not FIELDS[count] or field:find "^,"
      or field:find ",," or field:find ",$" then return false end
    for part in field:gmatch "[^,]+" do
      if not is_part(part, FIELDS[count]) then return false end
    end
  end
  return count == #FIELDS
end

---When to run, as cron writes it. Raises kind "usage".
---@param when string "hourly", "daily", "weekly", "monthly", or cron's five fields
---@param title string
---@return string
function crontab.schedule(when, title)
  if WORDS[when] then return (WORDS[when]:format(native.sha256(title):byte(1) % 60)) end
  if are_fields(when) then return when end
  usage(('"%s" is no time for cron'):format(when),
    'write hourly, daily, weekly, monthly, or five fields such as "30 3 * * *"')
end

-- One word of sh, with cron's own sign for a percent sign, which would end the command.
local function quote(word)
  if word:find "[\\%c]" then
    usage(("a crontab cannot hold this word: %q"):format(word),
      "cron takes backslashes and line ends for itself; rename the file")
  end
  if not word:find "^[%w/._:=@,+%%-]+$" then word = "'" .. word:gsub("'", "'\"'\"'") .. "'" end
  return (word:gsub("%%", "\\%%"))
end

local function assignment(name, value)
  if value:find "%c" then usage(("%s holds a line end or a tab"):format(name)) end
  return ("%s=%s"):format(name, value)
end

---What to put into a crontab. Raises kind "usage" for what cron cannot hold.
---@param self xero.Job
---@param when string five fields
---@return string
function crontab.text(self, when)
  local words, lines = {}, {
    "# For `crontab -e`. Nothing is printed when all is well, so mail means that something is not.",
    "#MAILTO=you@example.com",
  }
  for i, word in ipairs(self.words) do words[i] = quote(word) end
  if self.config then lines[#lines + 1] = assignment("XERO_RUN_CONFIG", self.config) end
  if self.client_id then
    lines[#lines + 1] = assignment("XERO_CLIENT_ID", self.client_id)
  elseif not self.has_client_id then
    lines[#lines + 1] = "#XERO_CLIENT_ID="
  end
  if self.secret_file then
    lines[#lines + 1] = assignment("XERO_CLIENT_SECRET_FILE", self.secret_file)
  end
  for _, it in ipairs(self.environment.set) do
    lines[#lines + 1] = assignment(it.name, it.value)
  end
  for _, name in ipairs(self.environment.secret) do
    lines[#lines + 1] = ("#%s=   # it is set here and holds a password: fill it in"):format(name)
  end
  lines[#lines + 1] = when .. " " .. table.concat(words, " ")
  return table.concat(lines, "\n") .. "\n"
end

return crontab
