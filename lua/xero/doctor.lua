-- What is wrong with an installation, and how to mend it. Each check looks at one thing and reports
-- what it finds; one that cannot be made because of an earlier finding is left out. Nothing is
-- changed, except that asking Xero for the tenants may renew a login.

local clock = require "xero.clock"
local config = require "xero.config"
local errors = require "xero.error"
local profile = require "xero.profile"
local status = require "xero.status"
local time = require "xero.time"

local M = {}

local WITHIN = 7 * 86400
local SKEW_WARN = 60 -- seconds; a token is renewed so long before it expires

---@class xero.doctor.Finding
---@field state "ok"|"warn"|"FAIL"
---@field check string
---@field finding string
---@field mend? string

---@class xero.doctor.World
---@field native table
---@field getenv fun(name: string): string?
---@field send fun(request: table): table sends one request, as xero.Exchange does
---@field list fun(): xero.Connection[] the tenants, with the settings of this run

---@class xero.doctor.Examination
---@field world xero.doctor.World
---@field findings xero.doctor.Finding[]
---@field failed boolean
local Examination = {}
Examination.__index = Examination

function Examination:add(state, check, mend, finding, ...)
  local text = select("#", ...) > 0 and finding:format(...) or finding
  self.findings[#self.findings + 1] = { state = state, check = check, finding = text, mend = mend }
  self.failed = self.failed or state == "FAIL"
end

function Examination:ok(check, ...) self:add("ok", check, nil, ...) end
function Examination:warn(check, mend, ...) self:add("warn", check, mend, ...) end
function Examination:fail(check, mend, ...) self:add("FAIL", check, mend, ...) end

-- What f returns; or nil, once the error that it raised is a finding.
function Examination:try(check, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  if not errors.is(result) or result.kind == "interrupted" then error(result, 0) end
  self:fail(check, result.hint, "%s", result)
  return nil
end

-- The checks, in their order ---------------------------------------------------------------------

function Examination:libraries()
  local native = self.world.native
  local with = native.libraries()
  local text = ("xero-run %s, %s, libcurl %s (%s), libmicrohttpd %s"):format(native.version,
    _VERSION, with.libcurl, with.tls or "no TLS", with.libmicrohttpd)
  if not with.tls then
    self:fail("versions", "install a libcurl with TLS: apt install libcurl4", "%s", text)
  elseif not with.http2 then
    self:warn("versions", "install a libcurl with HTTP/2: many disconnects at once are faster",
      "%s", text)
  else
    self:ok("versions", "%s", text)
  end
end

-- Whoever may write the file decides which tenants are protected, and runs a command.
function Examination:configuration()
  local world = self.world
  local chosen = self:try("configuration", profile.choose, world)
  if not chosen then return end
  if chosen.missing then
    self:warn("configuration", "--config or XERO_RUN_CONFIG names the file",
      "%s is not there: profile %s protects and limits nothing", chosen.missing, chosen.name)
    return chosen
  elseif not chosen.file then
    self:ok("configuration", "no file; profile %s", chosen.name)
    return chosen
  end
  local file = world.native.file_status(chosen.file)
  local fault = world.native.script_fault(chosen.file, true)
  if fault then
    self:fail("configuration", ("chmod go-w '%s'"):format(chosen.file), "%s %s", chosen.file, fault)
  elseif file and not file.ours and file.owner ~= 0 then
    self:fail("configuration", ("chown %s '%s'"):format("$(id -u)", chosen.file),
      "%s belongs to another user", chosen.file)
  else
    self:ok("configuration", "%s; profile %s", chosen.file, chosen.name)
  end
  return chosen
end

local WHAT_FOR = {
  app = "the app itself: all its tenants",
  user = "a person's login",
  custom = "a custom connection",
  token = "XERO_ACCESS_TOKEN, as it is",
}

function Examination:credentials(chosen)
  local settings = self:try("credentials", config.settings, {}, self.world)
  if not settings then return end
  local has_secret = settings.mode ~= "token"
    and self:try("credentials", function() return settings.client_secret or false end)
  if has_secret == nil then return end
  self:ok("credentials", "%s (%s)%s%s", settings.mode, WHAT_FOR[settings.mode],
    settings.client_id and ", client id " .. settings.client_id or "",
    has_secret and ", with its secret" or "")
  local wanted = chosen.keys.auth
  if wanted and wanted ~= settings.mode then
    self:warn("credentials", "unset XERO_ACCESS_TOKEN",
      'XERO_ACCESS_TOKEN goes before auth = "%s" of the profile', wanted)
  end
  return settings
end

-- Whether the state can be used, and what it says of itself.
function Examination:state(settings)
  local kept = self:try("state", settings.state)
  local findings = kept and self:try("state", kept.inspect, kept)
  for _, it in ipairs(findings or {}) do self:add(it.state, "state", it.mend, "%s", it.finding) end
  return findings and settings.mode == "user" and self:try("state", kept.keeper, kept) or nil
end

function Examination:login(settings, kept)
  local native = self.world.native
  local grant = self:try("login", function() return kept:load() or false end)
  if grant == nil then return false end
  local mend = profile.command(settings.profile, "login")
  if not grant then
    self:fail("login", mend, "no login is stored")
    return false
  end
  local about, now = grant:about(), native.now()
  local facts = status.of(settings, native)
  if status.need(facts, now, 0) then
    self:fail("login", facts.login_mend or mend, "%s", status.need(facts, now, 0))
    return false
  elseif about.refresh_started_at then
    self:warn("login", "nothing: the next run finishes it", "a renewal was begun at %s and did"
      .. " not finish", time.format(math.floor(about.refresh_started_at)))
  elseif status.need(facts, now, WITHIN) then
    self:warn("login", mend, "%s", status.need(facts, now, WITHIN))
  else
    self:ok("login", "good until %s if unused", time.format(math.floor(facts.login_ends_at)))
  end
  return true
end

-- Any answer will do, since every server says what time it is. The token is none: nothing is done.
function Examination:server(name, url)
  local native = self.world.native
  local token = native.token(native.secret "doctor")
  local answer = self.world.send {
    method = "GET",
    path = "/connections",
    submit = function(pump)
      return pump:list { url = url, token = token, timeout = 10 }
    end,
  }
  if answer.error then
    local mend = answer.error == "tls" and "SSL_CERT_FILE names a file of further authorities"
      or "look at the network, at HTTPS_PROXY and NO_PROXY"
    self:fail(name, mend, "%s: %s", url, answer.message)
    return nil
  end
  self:ok(name, "%s answers, HTTP/%s, in %.0f ms", url, answer.http, answer.seconds * 1000)
  return clock.read(answer, native.now())
end

function Examination:clock(reading)
  local skew = reading.here - reading.there
  local distance = time.describe(math.abs(skew))
  local where = skew > 0 and "ahead of" or "behind"
  if math.abs(skew) >= clock.WRONG then
    self:fail("clock", clock.MEND, "%s %s Xero's: tokens look expired or good when they are not,"
      .. " and no policy is applied", distance, where)
  elseif math.abs(skew) >= SKEW_WARN then
    self:warn("clock", clock.MEND, "%s %s Xero's", distance, where)
  else
    self:ok("clock", "within a minute of Xero's")
  end
end

function Examination:access(chosen)
  local connections = self:try("access", self.world.list)
  if not connections then return end
  local most = chosen.keys.max_connections
  if most and #connections >= most then
    self:warn("access", "xero-run list shows what could be disconnected",
      "%d tenants, where %d are allowed", #connections, most)
  else
    self:ok("access", "%d tenants%s", #connections, most and (" of %d"):format(most) or "")
  end
end

---Makes all checks.
---@param world xero.doctor.World
---@return xero.doctor.Finding[] findings
---@return boolean failed whether there is a FAIL among them
function M.examine(world)
  local self = setmetatable({ world = world, findings = {}, failed = false }, Examination)
  self:libraries()
  local chosen = self:configuration()
  local settings = chosen and self:credentials(chosen)
  if not settings then return self.findings, true end
  local kept = self:state(settings)
  local usable = settings.mode ~= "user" or kept and self:login(settings, kept)
  self:server("identity", settings.identity_url)
  local reading = self:server("api", settings.api_url)
  if reading then self:clock(reading) end
  if reading and usable then self:access(chosen) end
  return self.findings, self.failed
end

return M
