-- A local stand-in for Xero, to try scripts on: prints the lines that point xero-run (or any other
-- client) to it, and serves until it is stopped.

local args = require "xero.args"
local fault = require "xero.sandbox_fault"
local filled = require "xero.filled"
local named_file = require "xero.named_file"
local native = require "xero.native"
local paths = require "xero.paths"
local sandbox = require "xero.sandbox"
local server = require "xero.sandbox_server"
local usage = require("xero.raise").usage

local function integer(name, high)
  return function(text)
    local number = text:find "^%d+$" and math.tointeger(tonumber(text))
    if number and number <= high then return number end
    return nil, ("%s takes a number from 0 to %d, not '%s'"):format(name, high, text)
  end
end

local function options_of_command_line()
  local parser = args("sandbox", "A local stand-in for Xero, with demo tenants. "
    .. "Prints the lines that point a client to it, and serves until it is stopped.")
  parser:option("--port", "listen on this port of 127.0.0.1; 0 is a free one", "0")
    :argname "N":convert(integer("--port", 65535))
  parser:option("--connections", "so many made-up tenants, in place of the demo ones")
    :argname "N":convert(integer("--connections", 1000000))
  parser:option("--latency", "wait so many milliseconds before each answer", "0")
    :argname "MS":convert(integer("--latency", 3600000))
  parser:flag("--https", "serve https, with a certificate made for this run")
  parser:option("--certificate", "serve https with this certificate (PEM)"):argname "FILE"
  parser:option("--key", "the key of the certificate (PEM)"):argname "FILE"
  parser:option("--ca-file", "write the made certificate here"):argname "FILE"
  parser:option("--fault", "what goes wrong: OP#WHICH:ACTION,... such as delete#2:status=503")
    :argname "SPEC":count "*":convert(fault.parse)
  parser:option("--state", "where those who paste the lines keep login and journal, in place of a"
    .. " directory that goes with the sandbox"):argname "DIR":convert(filled())
  parser:option("--log", "write a JSON line for each request, without secrets"):argname "FILE"
  return parser:epilog(fault.help()):parse()
end

-- A file that is removed at the end, under a name that nobody can guess.
local function fresh_ca_file()
  local name = native.base64url(native.random_bytes(16))
  local path = ("%s/xero-run-ca-%s.pem"):format(os.getenv "TMPDIR" or "/tmp", name)
  return path, setmetatable({}, { __close = function() os.remove(path) end })
end

local NOTHING <const> = setmetatable({}, { __close = function() end })

-- Certificate, key, the file that clients trust, and what removes that file.
local function tls_of(options)
  if (options.certificate == nil) ~= (options.key == nil) then
    usage("--certificate and --key go together")
  elseif options.certificate and options.ca_file then
    usage("--ca-file is for a certificate made on the fly", "give either it or --certificate")
  elseif options.certificate then
    return named_file.read(options.certificate), named_file.read(options.key),
      options.certificate, NOTHING
  elseif not options.https and not options.ca_file then
    return nil, nil, nil, NOTHING
  end
  local certificate, key = assert(native.certificate {
    names = { "localhost", "127.0.0.1", "::1" },
  })
  local path, remover = options.ca_file, NOTHING
  if not path then path, remover = fresh_ca_file() end
  named_file.write(path, certificate)
  return certificate, key, path, remover
end

local function open_log(path)
  local file, message = io.open(path, "wb")
  return file or usage("cannot write " .. message)
end

local function absolute(path)
  return paths.absolute({ getenv = os.getenv, native = native }, path)
end

local function export(name, value)
  print(("export %s='%s'"):format(name, (value:gsub("'", "'\\''"))))
end

local options = options_of_command_line()
local certificate, key, ca_file, remover = tls_of(options)
local _ <close> = remover

local listening, message = native.httpd {
  port = options.port, certificate = certificate, key = key,
}
if not listening then usage(message, "--port 0 takes a free one") end
local _ <close> = listening

local xero = sandbox.new {
  now = native.now,
  random = native.random,
  sha256 = native.sha256,
  connections = options.connections,
  latency = options.latency / 1000,
  faults = options.fault,
}
local log <close> = options.log and open_log(options.log) or nil

local url = ("%s://127.0.0.1:%d"):format(certificate and "https" or "http", listening:port())
export("XERO_CLIENT_ID", xero.client_id)
export("XERO_CLIENT_SECRET", xero.client_secret)
for _, name in ipairs { "XERO_API_URL", "XERO_IDENTITY_URL", "XERO_LOGIN_URL" } do
  export(name, url)
end
-- So that a login at the sandbox takes the place of no other, and no journal tells of its tenants.
export("XERO_RUN_STATE",
  options.state and absolute(options.state) or native.private_directory())
for _, name in ipairs { "SSL_CERT_FILE", "CURL_CA_BUNDLE" } do
  -- The second one would win over the first, where it is set.
  if ca_file and (name == "SSL_CERT_FILE" or os.getenv(name)) then
    export(name, absolute(ca_file))
  end
end
print()
io.stdout:flush()
if native.isatty(1) then
  io.stderr:write("Paste these lines into another terminal, then: xero-run list\n",
    "Ctrl-C ends the sandbox, and logins and journal there with it.\n")
end

server.serve { native = native, server = listening, sandbox = xero, log = log }
