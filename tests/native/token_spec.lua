-- Secrets and tokens: what they show, what they refuse, what a token endpoint may answer.

local exchange = require "support.exchange"
local native = require "xero.native"
local raised = require "support.raised"
local shell = require "support.shell"
local temp = require "support.temp"

local function jwt(payload)
  local function part(text)
    return native.base64url(text)
  end
  return part '{"alg":"RS256"}' .. "." .. part(payload) .. "." .. part "signature"
end

local function token(text, ...)
  return native.token(native.secret(text), ...)
end

describe("a secret", function()
  it("shows nothing", function()
    local secret = native.secret "hush"
    assert.equal("secret", tostring(secret))
    assert.is_false(pcall(function() return secret.bytes end))
    assert.is_false(pcall(function() return #secret end))
  end)

  it("is neither empty nor has a NUL", function()
    assert.is_string(raised(native.secret, ""))
    assert.is_string(raised(native.secret, "a\0b"))
  end)

  local function file(text, mode)
    local path = temp.file(text)
    shell.output { "chmod", mode or "600", path }
    return path
  end

  for name, text in pairs {
    ["alone"] = "hush", ["with a newline"] = "hush\n", ["with CR and LF"] = "hush\r\n",
  } do
    it("is read from a file that has it " .. name, function()
      local secret = assert(native.secret_from_file(file(text, "400")))
      -- A token of the same bytes is valid only without the newline.
      assert.equal("token", tostring(native.token(secret)))
    end)
  end

  for name, case in pairs {
    ["is empty"] = { "", "is empty" },
    ["has only a newline"] = { "\n", "is empty" },
    ["has two lines"] = { "a\nb\n", "more than one line" },
    ["has control characters"] = { "a\1b", "control characters" },
    ["is too long"] = { ("x"):rep(65537), "larger than 64 KiB" },
    ["others may read"] = { "hush", "can be read by others", "604" },
    ["others may write"] = { "hush", "can be read by others", "602" },
    ["its group may write"] = { "hush", "can be read by others", "620" },
  } do
    it("is not read from a file that " .. name, function()
      local path = file(case[1], case[3])
      local secret, why = native.secret_from_file(path)
      assert.is_nil(secret)
      assert.matches(case[2], why, 1, true)
      assert.is_truthy(why:find(path, 1, true))
      assert.is_nil(why:find "hush")
    end)
  end

  it("is not waited for when the file is a pipe, and not read from a directory", function()
    local directory = temp.directory()
    shell.output { "mkfifo", "-m", "600", directory .. "/pipe" }
    assert.matches("not a regular file", select(2, native.secret_from_file(directory .. "/pipe")))
    assert.matches("not a regular file", select(2, native.secret_from_file(directory)))
    assert.matches("No such file", select(2, native.secret_from_file(directory .. "/none")))
  end)
end)

describe("a token", function()
  it("shows nothing", function()
    local one = token "known.token"
    assert.equal("token", tostring(one))
    assert.is_nil(one.bytes)
    assert.is_nil(one:expires_at())
    assert.is_nil(one:scope())
    assert.near(os.time(), one:obtained_at(), 2)
  end)

  it("may be told when it expires", function()
    assert.equal(1e9, token("known.token", 1e9):expires_at())
  end)

  it("takes the bytes of RFC 6750, up to 8 KiB", function()
    assert.equal("token", tostring(token "AZaz09-._~+/=="))
    assert.equal("token", tostring(token(("x"):rep(8192))))
    assert.matches("longer than 8 KiB", tostring(raised(token, ("x"):rep(8193))))
  end)

  for _, bad in ipairs { "a b", "Bearer x", "a\r\nX: y", "a\n", "a,b", "é", "a\"", "a\127" } do
    it(("refuses %q without repeating it"):format(bad), function()
      local err = raised(token, bad)
      assert.equal("usage", err.kind)
      assert.is_nil(tostring(err):find(bad, 1, true))
    end)
  end

  it("tells the claims of a JWT that are shown", function()
    local claims = token(jwt [[{
      "authentication_event_id": "d0ddcf81-f942-4f4d-b3c7-f98045204db4", "exp": 1775000000,
      "xero_userid": "85fd0988-85fc-4b81-8ad0-b8b3e5ea1acd", "scope": ["openid", "app.connections"],
      "jti": "secret"
    }]]):claims()
    assert.same({
      authentication_event_id = "d0ddcf81-f942-4f4d-b3c7-f98045204db4", exp = 1775000000,
      xero_userid = "85fd0988-85fc-4b81-8ad0-b8b3e5ea1acd", scope = "openid app.connections",
    }, claims)
    assert.same({ scope = "one two" }, token(jwt '{"scope":"one two"}'):claims())
    assert.same({}, token(jwt '{"exp":"soon","scope":{"a":1},"xero_userid":7}'):claims())
  end)

  for _, text in ipairs { "opaque", "a.b", "a.=.c", "a.e30", "..", jwt "no json", jwt "7" } do
    it(("has no claims when it is no JWT (%s)"):format(text), function()
      assert.is_nil(token(text):claims())
    end)
  end
end)

describe("a token endpoint's answer", function()
  local pump, server, url

  before_each(function() pump, server, url = exchange.open() end)
  after_each(function() exchange.close(pump, server) end)

  local function granted(status, body)
    pump:grant {
      url = url, grant = "client_credentials", client_id = "id",
      client_secret = native.secret "secret", scope = "app.connections",
    }
    return select(2, exchange.one(pump, server, { status = status, body = body }))
  end

  it("becomes a token that expires counted from the request's start", function()
    local before = native.now()
    local answer = granted(200, [[{"access_token":"abc.def","expires_in":1800,
      "token_type":"Bearer","scope":"app.connections"}]])
    assert.is_nil(answer.error)
    assert.is_nil(answer.body)
    local obtained = answer.token:obtained_at()
    assert.is_true(obtained >= before and obtained <= native.now())
    assert.near(obtained + 1800, answer.token:expires_at(), 1e-3)
    assert.equal("app.connections", answer.token:scope())
  end)

  for name, body in pairs {
    ["with a type in capitals"] = '{"access_token":"a","expires_in":1,"token_type":"BEARER"}',
    ["without a type"] = '{"access_token":"a","expires_in":0.5}',
    ["with more fields"] = '{"access_token":"a","expires_in":1800,"id_token":null,"x":[{}]}',
  } do
    it("may come " .. name, function()
      assert.equal("token", tostring(granted(200, body).token))
    end)
  end

  for name, body in pairs {
    ["empty"] = "",
    ["cut off"] = '{"access_token":"known.token","expires_in":1800',
    ["a page"] = "<html>known.token</html>",
    ["a list"] = '["known.token"]',
    ["a text"] = '"known.token"',
    ["without a token"] = '{"expires_in":1800,"token_type":"Bearer"}',
    ["with a number as token"] = '{"access_token":12,"expires_in":1800}',
    ["with an empty token"] = '{"access_token":"","expires_in":1800}',
    ["with a header in the token"] = '{"access_token":"known.token\\r\\nX: y","expires_in":1800}',
    ["with a NUL in the token"] = '{"access_token":"known.token\\u0000y","expires_in":1800}',
    ["with a token of 9 KiB"] = '{"access_token":"' .. ("x"):rep(9216) .. '","expires_in":1800}',
    ["without an expiry"] = '{"access_token":"known.token"}',
    ["with an expiry of 0"] = '{"access_token":"known.token","expires_in":0}',
    ["with an expiry in words"] = '{"access_token":"known.token","expires_in":"1800"}',
    ["with an endless expiry"] = '{"access_token":"known.token","expires_in":1e999}',
    ["with an expiry that is no number"] = '{"access_token":"known.token","expires_in":nan}',
    ["of another type"] = '{"access_token":"known.token","expires_in":1800,"token_type":"mac"}',
    ["nested too deeply"] = ("["):rep(5000),
  } do
    it("cannot be used when it is " .. name, function()
      local answer = granted(200, body)
      assert.equal("protocol", answer.error)
      assert.is_nil(answer.token)
      assert.is_nil(answer.body)
      assert.is_nil(answer.message:find("known.token", 1, true))
      assert.equal(1, answer.sends)
    end)
  end

  it("shows error and error_description of a refusal, and nothing else", function()
    local answer = granted(400,
      '{"error":"invalid_client","error_description":"who?","access_token":"known.token"}')
    assert.is_nil(answer.error)
    assert.equal(400, answer.status)
    assert.equal("invalid_client", answer.oauth_error)
    assert.equal("who?", answer.oauth_description)
    assert.is_nil(answer.body)
    assert.is_nil(answer.token)
  end)

  for name, body in pairs { page = "<html>", list = "[1]", empty = "", numbers = '{"error":1}',
    colours = '{"error":"\\u001b[31mred","error_description":"x"}', quotes = [[{"error":"a\"b"}]],
    novel = ('{"error":"%s"}'):format(("a"):rep(65)) } do
    it("is a plain refusal when the body is of no use: " .. name, function()
      local answer = granted(503, body)
      assert.is_nil(answer.error)
      assert.equal(503, answer.status)
      assert.is_nil(answer.oauth_error)
      assert.is_nil(answer.oauth_description)
    end)
  end
end)
