-- Networks, proxies, certificates, clocks, and days on which Xero is unwell.

local authority = require "support.authority"

local APP = { XERO_CLIENT_ID = "x", XERO_CLIENT_SECRET = "x" }

local trusted = authority.new()

-- Of a server whose certificate is of yesterday.
local function expired()
  local certificate, key = trusted:issue(nil, -1)
  return { "--certificate", certificate, "--key", key }
end

local function with(more)
  local env = {}
  for _, from in ipairs { APP, more } do
    for name, value in pairs(from) do
      env[name] = value
    end
  end
  return env
end

return {
  { "there is no network",
    words = { "list" }, env = with { XERO_IDENTITY_URL = "http://127.0.0.1:1" }, status = 8,
    slow = true,
    says = [[
xero-run: no answer to POST /connect/token: cannot connect to 127.0.0.1:1: Failed to connect to 127.0.0.1 port 1 after … ms: …, 5 times; giving up
hint: check the network, and HTTPS_PROXY
]] },
  { "the proxy's address is none, and has a password",
    words = { "list" }, env = with { HTTPS_PROXY = "http://me:hunter2@a b" }, status = 8,
    slow = true,
    says = [[
xero-run: no answer to POST /connect/token: cannot connect to identity.xero.com: the address of the proxy cannot be used, 5 times; giving up
hint: check the network, and HTTPS_PROXY
]] },
  { "the proxy is not there",
    words = { "list" }, env = with { HTTPS_PROXY = "http://127.0.0.1:1" }, status = 8, slow = true,
    says = [[
xero-run: no answer to POST /connect/token: cannot connect to identity.xero.com: Failed to connect to 127.0.0.1 port 1 after … ms: …, 5 times; giving up
hint: check the network, and HTTPS_PROXY
]] },
  { "the certificate is of an unknown authority",
    words = { "list" }, at = { "--https" }, env = { SSL_CERT_FILE = false }, status = 8,
    says = [[
xero-run: POST /connect/token failed: no secure connection to 127.0.0.1:PORT: SSL certificate problem: self-signed certificate
hint: SSL_CERT_FILE names the file of authorities to trust, in place of the system's
]] },
  { "the file of authorities is not there",
    words = { "list" }, at = { "--https" }, env = { SSL_CERT_FILE = "HOME/ca.pem" }, status = 8,
    says = [[
xero-run: POST /connect/token failed: no secure connection to 127.0.0.1:PORT: error setting certificate file: HOME/ca.pem
hint: SSL_CERT_FILE names the file of authorities to trust, in place of the system's
]] },
  { "the file of authorities is none",
    words = { "list" }, at = { "--https" }, env = { SSL_CERT_FILE = "HOME/ca.pem" },
    files = { ["ca.pem"] = "hello" }, status = 8,
    says = [[
xero-run: POST /connect/token failed: no secure connection to 127.0.0.1:PORT: error setting certificate file: HOME/ca.pem
hint: SSL_CERT_FILE names the file of authorities to trust, in place of the system's
]] },
  { "https is spoken to a server of http",
    sh = "export XERO_API_URL=https${XERO_API_URL#http}\n"
      .. "XERO_IDENTITY_URL=$XERO_API_URL exec XERO_RUN list",
    at = "app", status = 8, slow = true,
    says = [[
xero-run: POST /connect/token failed: no secure connection to 127.0.0.1:PORT: OpenSSL/…: error:0A00010B:SSL routines::wrong version number…
hint: SSL_CERT_FILE names the file of authorities to trust, in place of the system's
]],
    -- From OpenSSL 3.5 on the greeting is so long that the server hangs up before it answers.
    or_says = [[
xero-run: no answer to POST /connect/token: cannot connect to 127.0.0.1:PORT: TLS connect error: …unexpected eof while reading, 5 times; giving up
hint: check the network, and HTTPS_PROXY
]] },
  { "Xero does not answer in time",
    words = { "list", "--timeout", "1s" }, at = { "--fault", "list#*:hang" }, status = 8,
    slow = true,
    says = [[
xero-run: no answer to GET /connections: no complete answer from 127.0.0.1:PORT within … s, 5 times; giving up
hint: --timeout sets how long to wait
]] },
  { "the whole run takes too long",
    words = { "--deadline", "200ms", "list" }, at = { "--fault", "list#*:hang" }, status = 8,
    says = [[
xero-run: the deadline of the run has passed
]] },
  { "Xero is out of order",
    words = { "list" }, at = { "--fault", "list#*:status=503" }, status = 8, slow = true,
    says = [[
xero-run: Xero answered 503 to GET /connections, 5 times; giving up: a fault of the sandbox
hint: Xero's support finds the request by its correlation id, …
]] },
  { "Xero has an error of its own when a tenant is disconnected",
    words = { "disconnect", "-y", "c0000000-0000-4000-8000-000000000001" },
    at = { "--fault", "delete#*:status=500" }, status = 8, slow = true,
    says = [[
xero-run: 0 of 1 disconnected, 1 failed; 5 failures in a row, the last: Xero answered 500 to DELETE /connections/c0000000-0000-4000-8000-000000000001, 5 times; giving up: a fault of the sandbox
xero-run: Xero answered 500 to DELETE /connections/c0000000-0000-4000-8000-000000000001, 5 times; giving up: a fault of the sandbox
hint: Xero's support finds the request by its correlation id, …
]] },
  { "the calls of the day are used up",
    words = { "list" }, at = { "--fault", "list#*:retry-after=66975,problem=day" }, status = 8,
    says = [[
xero-run: Xero answered 429 to GET /connections (the limit of calls a day); try again at … UTC… (in …)
]] },
  { "another page answers in place of Xero",
    words = { "list" }, at = { "--fault", "list#*:html" }, status = 8, slow = true,
    says = [[
xero-run: GET /connections failed: the list of connections is broken: not JSON but HTML, 5 times; giving up
hint: something else, such as a proxy, may have answered in Xero's place; Xero's support finds the request by its correlation id, …
]] },
  { "the answer is cut off",
    words = { "list" }, at = { "--fault", "list#*:truncate=20" }, status = 8, slow = true,
    says = [[
xero-run: no answer to GET /connections: lost the connection to 127.0.0.1:PORT: …10508 bytes …, 5 times; giving up
hint: check the network, and HTTPS_PROXY
]] },
  { "the address redirects to another",
    words = { "list" }, at = { "--fault", "list#*:redirect=https://example.com/" }, status = 1,
    says = [[
xero-run: Xero answered 302 to GET /connections, a redirect, which is not followed
hint: check XERO_API_URL and XERO_IDENTITY_URL; Xero's support finds the request by its correlation id, …
]] },
  { "Xero forbids the list",
    words = { "list" }, at = { "--fault", "list#*:status=403" }, status = 4,
    says = [[
xero-run: Xero answered 403 to GET /connections: a fault of the sandbox
hint: the token may not do this: it may be of another app or person, or lack a scope; Xero's support finds the request by its correlation id, …
]] },
  { "the certificate has expired, or the clock is wrong",
    words = { "list" }, at = expired, env = { SSL_CERT_FILE = trusted.file }, status = 8,
    says = [[
xero-run: POST /connect/token failed: no secure connection to 127.0.0.1:PORT: SSL certificate problem: certificate has expired
hint: is the clock right? here it is …
]] },
}
