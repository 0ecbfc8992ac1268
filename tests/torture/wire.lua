-- Spoils the answers of the whole job on their way: token, list and disconnect.
--
--   xero-run tests/torture/wire.lua PROXY     (make torture-wire)
--
-- Each is cut after every byte, by a reset and by an orderly close; stalls and drips; has a NUL at
-- every byte of its headers. Over TLS the whole of each connection is cut, handshake and all. After
-- each of these the verdicts are the server's own record, and the next run works without a login.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local new_job = require "torture.job"
local new_tally = require "torture.tally"
local proxies = require "support.proxy"
local process = require "support.process"

local program = assert(arg[1])
local tally = new_tally()

local function play(job, proxy, op, after, how)
  job:set()
  proxy:spoil(op, after, how)
  local problem = job:judge(process.run(job:with()))
  proxy:spare()
  return problem or job:recover()
end

-- A login is for the servers that it was made at: for the proxy.
local function start_proxy(job)
  local proxy = proxies.start(program, job.person.sandbox)
  job.person:go_by(proxy.env)
  return proxy
end

-- The lengths of the answers, seen in a job that nothing happens to.
local function lengths_of(job, proxy)
  job:set()
  local result = process.run(job:with())
  assert(result.status == 0, result.err)
  return proxy:lengths()
end

local OPS = { "token", "list", "delete" }

local function spoil_all(job, proxy, title, how, lengths, step)
  for _, op in ipairs(OPS) do
    for after = 0, lengths[op], step or 1 do
      tally:try(("%s %d %s"):format(op, after, how), play, job, proxy, op, after, how)
    end
  end
  tally:say(title)
end

local function in_clear_text()
  local job <close> = new_job { timeout = "1s" }
  local proxy <close> = start_proxy(job)
  local lengths = lengths_of(job, proxy)
  spoil_all(job, proxy, "an answer is cut after each byte by a reset", "rst", lengths)
  spoil_all(job, proxy, "an answer is cut after each byte by a close", "fin", lengths)
  spoil_all(job, proxy, "an answer stalls", "stall", lengths, 61)
  spoil_all(job, proxy, "an answer comes a byte at a time, too slowly", "drip", lengths, 83)
  spoil_all(job, proxy, "a NUL stands in an answer", "nul",
    { token = 180, list = 180, delete = lengths.delete }, 1)
end

local CONNECTIONS = 4 -- that a job makes at least: for the token, the list, and disconnects

local function over_tls()
  local job <close> = new_job { sandbox = { "--https" } }
  local proxy <close> = start_proxy(job)
  local length = lengths_of(job, proxy).connection
  for _, how in ipairs { "rst", "fin" } do
    for connection = 1, CONNECTIONS do
      for after = 0, length, 5 do
        tally:try(("connection %d %d %s"):format(connection, after, how), play, job, proxy,
          connection, after, how)
      end
    end
  end
  tally:say "a TLS connection is cut after each fifth byte"
end

in_clear_text()
over_tls()
tally:finish()
