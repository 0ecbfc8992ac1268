-- The refresh protocol against a fake store, server, clock and process.

local errors = require "xero.error"
local raised = require("support.raised").failure
local refresh = require "xero.refresh"

local START = 1000000 -- the fake clock's beginning

-- A grant as the border makes it, with plain strings for tokens.
local Grant = {}
Grant.__index = Grant

local function grant(fields)
  local self = setmetatable({
    generation = 1, client_id = "APP", host_tag = "here", access = "A0", refresh = "R0",
    obtained_at = START - 1740, expires_at = START + 60 * 60,
  }, Grant)
  for key, value in pairs(fields or {}) do self[key] = value or nil end
  return self
end

function Grant:about()
  local about = {}
  for key, value in pairs(self) do about[key] = value end
  about.access, about.refresh, about.previous = nil, nil, nil
  about.has_refresh, about.has_previous = self.refresh ~= nil, self.previous ~= nil
  return about
end

function Grant:change(fields)
  local changed = grant(self)
  for key, value in pairs(fields) do changed[key] = value or nil end
  changed.generation = self.generation + 1
  return changed
end

function Grant:rotate(token, how)
  local new = self:change { refresh_started_at = false, dead_since = false,
    dead_checked_at = false }
  new.access, new.obtained_at, new.expires_at = token.access, token.obtained, token.expires
  if token.refresh and how.used == "refresh" then
    new.previous, new.previous_at = self.refresh, token.obtained
  end
  new.refresh = token.refresh or self.refresh
  return new
end

function Grant:token() return self.access end
function Grant:same_access(token) return self.access == token end

function Grant:same_tokens(other)
  return self.access == other.access and self.refresh == other.refresh
end

function Grant:same(other)
  return self.generation == other.generation and self:same_tokens(other)
end

-- Everything that a renewer touches. `world.happened` is the order in which it was touched.
local function world(stored)
  local w = {
    now = START, happened = {}, warnings = {}, errors = {}, infos = {}, stored = stored,
    answers = {}, fail = {}, locked = false,
  }
  local function happen(what)
    w.happened[#w.happened + 1] = what
  end
  local function may_fail(what)
    local failing = w.fail[what]
    if type(failing) == "number" then
      w.fail[what] = failing > 1 and failing - 1 or nil
    end
    if failing then return nil, what .. " failed", "mend it" end
    return true
  end
  local function write(what)
    return function(_, new)
      happen(what)
      assert(w.locked, "written without the lock")
      local ok, message, hint = may_fail(what)
      if ok and what ~= "prepare" then w.stored = new end
      return ok, message, hint
    end
  end

  w.keeper = {
    load = function()
      happen "load"
      return w.stored
    end,
    lock = function()
      happen "lock"
      if w.lock_error then return nil, errors.new(w.lock_error) end
      w.locked = true
      if w.while_waiting then w.while_waiting() end
      return setmetatable({}, { __close = function()
        happen "unlock"
        w.locked = false
      end })
    end,
    note = write "note", prepare = write "prepare", save = write "save",
  }

  local rotations = 0
  local function success(fields)
    rotations = rotations + 1
    local token = { access = "A" .. rotations, refresh = "R" .. rotations,
      obtained = w.now, expires = w.now + 1800 }
    for key, value in pairs(fields or {}) do token[key] = value or nil end
    return { status = 200, sends = 1, token = token }
  end

  function w.request(held, which, seconds)
    happen("ask with " .. (which == "refresh" and held.refresh or held.previous))
    assert.is_true(w.shielded, "asked without the shield")
    assert.is_true(seconds > 0 and seconds <= 30)
    local answer = table.remove(w.answers, 1) or {}
    w.now = w.now + (answer.seconds or 0)
    return (answer.status or answer.error) and answer or success(answer)
  end

  local function logger(list)
    return function(format, ...) list[#list + 1] = format:format(...) end
  end

  w.renewer = refresh.new {
    keeper = w.keeper,
    request = function(...) return w.request(...) end,
    shield = function(f, ...)
      w.shielded = true
      local results = table.pack(f(...))
      w.shielded = false
      return table.unpack(results, 1, results.n)
    end,
    now = function() return w.now end,
    monotonic = function() return w.now end,
    sleep = function(seconds)
      w.now = w.now + seconds
      return not w.signal or nil
    end,
    random = function() return 0.5 end,
    interrupted = function() return w.signal end,
    at_end = function(f) w.at_end = f end,
    log = { info = logger(w.infos), warn = logger(w.warnings), error = logger(w.errors) },
    home = { client_id = "APP", host_tag = "here", login = "xero-run login" },
    lock_timeout = 30,
  }
  function w:token(failed) return self.renewer:token(failed) end
  function w:order() return table.concat(self.happened, ", ") end
  return w
end

local function expired(fields)
  local all = { obtained_at = START - 1800, expires_at = START - 1 }
  for key, value in pairs(fields or {}) do all[key] = value end
  return grant(all)
end

local LOST = { error = "network", message = "the connection broke", sends = 1 }
local UNSENT = { error = "network", message = "no connection", sends = 0 }
local DEAD = { status = 400, sends = 1, oauth_error = "invalid_grant" }
local WHOLE = "load, lock, load, note, prepare, ask with R0, save, unlock"

local function copy(answer)
  local new = {}
  for key, value in pairs(answer) do new[key] = value end
  return new
end

describe("an access token that is good for a minute more", function()
  it("is used without the lock", function()
    local w = world(grant { expires_at = START + 60 })
    assert.equal("A0", w:token())
    assert.equal("load", w:order())
  end)

  it("is read from the store once", function()
    local w = world(grant())
    w:token()
    w:token()
    assert.equal("load", w:order())
  end)

  it("is renewed when less than a minute is left", function()
    local w = world(grant { expires_at = START + 59.9 })
    assert.equal("A1", w:token())
  end)

  it("is renewed when it was obtained well after now: the clock jumped", function()
    local w = world(grant { obtained_at = START + 301, expires_at = START + 2101 })
    assert.equal("A1", w:token())
  end)

  it("is used when the clocks differ by a little", function()
    local w = world(grant { obtained_at = START + 200, expires_at = START + 2000 })
    assert.equal("A0", w:token())
  end)
end)

describe("a renewal", function()
  it("locks, reads again, announces, prepares, asks, saves and unlocks, in this order", function()
    local w = world(expired())
    assert.equal("A1", w:token())
    assert.equal(WHOLE, w:order())
  end)

  it("keeps the retired refresh token as the previous one", function()
    local w = world(expired())
    w:token()
    assert.equal("R1", w.stored.refresh)
    assert.equal("R0", w.stored.previous)
    assert.equal(START, w.stored.previous_at)
    assert.is_nil(w.stored.refresh_started_at)
  end)

  it("keeps the refresh token when the server sends none", function()
    local w = world(expired())
    w.answers = { { refresh = false } }
    w:token()
    assert.equal("R0", w.stored.refresh)
    assert.is_nil(w.stored.previous)
  end)

  it("does not happen when another process was faster", function()
    local w = world(expired())
    w.while_waiting = function() w.stored = grant { access = "A9", generation = 3 } end
    assert.equal("A9", w:token())
    assert.equal("load, lock, load, unlock", w:order())
  end)

  it("has the announcement on disk before the server is asked", function()
    local w = world(expired())
    local ask = w.request
    w.request = function(...)
      assert.equal(START, w.stored.refresh_started_at)
      return ask(...)
    end
    w:token()
  end)

  it("needs a refresh token", function()
    local w = world(expired { refresh = false })
    local err = raised(w.token, w)
    assert.equal("auth", err.kind)
    assert.matches("offline_access", err.hint, 1, true)
  end)
end)

describe("after a 401", function()
  it("a token that is still the stored one is renewed", function()
    local w = world(grant())
    w:token()
    assert.equal("A1", w:token "A0")
  end)

  it("a token that another process has renewed is taken from the store", function()
    local w = world(grant())
    w:token()
    w.stored = grant { access = "A9", generation = 4 }
    assert.equal("A9", w:token "A0")
    assert.is_nil(w:order():find("ask", 1, true))
  end)

  it("the old token does not serve when there can be no renewal", function()
    local w = world(grant())
    w.fail.note = true
    assert.equal("store", raised(w.token, w, "A0").kind)
  end)
end)

describe("when the store fails before the server is asked", function()
  for _, step in ipairs { "note", "prepare" } do
    it(("the server is not contacted and an old token that is valid serves (%s)"):format(step),
      function()
        local w = world(grant { expires_at = START + 30 })
        w.fail[step] = true
        assert.equal("A0", w:token())
        assert.is_nil(w:order():find("ask", 1, true))
        assert.matches(step .. " failed; the old access token serves until", w.warnings[1], 1,
          true)
      end)

    it(("without a valid token it is a failure of the store, with its hint (%s)"):format(step),
      function()
        local w = world(expired())
        w.fail[step] = true
        local err = raised(w.token, w)
        assert.equal("store", err.kind)
        assert.equal("mend it", err.hint)
        assert.is_nil(w:order():find("ask", 1, true))
        assert.is_false(w.locked)
      end)
  end

  it("the announcement is taken back when there is no room for the answer", function()
    local w = world(expired())
    w.fail.prepare = true
    raised(w.token, w)
    assert.is_nil(w.stored.refresh_started_at)
  end)

  it("a lock that is busy is an error, or nothing when the old token is valid", function()
    local w = world(expired())
    w.lock_error = { kind = "busy", message = "another process holds it" }
    assert.equal("busy", raised(w.token, w).kind)
    w = world(grant { expires_at = START + 30 })
    w.lock_error = { kind = "busy", message = "another process holds it" }
    assert.equal("A0", w:token())
  end)

  it("an interrupt while waiting for the lock stops, whatever token is there", function()
    local w = world(grant { expires_at = START + 30 })
    w.lock_error = { kind = "interrupted", message = "interrupted" }
    assert.equal("interrupted", raised(w.token, w).kind)
  end)

  it("a token that has to do serves for a while before the next attempt", function()
    local w = world(grant { expires_at = START + 50 })
    w.fail.note = true
    w:token()
    local before = #w.happened
    w:token()
    assert.equal(before, #w.happened)
    w.now = START + 31
    w.fail.note = nil
    assert.equal("A1", w:token())
  end)
end)

describe("when the answer is lost", function()
  for name, answer in pairs {
    ["no answer"] = LOST,
    ["a timeout"] = { error = "timeout", message = "", sends = 1 },
    ["a broken answer"] = { error = "protocol", message = "", sends = 1 },
    ["a 200 without a token"] = { status = 200, sends = 1 },
    ["a 500"] = { status = 500, sends = 1 },
    ["a 501"] = { status = 501, sends = 1 },
    ["a 503"] = { status = 503, sends = 1, headers = { ["retry-after"] = "2" } },
    ["a 429"] = { status = 429, sends = 1, headers = { ["retry-after"] = "2" } },
  } do
    it("the same refresh token is sent again after " .. name, function()
      local w = world(expired())
      w.answers = { copy(answer), copy(answer) }
      assert.equal("A1", w:token())
      assert.equal("load, lock, load, note, prepare, ask with R0, ask with R0, ask with R0, save, "
        .. "unlock", w:order())
      assert.is_true(w.now > START, "did not wait")
    end)
  end

  it("it is repeated until the deadline only, and the refresh stays announced", function()
    local w = world(expired())
    w.request = function()
      w.now = w.now + 1
      return copy(LOST)
    end
    assert.equal("network", raised(w.token, w).kind)
    assert.is_true(w.now <= START + 61)
    assert.equal(START, w.stored.refresh_started_at)
    assert.equal("R0", w.stored.refresh)
  end)

  it("no request outlives the deadline", function()
    local w, asked = world(expired()), {}
    w.request = function(_, _, seconds)
      asked[#asked + 1] = seconds
      w.now = w.now + seconds
      return { error = "timeout", message = "", sends = 1 }
    end
    raised(w.token, w)
    assert.equal(30, asked[1])
    assert.is_true(w.now <= START + 60)
  end)

  it("a signal ends the repeating, and the next run finishes it", function()
    local w = world(expired())
    w.answers = { copy(LOST) }
    w.signal = "SIGTERM"
    raised(w.token, w)
    assert.equal(START, w.stored.refresh_started_at)
    w.signal = nil
    w.happened = {}
    assert.equal("A1", w:token())
  end)

  it("an announced refresh that surely never left is taken back", function()
    local w = world(expired())
    w.request = function()
      w.now = w.now + 10
      return copy(UNSENT)
    end
    raised(w.token, w)
    assert.is_nil(w.stored.refresh_started_at)
  end)

  it("an old token that is still valid serves", function()
    local w = world(grant { expires_at = START + 59 })
    w.request = function()
      w.now = w.now + 30
      return copy(LOST)
    end
    assert.equal("network", raised(w.token, w).kind)
    w = world(grant { expires_at = START + 59 })
    w.request = function() return { error = "tls", message = "no trust", sends = 0 } end
    assert.equal("A0", w:token())
    assert.matches("no trust", w.warnings[1], 1, true)
  end)
end)

describe("when the server refuses", function()
  it("only invalid_grant ends a login", function()
    for _, code in ipairs { "invalid_client", "unauthorized_client", "invalid_request" } do
      local w = world(expired())
      w.answers = { { status = 400, sends = 1, oauth_error = code } }
      local err = raised(w.token, w)
      assert.equal("auth", err.kind)
      assert.equal(code, err.oauth_error)
      assert.is_nil(w.stored.dead_since)
      assert.is_nil(w.stored.refresh_started_at)
      assert.equal("R0", w.stored.refresh)
    end
  end)

  it("a 429 that asks for more than there is time is not waited for", function()
    local w = world(expired())
    w.answers = { { status = 429, sends = 1, headers = { ["retry-after"] = "66975" } } }
    local err = raised(w.token, w)
    assert.equal("rate_limit", err.kind)
    assert.equal(START, w.now)
  end)

  it("a login that ended is noted, and nothing is erased", function()
    local w = world(expired())
    w.answers = { copy(DEAD) }
    local err = raised(w.token, w)
    assert.equal("auth", err.kind)
    assert.equal("invalid_grant", err.oauth_error)
    assert.matches("xero%-run login", err.hint)
    assert.equal(START, w.stored.dead_since)
    assert.is_nil(w.stored.refresh_started_at)
    assert.equal("R0", w.stored.refresh)
    assert.equal("A0", w.stored.access)
  end)

  it("what another process saved meanwhile is used", function()
    local w = world(expired())
    w.request = function()
      w.stored = grant { access = "A9", generation = 9 }
      return copy(DEAD)
    end
    assert.equal("A9", w:token())
  end)

  it("what another process saved meanwhile is renewed, once, when it has expired too", function()
    local w, asked = world(expired()), {}
    w.request = function(held)
      asked[#asked + 1] = held.refresh
      w.stored = expired { refresh = "R" .. #asked, generation = 10 * #asked }
      return copy(DEAD)
    end
    raised(w.token, w)
    assert.same({ "R0", "R1" }, asked)
  end)

  it("the previous token is tried once within its 30 minutes", function()
    local w = world(expired { previous = "P", previous_at = START - 1799 })
    w.answers = { copy(DEAD) }
    assert.equal("A1", w:token())
    assert.equal("R1", w.stored.refresh)
    assert.equal("P", w.stored.previous)
    assert.matches("ask with R0, load, ask with P, save, unlock$", w:order())
  end)

  it("the previous token is not tried later", function()
    local w = world(expired { previous = "P", previous_at = START - 1800 })
    w.answers = { copy(DEAD) }
    raised(w.token, w)
    assert.is_nil(w:order():find("with P", 1, true))
  end)

  it("a lost answer to the previous token ends no login", function()
    local w = world(expired { previous = "P", previous_at = START })
    local n = 0
    w.request = function()
      n = n + 1
      w.now = w.now + 20
      return copy(n == 1 and DEAD or LOST)
    end
    assert.equal("network", raised(w.token, w).kind)
    assert.is_nil(w.stored.dead_since)
    assert.is_truthy(w.stored.refresh_started_at)
  end)

  it("an end that cannot be noted is said all the same", function()
    local w = world(expired())
    w.request = function()
      w.fail.note = true
      return copy(DEAD)
    end
    assert.equal("auth", raised(w.token, w).kind)
    assert.matches("could not be noted", w.warnings[1], 1, true)
  end)
end)

describe("a login that ended", function()
  local function dead(fields)
    local all = { dead_since = START - 7200, dead_checked_at = START - 3599 }
    for key, value in pairs(fields or {}) do all[key] = value end
    return expired(all)
  end

  it("fails at once and says since when", function()
    local w = world(dead())
    local err = raised(w.token, w)
    assert.equal("auth", err.kind)
    assert.matches("1970-01-12T11:46:40Z", err.message, 1, true)
    assert.matches("xero%-run login", err.hint)
    assert.is_nil(w:order():find("note", 1, true))
  end)

  it("is tried again once an hour", function()
    local w = world(dead { dead_checked_at = START - 3600 })
    w.answers = { copy(DEAD) }
    raised(w.token, w)
    assert.equal(START - 7200, w.stored.dead_since)
    assert.equal(START, w.stored.dead_checked_at)
    w.happened = {}
    raised(w.token, w)
    assert.is_nil(w:order():find("ask", 1, true))
  end)

  it("lives again when the server takes its token after all", function()
    local w = world(dead { dead_checked_at = START - 3600 })
    assert.equal("A1", w:token())
    assert.is_nil(w.stored.dead_since)
    assert.is_nil(w.stored.dead_checked_at)
  end)

  it("is tried at once when such a try was begun and not finished", function()
    local w = world(dead { refresh_started_at = START - 10 })
    assert.equal("A1", w:token())
  end)

  it("is tried again when the clock was ahead at the last try", function()
    local w = world(dead { dead_checked_at = START + 86400 })
    assert.equal("A1", w:token())
  end)
end)

describe("a refresh that was begun and not finished", function()
  it("is finished now, even if the access token is valid", function()
    local w = world(grant { refresh_started_at = START - 500 })
    assert.equal("A1", w:token())
    assert.equal(WHOLE, w:order())
    assert.is_nil(w.stored.refresh_started_at)
    assert.matches("finishing", w.infos[1], 1, true)
  end)

  it("keeps its time while it cannot be finished", function()
    local w = world(grant { refresh_started_at = START - 500, expires_at = START + 3600 })
    w.request = function()
      w.now = w.now + 10
      return copy(UNSENT)
    end
    assert.equal("A0", w:token())
    assert.equal(START - 500, w.stored.refresh_started_at)
  end)

  it("is left to the process that is about to finish it", function()
    local w = world(grant { refresh_started_at = START - 1 })
    w.while_waiting = function() w.stored = grant { access = "A9", generation = 3 } end
    assert.equal("A9", w:token())
  end)
end)

describe("a new token that cannot be saved", function()
  it("is saved by one of five tries", function()
    local w = world(expired())
    w.fail.save = 4
    assert.equal("A1", w:token())
    assert.equal("R1", w.stored.refresh)
    assert.same({}, w.errors)
  end)

  it("serves the run, which says until when it is valid and what to mend", function()
    local w = world(expired())
    w.fail.save = true
    assert.equal("A1", w:token())
    assert.matches("rotated but not saved, valid until 14:16 UTC: save failed", w.errors[1], 1,
      true)
    assert.matches("mend it", w.errors[2], 1, true)
    assert.equal(select(2, w:order():gsub("save", "")), 5)
    assert.equal("A1", w:token())
  end)

  it("is never printed", function()
    local w = world(expired())
    w.fail.save = true
    w.answers = { { access = "unique-access", refresh = "unique-refresh" } }
    w:token()
    assert.is_nil(table.concat(w.errors, "\n"):find("unique", 1, true))
  end)

  it("is saved at the end of the run, if that is possible then", function()
    local w = world(expired())
    w.fail.save = 5
    w:token()
    assert.equal("R0", w.stored.refresh)
    w.at_end()
    assert.equal("R1", w.stored.refresh)
    assert.is_nil(w.stored.refresh_started_at)
    w.at_end()
  end)

  it("is all that is looked after at the end of the run", function()
    local w = world(expired())
    w:token()
    assert.is_nil(w.at_end)
  end)

  it("is an error of the store at the end of the run otherwise", function()
    local w = world(expired())
    w.fail.save = true
    w:token()
    local err = raised(w.renewer.settle, w.renewer)
    assert.equal("store", err.kind)
    assert.equal("mend it", err.hint)
    assert.is_false(w.locked)
  end)

  it("is what the next renewal of this run goes on from", function()
    local w = world(expired())
    w.fail.save = 5
    w:token()
    w.now = w.now + 1800
    assert.equal("A2", w:token())
    assert.equal("R2", w.stored.refresh)
    assert.equal("R1", w.stored.previous)
  end)

  it("is saved at the end of the run over the note that its predecessor is dead", function()
    local w = world(expired())
    w.fail.save = 5
    w:token()
    w.stored = w.stored:change { dead_since = w.now, dead_checked_at = w.now }
    w.renewer:settle()
    assert.equal("R1", w.stored.refresh)
    assert.is_nil(w.stored.dead_since)
  end)

  it("gives way to what another process has saved since", function()
    local w = world(expired())
    w.fail.save = 5
    w:token()
    w.stored = grant { access = "A9", generation = 7 }
    w.renewer:settle()
    assert.equal("A9", w.stored.access)
  end)
end)

describe("a stored login", function()
  it("must be there", function()
    local w = world(nil)
    local err = raised(w.token, w)
    assert.equal("auth", err.kind)
    assert.matches("xero%-run login", err.hint)
  end)

  it("of another app is refused", function()
    local w = world(grant { client_id = "OTHER" })
    local err = raised(w.token, w)
    assert.equal("auth", err.kind)
    assert.matches("client id OTHER", err.message, 1, true)
  end)

  it("of another server is refused before the store is locked or anything is asked", function()
    for _, fields in ipairs { {}, { refresh_started_at = START - 10 }, { dead_since = START - 9999,
      dead_checked_at = START - 9999 }, { previous = "P", previous_at = START - 10 } } do
      fields.api_url, fields.identity_url = "https://a", "https://elsewhere"
      local w = world(expired(fields))
      local home = w.renewer.home
      home.api_url, home.identity_url, home.named_by = "https://a", "https://i", {}
      assert.matches("was made for https://elsewhere; this run asks https://i",
        raised(w.token, w).message, 1, true)
      assert.equal("load", w:order())
    end
  end)

  it("that another run replaced by one of another server is not renewed here", function()
    local servers = { api_url = "https://a", identity_url = "https://i" }
    local w = world(expired(servers))
    local home = w.renewer.home
    home.api_url, home.identity_url, home.named_by = servers.api_url, servers.identity_url, {}
    function w.while_waiting()
      w.stored = expired { api_url = "https://a", identity_url = "https://elsewhere" }
    end
    assert.equal("auth", raised(w.token, w).kind)
    assert.equal("load, lock, load, unlock", w:order())
  end)

  it("without the names of its servers is one of Xero's, and names them from then on", function()
    local w = world(expired())
    local home = w.renewer.home
    home.api_url, home.identity_url = "https://api.xero.com", "https://identity.xero.com"
    home.named_by = {}
    w:token()
    assert.equal("https://identity.xero.com", w.stored.identity_url)
    assert.equal("https://api.xero.com", w.stored.api_url)
  end)

  it("of another machine or profile is refused and explained", function()
    local w = world(expired { host_tag = "elsewhere" })
    local err = raised(w.token, w)
    assert.equal("store", err.kind)
    assert.matches("copied", err.message, 1, true)
    assert.equal("load", w:order())
  end)

  it("without the mark of a machine is used", function()
    assert.equal("A0", world(grant { host_tag = false }):token())
  end)
end)
