-- Wrong, missing and ended credentials.

local function profile(text)
  return "return { profiles = { acme = { " .. text .. " } } }"
end

return {
  { "the client id is of no app",
    words = { "list" }, at = "app", env = { XERO_CLIENT_ID = "5A9DB0C00000000000000000000000FF" },
    status = 4,
    says = [[
xero-run: Xero does not know this client id with this secret: invalid_client
hint: compare both with the app's page at https://developer.xero.com/app/manage; they come from XERO_CLIENT_ID and XERO_CLIENT_SECRET, or from the profile
]] },
  { "the client secret is an old one",
    words = { "list" }, at = "app", env = { XERO_CLIENT_SECRET = "old" }, status = 4,
    says = [[
xero-run: Xero does not know this client id with this secret: invalid_client
hint: compare both with the app's page at https://developer.xero.com/app/manage; they come from XERO_CLIENT_ID and XERO_CLIENT_SECRET, or from the profile
]] },
  { "the client secret of a profile is an old one",
    words = { "list" }, at = "app", env = { XERO_CLIENT_SECRET = false, XERO_CLIENT_ID = false },
    config = profile [[client_id = "5A9DB0C0000000000000000000000001",
      client_secret = { command = "echo old" }]], status = 4,
    says = [[
xero-run: Xero does not know this client id with this secret: invalid_client
hint: compare both with the app's page at https://developer.xero.com/app/manage; they come from XERO_CLIENT_ID and XERO_CLIENT_SECRET, or from the profile
]] },
  { "the app is one without a secret",
    words = { "list" }, at = "app", status = 4,
    env = { XERO_CLIENT_ID = "5A9DB0C0000000000000000000000002" },
    says = [[
xero-run: Xero does not know this client id with this secret: invalid_client
hint: compare both with the app's page at https://developer.xero.com/app/manage; they come from XERO_CLIENT_ID and XERO_CLIENT_SECRET, or from the profile
]] },
  { "an access token is none",
    words = { "list" }, at = "app", env = { XERO_ACCESS_TOKEN = "abc" }, status = 4,
    says = [[
xero-run: Xero answered 401 to GET /connections: AuthenticationUnsuccessful
hint: XERO_ACCESS_TOKEN is used as it is and never renewed: put a fresh one there, or unset it and set XERO_CLIENT_ID and XERO_CLIENT_SECRET
]] },
  { "an access token has expired",
    at = {}, status = 4,  sh = [[
      answer=$(curl -s -u "$XERO_CLIENT_ID:$XERO_CLIENT_SECRET" -d grant_type=client_credentials \
        -d scope=app.connections "$XERO_API_URL/connect/token")
      curl -s -d '{"advance":1900}' "$XERO_API_URL/sandbox" >/dev/null
      token=${answer#*access_token\":\"}
      XERO_ACCESS_TOKEN=${token%%\"*} exec XERO_RUN list]],
    says = [[
xero-run: Xero answered 401 to GET /connections: TokenExpired: token expired at …
hint: XERO_ACCESS_TOKEN is used as it is and never renewed: put a fresh one there, or unset it and set XERO_CLIENT_ID and XERO_CLIENT_SECRET
]] },
  { "an access token is pasted with a line break",
    words = { "list" }, at = "app", env = { XERO_ACCESS_TOKEN = "abc\ndef" }, status = 2,
    says = [[
xero-run: the access token has characters that no access token has
hint: it must be the token alone, without "Bearer"
]] },
  { "nobody has logged in",
    words = { "list" }, at = "app", config = profile 'auth = "user"', status = 4,
    says = [[
xero-run: no login is stored for this profile
hint: log in: xero-run -p acme login
]] },
  { "nobody has logged in, and cron looks",
    words = { "status", "--check" }, at = "app", config = profile 'auth = "user"', status = 4,
    says = [[
xero-run: profile acme: no login is stored
hint: xero-run -p acme login
]] },
  { "a logout has nothing to forget",
    words = { "logout", "--revoke", "--yes" }, at = "app", config = profile 'auth = "user"',
    status = 4,
    says = [[
xero-run: no login is stored for this profile
hint: log in: xero-run -p acme login
]] },
  { "the login was ended at Xero",
    words = { "list" }, at = "login", control = { advance = 1900, ["end"] = true }, status = 4,
    says = [[
xero-run: the login ended: Xero no longer takes its refresh token since …; it is tried again from … UTC
hint: log in again: xero-run login
]] },
  { "the login was ended at Xero, and is tried again",
    sh = "XERO_RUN list 2>/dev/null; exec XERO_RUN list", at = "login",
    control = { advance = 1900, ["end"] = true }, status = 4,
    says = [[
xero-run: the login ended: Xero no longer takes its refresh token since …; it is tried again from … UTC
hint: log in again: xero-run login
]] },
  { "the login is another app's",
    words = { "list" }, at = "login", env = { XERO_CLIENT_ID = "5A9DB0C0000000000000000000000002" },
    status = 4,
    says = [[
xero-run: the stored login belongs to another app (client id 5A9DB0C0000000000000000000000001)
hint: log in with this app: xero-run login
]] },
  { "a variable of the sandbox is left over",
    words = { "list" }, at = "login", env = { XERO_API_URL = "http://127.0.0.1:1",
      XERO_IDENTITY_URL = "http://127.0.0.1:1" }, status = 4,
    says = [[
xero-run: the stored login was made for URL; XERO_API_URL names http://127.0.0.1:1
hint: unset XERO_API_URL and XERO_IDENTITY_URL, use another profile (-p), or log in to that server: xero-run login
]] },
  { "a variable of the sandbox is left over, and the login is to be revoked",
    words = { "logout", "--revoke", "--yes" }, at = "login",
    env = { XERO_IDENTITY_URL = "http://127.0.0.1:1" }, status = 4,
    says = [[
xero-run: the stored login was made for URL; XERO_IDENTITY_URL names http://127.0.0.1:1
hint: unset XERO_IDENTITY_URL, use another profile (-p), or log in to that server: xero-run login
]] },
  { "the login was denied in the browser",
    words = { "login", "--port", "0" }, at = "login", control = { consent = "deny" }, status = 4,
    says = [[
Your browser opens this address to log in; if it does not, open it there:

  URL/identity/connect/authorize…

xero-run: the login was denied in the browser (access_denied)
hint: nothing was changed; xero-run login asks again
]] },
  { "the port of the login is in use",
    sh = "XERO_RUN login --port ${XERO_API_URL##*:}", status = 2,  at = "app",
    says = [[
xero-run: the login cannot listen on localhost port PORT: Address already in use
hint: --port N takes another one; http://localhost:N/callback must be a redirect URI of the app, too
]] },
  { "a page of the browser is pasted that is not the redirect",
    words = { "login", "--no-browser" }, at = "app", stdin = "https://go.xero.com/\n", status = 2,
    says = [[
Open this address in a browser, on any computer, to log in:

  URL/identity/connect/authorize…

The browser then ends at an address that begins with http://localhost:8742/callback and cannot be opened.
Paste that address here:
> 
xero-run: that is not the address of the redirect
hint: it begins with http://localhost:8742/callback and holds code= and state=
]] },
  { "nothing is pasted",
    words = { "login", "--no-browser" }, at = "app", status = 2,
    says = [[
Open this address in a browser, on any computer, to log in:

  URL/identity/connect/authorize…

The browser then ends at an address that begins with http://localhost:8742/callback and cannot be opened.
Paste that address here:
> 
xero-run: no address was pasted
hint: it begins with http://localhost:8742/callback and holds code= and state=
]] },
  { "the redirect of an older page is pasted",
    words = { "login", "--no-browser" }, at = "app", status = 4,
    stdin = "http://localhost:8742/callback?code=abc&state=old\n",
    says = [[
Open this address in a browser, on any computer, to log in:

  URL/identity/connect/authorize…

The browser then ends at an address that begins with http://localhost:8742/callback and cannot be opened.
Paste that address here:
> 
xero-run: the redirect does not belong to this login: its state is another one
hint: use the page that this login opened, not an older one; run xero-run login again
]] },
  { "a custom connection is asked for its tenants",
    words = { "list" }, at = "app", config = profile 'auth = "custom"', status = 4,
    says = [[
xero-run: Xero answered 403 to GET /connections: AuthenticationUnsuccessful
hint: Xero may not let a custom connection list or disconnect tenants; auth = "app" and auth = "user" can
]] },
  { "a profile of the app is used to log in",
    words = { "login" }, at = "app", config = profile 'auth = "app"', status = 2,
    says = [[
xero-run: profile acme has auth = "app"; a login is for auth = "user"
hint: it stands in HOME/.config/xero-run/config.lua
]] },
  { "the file of the login is damaged",
    words = { "list" }, at = "login", before = "echo '{' >state/default/token.json", status = 1,
    says = [[
xero-run: HOME/state/default/token.json is damaged: it is not complete JSON
hint: log in again: mv HOME/state/default/token.json HOME/state/default/token.json.bad && xero-run -p default login
]] },
}
