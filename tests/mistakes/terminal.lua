-- On a terminal: Ctrl-C, Ctrl-D and the wrong answer, at each question.

local FIRST = "c0000000-0000-4000-8000-000000000001"

return {
  { "Ctrl-C at the question of disconnect",
    words = { "disconnect", FIRST }, at = "app", type = { "[y/N] ", "\3" }, status = 130,
    says = [[
  Demo Company (NZ) (c0000000-0000-4000-8000-000000000001)
Disconnect this tenant for good? [y/N] ^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-D at the question of disconnect",
    words = { "disconnect", FIRST }, at = "app", type = { "[y/N] ", "\4" }, status = 5,
    says = [[
  Demo Company (NZ) (c0000000-0000-4000-8000-000000000001)
Disconnect this tenant for good? [y/N] 
xero-run: not confirmed: nothing was disconnected
]] },
  { "no at the question of disconnect",
    words = { "disconnect", FIRST }, at = "app", type = { "[y/N] ", "n\n" }, status = 5,
    says = [[
  Demo Company (NZ) (c0000000-0000-4000-8000-000000000001)
Disconnect this tenant for good? [y/N] n
xero-run: not confirmed: nothing was disconnected
]] },
  { "Ctrl-C where a revocation is to be confirmed",
    words = { "logout", "--revoke" }, at = "login", type = { "to go on: ", "\3" }, status = 130,
    says = [[
  Maple Street Bakery (c0000000-0000-4000-8000-000000000035)
  Harbour Lights Ltd (c0000000-0000-4000-8000-000000000036)
This disconnects 2 tenants for good and ends the login. Type "default 2" to go on: ^C
xero-run: interrupted by SIGINT
]] },
  { "yes where a revocation is to be confirmed by words",
    words = { "logout", "--revoke" }, at = "login", type = { "to go on: ", "yes\n" }, status = 5,
    says = [[
  Maple Street Bakery (c0000000-0000-4000-8000-000000000035)
  Harbour Lights Ltd (c0000000-0000-4000-8000-000000000036)
This disconnects 2 tenants for good and ends the login. Type "default 2" to go on: yes
xero-run: not confirmed: nothing was revoked
]] },
  { "Ctrl-C while the browser is open",
    words = { "login", "--port", "0" }, at = "app", env = { BROWSER = "true" },
    type = { "authorize", "\3" },
    status = 130,
    says = [[
Your browser opens this address to log in; if it does not, open it there:

  URL/identity/connect/authorize…

^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C where the redirect is to be pasted",
    words = { "login", "--no-browser" }, at = "app", type = { "\n> ", "\3" }, status = 130,
    says = [[
Open this address in a browser, on any computer, to log in:

  URL/identity/connect/authorize…

The browser then ends at an address that begins with http://localhost:8742/callback and cannot be opened.
Paste that address here:
> ^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C where the command of the secret asks for a password",
    words = { "list" }, at = "app", env = { XERO_CLIENT_SECRET = false },
    config = [[return { profiles = { acme = { client_secret = {
      command = "printf 'Passphrase: ' >/dev/tty; read x </dev/tty" } } } }]],
    type = { "Passphrase: ", "\3" }, status = 130,
    says = [[
Passphrase: ^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C while Xero is asked",
    words = { "--verbose", "list" }, at = { "--fault", "list#*:hang" }, type = { "POST", "\3" },
    status = 130,
    says = [[
xero-run: POST /connect/token 200 … ms h1.1
^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C where a script reads a line",
    words = { "-e", "io.write 'Name: ' io.flush() print(io.read())" }, type = { "Name: ", "\3" },
    status = 130,
    says = [[
Name: ^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C in a loop without end",
    words = { "-e", "print 'loops' while true do end" }, type = { "loops", "\3" }, status = 130,
    says = [[
loops
^C
xero-run: interrupted by SIGINT
]] },
  { "Ctrl-C at a sandbox",
    words = { "sandbox", "--port", "0" }, type = { "LOGIN_URL", "\3" }, status = 130,
    says = [[
export XERO_CLIENT_ID='5A9DB0C0000000000000000000000001'
export XERO_CLIENT_SECRET='…'
export XERO_API_URL='…'
export XERO_IDENTITY_URL='…'
export XERO_LOGIN_URL='…'
export XERO_RUN_STATE='…'

Paste these lines into another terminal, then: xero-run list
Ctrl-C ends the sandbox, and logins and journal there with it.
^C
xero-run: interrupted by SIGINT
]] },
}
