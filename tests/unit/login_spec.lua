-- The login of a person, step by step: what goes to the browser and what may come back.

local login = require "xero.login"

local SETTINGS = {
  login_url = "https://login.xero.com",
  identity_url = "https://identity.xero.com",
  client_id = "C1 & co",
  timeout = 30,
}

local function refusal(f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok)
  return err
end

-- A native whose clock only moves as the server waits, and whose server gives these requests, each
-- a table { method, path, query, after = seconds }.
local function fake_native(requests)
  local native = { clock = 0, answers = {}, started = {}, asked = {} }

  function native.monotonic() return native.clock end
  function native.interrupted() return native.signal end
  function native.pkce() return "VERIFIER", "CHALLENGE" end
  function native.random_bytes(n) return ("r"):rep(n) end
  function native.base64url(bytes) return "b64(" .. bytes:sub(1, 4) .. ")" end
  function native.secret(text) return { secret = text } end

  function native.start_program(words)
    native.started[#native.started + 1] = words
    return native.programs and native.programs[words[1]]
  end

  function native.httpd(options)
    native.asked = options
    if native.in_use then return nil, native.in_use end
    local server = {}
    function server.next(_, seconds)
      local request = table.remove(requests or {}, 1)
      if not request then
        native.clock = native.clock + seconds
        return nil
      end
      native.clock = native.clock + (request.after or 0)
      if request.signal then
        native.signal = request.signal
        return nil
      end
      request.method = request.method or "GET"
      request.query = request.query or {}
      request.handle = {
        answer = function(_, answer)
          answer.path = request.path
          native.answers[#native.answers + 1] = answer
        end,
      }
      return request
    end
    return server
  end

  return native
end

local function fake_world(native, variables, pasted)
  local world = { native = native, said = {} }
  world.getenv = function(name) return (variables or {})[name] end
  world.say = function(line) world.said[#world.said + 1] = line end
  world.ask = function() return pasted end
  return world
end

local function new_attempt(native)
  return login.attempt(SETTINGS, 8742, "openid offline_access", native or fake_native())
end

describe("the address for the browser", function()
  it("asks for a code with PKCE S256, the scopes separated by %20, and a state", function()
    local attempt = new_attempt()
    assert.equal("https://login.xero.com/identity/connect/authorize?response_type=code"
      .. "&client_id=C1%20%26%20co&redirect_uri=http%3A%2F%2Flocalhost%3A8742%2Fcallback"
      .. "&scope=openid%20offline_access&state=b64%28rrrr%29"
      .. "&code_challenge=CHALLENGE&code_challenge_method=S256", attempt.url)
  end)

  it("does not hold the code verifier", function()
    assert.is_nil(new_attempt().url:find("VERIFIER", 1, true))
  end)
end)

describe("the scopes of a login", function()
  it("are those of every login, and more where they are asked for, each once", function()
    assert.equal("openid profile email offline_access", login.scopes())
    assert.equal("openid profile email offline_access accounting.settings files",
      login.scopes { "accounting.settings openid", "files" })
  end)

  it("never hold app.connections", function()
    assert.equal("usage", refusal(login.scopes, { "app.connections" }).kind)
  end)
end)

describe("a redirect", function()
  local attempt = new_attempt()

  it("gives its code, whatever else it brings", function()
    assert.equal("abc", login.code(attempt, { state = attempt.state, code = "abc", iss = "x" }))
  end)

  it("is refused with another state, even when it brings a code or a denial", function()
    for _, query in ipairs {
      { code = "abc" }, { state = "", code = "abc" }, { state = "other", code = "abc" },
      { state = attempt.state .. "x", code = "abc" }, { state = "b64(rrrR)", error = "x" },
    } do
      local err = refusal(login.code, attempt, query)
      assert.equal("auth", err.kind)
      assert.matches("does not belong to this login", err.message)
    end
  end)

  it("says that the login was denied", function()
    local err = refusal(login.code, attempt, { state = attempt.state, error = "access_denied" })
    assert.equal("auth", err.kind)
    assert.equal("the login was denied in the browser (access_denied)", err.message)
    assert.equal("access_denied", err.oauth_error)
  end)

  it("says why Xero refused", function()
    local err = refusal(login.code, attempt, {
      state = attempt.state, error = "invalid_scope", error_description = "no such scope",
    })
    assert.equal("Xero refused the login: invalid_scope (no such scope)", err.message)
    assert.matches("scopes", err.hint)
  end)

  it("is not quoted where what it calls a reason is no code of OAuth's", function()
    for _, code in ipairs { "\27[31m", "a\nb", 'a"b', "a\\b", "caf\u{e9}", "", ("a"):rep(65) } do
      local err = refusal(login.code, attempt, {
        state = attempt.state, error = code, error_description = "whatever",
      })
      assert.equal("auth", err.kind)
      assert.equal("Xero refused the login", err.message)
      assert.is_nil(err.oauth_error)
      assert.is_nil(err.detail)
    end
  end)

  it("is quoted within bounds", function()
    local err = refusal(login.code, attempt, {
      state = attempt.state, error = "server_error", error_description = ("b\27"):rep(5000),
    })
    assert.is_true(#err.message < 400)
  end)

  it("without a code is no answer", function()
    for _, query in ipairs { {}, { code = "" } } do
      query.state = attempt.state
      assert.equal("protocol", refusal(login.code, attempt, query).kind)
    end
  end)
end)

describe("the comparison of states", function()
  it("is exact", function()
    assert.is_true(login.same("", ""))
    assert.is_true(login.same("abc\0", "abc\0"))
    assert.is_false(login.same("abc", "abd"))
    assert.is_false(login.same("abc", "ab"))
    assert.is_false(login.same("Abc", "abc"))
  end)
end)

describe("a pasted redirect", function()
  it("is the whole address, its path, or its query", function()
    for _, text in ipairs {
      "http://localhost:8742/callback?code=a%2Fb%20c&state=s%3D1&scope=x+y#_=_",
      "  /callback?state=s%3D1&code=a%2Fb%20c&scope=x+y \r",
      "?code=a%2Fb%20c&state=s%3D1&scope=x+y",
      "scope=x+y&code=a%2Fb%20c&state=s%3D1",
    } do
      assert.same({ code = "a/b c", state = "s=1", scope = "x y" }, login.pasted(text))
    end
  end)

  it("is nothing else", function()
    local address = "http://localhost:8742/callback"
    for _, text in ipairs { "", "abc", address, "code=a b", "?code=abc" } do
      assert.is_nil(login.pasted(text))
    end
  end)
end)

describe("a login by the browser", function()
  local function callback(attempt, after)
    return { path = "/callback", query = { state = attempt.state, code = "abc" }, after = after }
  end

  local function run(native, world, redeem)
    local attempt = new_attempt(native)
    local server = login.listen(world, 8742)
    return login.by_browser(world, attempt, server, redeem or function(code)
      return "token for " .. code
    end)
  end

  it("listens on both families of localhost", function()
    local native = fake_native()
    login.listen(fake_world(native), 8742)
    assert.same({ address = "localhost", port = 8742 }, native.asked)
  end)

  it("redeems the code of the redirect and tells the browser that it is done", function()
    local attempt = new_attempt()
    local native = fake_native { callback(attempt) }
    assert.equal("token for abc", run(native, fake_world(native)))
    assert.equal(1, #native.answers)
    assert.equal(200, native.answers[1].status)
    assert.matches("You can close this window", native.answers[1].body)
  end)

  it("honours one request for the callback; every other request is not found", function()
    local attempt = new_attempt()
    local native = fake_native {
      { path = "/favicon.ico" }, { path = "/" }, { path = "/callback/" },
      { method = "POST", path = "/callback", query = { state = attempt.state, code = "evil" } },
      { method = "HEAD", path = "/callback", query = { state = attempt.state, code = "evil" } },
      callback(attempt),
      { path = "/callback", query = { state = attempt.state, code = "second" } },
    }
    assert.equal("token for abc", run(native, fake_world(native)))
    local statuses = {}
    for i, answer in ipairs(native.answers) do statuses[i] = answer.status end
    assert.same({ 404, 404, 404, 404, 404, 200, 404 }, statuses)
  end)

  it("ends with what the redirect says, and the browser hears of it without markup", function()
    local attempt = new_attempt()
    local native = fake_native { { path = "/callback", query = {
      state = attempt.state, error = "x", error_description = "<script>alert('1')</script>",
    } } }
    local err = refusal(run, native, fake_world(native))
    assert.equal("auth", err.kind)
    assert.equal(400, native.answers[1].status)
    assert.is_nil(native.answers[1].body:find("<script", 1, true))
    assert.matches("&lt;script&gt;alert%(&#39;1&#39;%)", native.answers[1].body)
  end)

  it("tells the browser when the code was not taken", function()
    local attempt = new_attempt()
    local native = fake_native { callback(attempt) }
    local err = refusal(run, native, fake_world(native), function()
      error({ kind = "auth" }, 0)
    end)
    assert.equal("auth", err.kind)
    assert.equal(400, native.answers[1].status)
  end)

  it("gives up after 5 minutes, however many other requests come", function()
    local native = fake_native { { path = "/", after = 200 }, { path = "/", after = 99.5 } }
    local err = refusal(run, native, fake_world(native))
    assert.equal("auth", err.kind)
    assert.matches("nobody logged in within 5 minutes", err.message)
    assert.matches("add http://localhost:8742/callback", err.hint)
    assert.equal(300, native.clock)
  end)

  it("ends by a signal", function()
    local native = fake_native { { signal = "SIGINT" } }
    local err = refusal(run, native, fake_world(native))
    assert.equal("interrupted", err.kind)
    assert.equal("SIGINT", err.signal)
  end)

  it("says which port is in use", function()
    local native = fake_native()
    native.in_use = "cannot listen on localhost port 8742: Address already in use"
    local err = refusal(login.listen, fake_world(native), 8742)
    assert.equal("usage", err.kind)
    assert.equal("the login cannot listen on localhost port 8742: Address already in use",
      err.message)
    assert.matches("--port", err.hint)
  end)

  it("prints the address, whether a browser opens or not", function()
    for _, programs in ipairs { {}, { ["xdg-open"] = true } } do
      local attempt = new_attempt()
      local native = fake_native { callback(attempt) }
      native.programs = programs
      local world = fake_world(native)
      run(native, world)
      assert.equal("\n  " .. attempt.url .. "\n", world.said[2])
      assert.same({ { "xdg-open", attempt.url } }, native.started)
    end
  end)

  it("tries the programs of BROWSER first, up to the one that starts", function()
    local attempt = new_attempt()
    local native = fake_native { callback(attempt) }
    native.programs = { firefox = true }
    run(native, fake_world(native, { BROWSER = "none:firefox --new-tab %s --x:other" }))
    assert.same({ { "none", attempt.url }, { "firefox", "--new-tab", attempt.url, "--x" } },
      native.started)
  end)
end)

describe("a login by hand", function()
  local function run(world)
    local attempt = new_attempt(world.native)
    return login.by_hand(world, attempt, function(code) return "token for " .. code end)
  end

  local function pasted(attempt)
    return attempt.redirect_uri .. "?code=abc&state=b64%28rrrr%29"
  end

  it("redeems the code of the address that is pasted, and opens nothing", function()
    local native = fake_native()
    local world = fake_world(native, {}, pasted(new_attempt()))
    assert.equal("token for abc", run(world))
    assert.same({}, native.started)
    assert.equal("\n  " .. new_attempt().url .. "\n", world.said[2])
  end)

  it("says when what is pasted is no such address, or nothing", function()
    assert.matches("not the address", refusal(run, fake_world(fake_native(), {}, "abc")).message)
    assert.matches("no address was pasted", refusal(run, fake_world(fake_native())).message)
  end)

  it("says when it took too long", function()
    local native = fake_native()
    local world = fake_world(native)
    world.ask = function()
      native.clock = 301
      return pasted(new_attempt())
    end
    assert.matches("nobody logged in within 5 minutes", refusal(run, world).message)
  end)
end)

describe("the redemption of a code", function()
  local attempt = new_attempt()

  local function exchange(answer, requests)
    return {
      perform = function(_, request)
        assert.is_false(request.repeatable)
        local pump = { grant = function(_, grant) requests[#requests + 1] = grant end }
        request.submit(pump)
        request.read(answer)
        return answer
      end,
    }
  end

  local function redeem(answer, requests)
    return login.redeem(exchange(answer, requests or {}), SETTINGS, attempt, "abc", fake_native())
  end

  it("sends the code and the verifier as secrets, with the same redirect URI", function()
    local requests = {}
    assert.equal("TOKEN", redeem({ token = "TOKEN" }, requests))
    assert.same({ {
      url = "https://identity.xero.com", grant = "authorization_code", client_id = "C1 & co",
      code = { secret = "abc" }, verifier = "VERIFIER", timeout = 30,
      redirect_uri = "http://localhost:8742/callback",
    } }, requests)
  end)

  it("says that a code was used or has expired", function()
    local err = refusal(redeem, { oauth_error = "invalid_grant", status = 400 })
    assert.equal("auth", err.kind)
    assert.equal("Xero did not take the code: it was used or has expired", err.message)
    assert.matches("5 minutes", err.hint)
  end)

  it("says that the app's secret is wrong", function()
    local err = refusal(redeem, { oauth_error = "invalid_client", status = 401 })
    assert.equal("Xero refused to give a token: invalid_client", err.message)
    assert.matches("client secret", err.hint)
  end)
end)
