-- What many disconnects say of each tenant, against what the server has done: for each way in which
-- an answer can go missing or mislead, whether the work was done or not, with one and with
-- eight under way, over HTTP/1.1 and over HTTP/2.
--
-- The server's own record is the sandbox's log and the list that it gives afterwards. HTTP/2 is
-- spoken by an nginx in front of it, which drops a connection where the sandbox dropped its own.
-- All rows run at once, each with a sandbox of its own.

local nginx = require "support.nginx"
local place = require "support.place"
local record = require "support.record"
local run = require "support.run"
local sandbox = require "support.sandbox"
local temp = require "support.temp"

local TENANTS = 24

-- Faults of the third to the sixth DELETE that the server sees; `%s` takes what it does besides.
local ROWS = {
  { name = "204", fault = "latency=1" },
  { name = "500", fault = "status=500%s", doubtful = true },
  { name = "502 with a page of HTML", fault = "status=502,html%s", doubtful = true },
  { name = "503", fault = "status=503%s", doubtful = true },
  { name = "503 with Retry-After", fault = "status=503,retry-after=1" },
  { name = "429 with Retry-After", fault = "retry-after=1,problem=minute" },
  { name = "200 in place of 204", fault = "status=200%s", doubtful = true },
  { name = "no answer in time", fault = "hang%s", doubtful = true },
  { name = "a reset before the answer", fault = "reset%s", doubtful = true },
  { name = "one reset, where the connection was used before", fault = "reset%s", which = "3",
    doubtful = true },
  { name = "an answer cut short", fault = "status=500,truncate=9%s", doubtful = true },
}

local SCRIPT = [[
  local xero = require "xero"
  local list = xero.get_connections()
  local somebody = os.getenv "SOMEBODY"
  if somebody then xero.client {}:delete_connection(somebody) end
  for i, outcome in ipairs(xero.delete_connections(list, { reason = "test" })) do
    assert(outcome.connection == list[i])
    print(outcome.connection.id, outcome.status, outcome.error and outcome.error.kind)
  end
]]

local EFFECTS = {
  { name = "not done", does = "" },
  { name = "done", does = ",done" },
  { name = "done, and the tenant reconnects", does = ",reconnect" },
}

-- The table: each row with each effect it can have, each with both windows over both protocols.
local cases = {}
for _, row in ipairs(ROWS) do
  for i, effect in ipairs(EFFECTS) do
    for _, window in ipairs { 1, 8 } do
      for _, http in ipairs { "1.1", "2" } do
        if i == 1 or row.doubtful then
          table.insert(cases, {
            name = ("%s, %s, %d at once, HTTP/%s"):format(row.name, effect.name, window, http),
            fault = ("delete#%s:%s"):format(row.which or "3-6",
              row.doubtful and row.fault:format(effect.does) or row.fault),
            window = window, http = http, effect = effect,
            timeout = row.fault:find "hang" and "1s" or "20s",
          })
        end
      end
    end
  end
end

local PROXY = [[
  location ~ ^/(?<port>\d+)(?<rest>/.*)$ {
    proxy_pass http://127.0.0.1:$port$rest$is_args$args;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_intercept_errors off;
    error_page 502 = @dropped;
  }
  location @dropped { return 444; }
]]

local function begin(case, front, script)
  case.world = sandbox.start { "--connections", tostring(TENANTS), "--fault", case.fault }
  local more = {}
  if case.http == "2" then
    local port = case.world.env.XERO_API_URL:match ":(%d+)$"
    more = { XERO_API_URL = ("%s/%s"):format(front.url, port), SSL_CERT_FILE = front.ca }
  end
  case.state = place.new()
  more.XERO_RUN_STATE = case.state.value
  case.client = run.spawn { "--concurrency", tostring(case.window), "--timeout", case.timeout,
    "--verbose", script, env = case.world:with(more) }
end

local function outcomes_of(result)
  local outcomes, count = {}, 0
  for id, status in result.out:gmatch "(%S+)\t(%S+)\t%S+\n" do
    outcomes[id], count = status, count + 1
  end
  assert.equal(TENANTS, count, result.out .. result.err)
  return outcomes
end

local function check_one(id, status, of, journal, connected)
  local says = ("%s: %s, %d requests"):format(id, status, of.requests)
  assert.equal(of.done and "deleted" or "failed", status, says)
  assert.equal(status, journal.verdict, says)
  assert.equal(1, journal.intents, says)
  assert.is_true(journal.sends >= of.requests, ("%s, %d sent"):format(says, journal.sends))
  if journal.reconnected then
    assert.is_true(connected, says)
    assert.is_nil(of.again, says .. ", and it was disconnected again")
  else
    assert.equal(not of.done, connected, says)
  end
end

local function check(case)
  local result = case.client:wait(60)
  assert.equal(0, result.status, result.err)
  local outcomes = outcomes_of(result)
  local server, connected = record.of(case.world), record.listed(case.world)
  local journal = record.journal(case.state)
  local reconnected = 0
  for id, status in pairs(outcomes) do
    check_one(id, status, server[id], journal[id], connected[id] == true)
    if journal[id].reconnected then reconnected = reconnected + 1 end
  end
  if case.effect.does == ",reconnect" then
    assert.is_true(reconnected > 0, "no reconnection was seen")
    assert.matches("connected again since", result.err)
  end
  assert.matches("DELETE [^\n]* h" .. case.http:gsub("%.", "%%."), result.err)
  local verified = run { "journal", "verify", env = { XERO_RUN_STATE = case.state.value } }
  assert.equal(0, verified.status, verified.err)
end

describe("the verdict on each of many disconnects", function()
  local front, script

  -- Retries wait, so everything begins before the first one is looked at.
  setup(function()
    script = temp.file(SCRIPT, "script.lua")
    front = nginx.start { extra = PROXY }
    for _, case in ipairs(cases) do begin(case, front, script) end
  end)

  teardown(function()
    for _, case in ipairs(cases) do
      case.client:kill()
      case.world.process:kill()
    end
    for _, case in ipairs(cases) do
      case.client:stop()
      case.world:stop()
    end
    front:stop()
  end)

  for _, case in ipairs(cases) do
    it("agrees with the server: " .. case.name, function() check(case) end)
  end
end)

describe("a tenant that somebody else has disconnected meanwhile", function()
  it("is absent, and that is a success", function()
    for _, window in ipairs { "1", "8" } do
      local world <close> = sandbox.start { "--connections", "12" }
      local result = run { "--concurrency", window, temp.file(SCRIPT, "script.lua"),
        env = world:with { SOMEBODY = "c0000000-0000-4000-8000-000000000003" } }
      assert.equal(0, result.status, result.err)
      assert.matches("000003\tabsent\tnil\n", result.out)
      local _, deleted = result.out:gsub("\tdeleted\t", "")
      assert.equal(11, deleted)
    end
  end)
end)
