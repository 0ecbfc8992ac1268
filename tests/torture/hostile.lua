-- Answers that are made to take memory and time: bombs, bodies without end, depth, hundreds of
-- thousands of values, and text that is none.
--
--   xero-run tests/torture/hostile.lua MEASURE     (make torture-hostile)
--
-- Each is given to the list, to the token request and, as an error, to both. The run ends by itself
-- with a documented status and a line, within its memory.

package.path = arg[0]:match "^(.*/)torture/" .. "?.lua;" .. package.path

local new_tally = require "torture.tally"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local measure = assert(arg[1])
local MOST_MEMORY = 256 * 1024 -- KiB
local SIZE = 32 * 1024 * 1024 - 64 -- as large as an answer may be
local VALUES = (1 << 19) - 8 -- as many as a list may have
local LIAR = arg[0]:match "^(.*/)torture/" .. "support/liar.lua"

local function many(item, count)
  return "[" .. (item .. ","):rep(count - 1) .. item .. "]"
end

-- So many different texts that they fill an answer.
local function texts(count, format, before)
  local list, width = { before }, SIZE // count - 8
  for i = 1, count do list[#list + 1] = format:format(("%0" .. width .. "d"):format(i)) end
  return table.concat(list, ",")
end

-- Built when it is their turn.
local BODIES = {
  { "a gzip bomb of 1 GiB", function()
    return shell.output { "sh", "-c", "head -c 1G /dev/zero | gzip -1" }
  end, "gzip" },
  { "64 MiB", function() return (" "):rep(64 << 20) end },
  { "nothing but zeros", function() return ("\0"):rep(SIZE) end },
  { "lists without end", function() return many("[]", SIZE // 3) end },
  { "objects without end", function() return many("{}", SIZE // 3) end },
  { "numbers without end", function() return many("1", SIZE // 2) end },
  { "as many lists as may be", function() return many("[]", VALUES // 2) end },
  { "as many objects as may be", function() return many("{}", VALUES // 2) end },
  { "as many full objects as may be", function() return many('{"a":1}', VALUES // 2) end },
  { "as many texts as may be", function() return "[" .. texts(VALUES, '"%s"') .. "]" end },
  { "as many texts as may be, and an empty list", function()
    return texts(VALUES - 2, '"%s"', "[[]") .. "]"
  end },
  { "as many keys as may be", function()
    return "[{" .. texts(VALUES - 2, '"%s":1', '"a":[]') .. "}]"
  end },
  { "depth", function() return ("["):rep(SIZE) end },
  { "depth of objects", function() return ('{"a":'):rep(SIZE // 5) end },
  { "one text", function() return '["' .. ("x"):rep(SIZE) .. '"]' end },
  { "escapes", function() return '["' .. ("\\u0000"):rep(SIZE // 6) .. '"]' end },
  { "bytes that are no UTF-8", function() return '["' .. ("\xff"):rep(SIZE) .. '"]' end },
  { "a surrogate alone", function() return '[{"id":"\\ud800"}]' end },
  { "huge numbers", function() return many("1e999", 1000) end },
  { "one huge number", function() return "[" .. ("9"):rep(SIZE) .. "]" end },
  { "not a number", function() return "[NaN,Infinity,-Infinity,0x10,1.,.5,+1]" end },
}

local function play(body, encoding, status, token)
  local file = temp.file(body(), "body")
  local server = process.spawn { run.program(), LIAR, file, tostring(status), encoding }
  local url = "http://127.0.0.1:" .. server:expect "^(%d+)\n"
  local env = { XERO_API_URL = url, XERO_IDENTITY_URL = url }
  if token then
    env.XERO_CLIENT_ID, env.XERO_CLIENT_SECRET = "id", "secret"
  else
    env.XERO_ACCESS_TOKEN = "token"
  end
  local result = process.run { measure, run.program(), "list", "-f", "ids", env = env,
    timeout = 300 }
  server:stop()
  os.remove(file)
  local peak = tonumber(result.err:match "rss_kib=(%d+)")
  if result.signal or result.status > 9 then return "it ended with " .. tostring(result.status) end
  if result.status ~= 0 and not result.err:find "^xero%-run: [^\n]+\n" then return result.err end
  if not peak or peak > MOST_MEMORY then return ("it took %s KiB"):format(peak) end
  return nil
end

local tally = new_tally()
for _, case in ipairs(BODIES) do
  for _, status in ipairs { 200, 500 } do
    for _, token in ipairs { false, true } do
      local what = ("%s, %d to the %s"):format(case[1], status, token and "token request" or "list")
      tally:try(what, play, case[2], case[3], status, token)
    end
  end
end
tally:say "an answer that is made to take memory"
tally:finish()
