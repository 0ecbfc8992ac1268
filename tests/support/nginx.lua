-- nginx on a free port of loopback: an https server that is not ours.
--
--   local server <close> = require "support.nginx".start { connections = json_text }
--   run { "list", env = server.env }
--   server:log()[1].protocol        --> "HTTP/2.0"
--
-- It answers GET /connections with the text, DELETE /connections/ID with 204, and POST
-- /connect/token with a token; or it passes everything on to another server. With a `latency` it
-- takes its time over the first two.

local authority = require "support.authority"
local cjson = require "cjson"
local process = require "support.process"
local shell = require "support.shell"
local temp = require "support.temp"

local nginx = {}

local CONFIGURATION = [[
MODULE
daemon off;
master_process off;
pid DIRECTORY/pid;
error_log stderr warn;
events {}
http {
  client_body_temp_path DIRECTORY/body;
  proxy_temp_path DIRECTORY/proxy;
  fastcgi_temp_path DIRECTORY/fastcgi;
  uwsgi_temp_path DIRECTORY/uwsgi;
  scgi_temp_path DIRECTORY/scgi;
  log_format wire escape=json '{"method":"$request_method","uri":"$request_uri",'
    '"protocol":"$server_protocol","tls":"$ssl_protocol","status":$status,'
    '"user_agent":"$http_user_agent","accept":"$http_accept",'
    '"authorization":"$http_authorization","connection":$connection}';
  access_log DIRECTORY/access.jsonl wire;
  default_type application/json;
  server {
    listen 127.0.0.1:PORT ssl HTTP2;
    ssl_certificate CERTIFICATE;
    ssl_certificate_key KEY;
    ssl_protocols PROTOCOLS;
    LOCATIONS
    EXTRA
  }
}
]]

local LOCATIONS = [[
    location = /connections { alias DIRECTORY/connections.json; }
    location /connections/ { return 204; }
    location = /connect/token {
      return 200 '{"access_token":"TOKEN","expires_in":1800,"token_type":"Bearer"}';
    }
]]

-- nginx waits by its own JavaScript (Debian's libnginx-mod-http-js).
local LATE_MODULE = "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;"
local LATE_LOCATIONS = [[
    js_import late from DIRECTORY/late.js;
    location = /connections.json { internal; root DIRECTORY; }
    location = /connections { js_content late.list; }
    location /connections/ { js_content late.done; }
]]
local LATE = [[
function list(r) { setTimeout(() => r.internalRedirect("/connections.json"), %d) }
function done(r) { setTimeout(() => r.return(204), %d) }
export default { list, done }
]]

---@class support.Nginx
---@field url string
---@field ca string  the file that SSL_CERT_FILE names
---@field env table<string, string>  what makes xero-run talk to it, with a ready access token
local Nginx = {}
Nginx.__index = Nginx

local function program()
  return shell.has "nginx" and "nginx" or "/usr/sbin/nginx"
end

-- Below the range that the kernel gives to clients, so that nobody is there by chance.
local function try(options, directory, certificate, key)
  local port = math.random(20000, 32000)
  local values = {
    DIRECTORY = directory, CERTIFICATE = certificate, KEY = key, PORT = port,
    HTTP2 = options.http2 == false and "" or "http2",
    PROTOCOLS = options.protocols or "TLSv1.2 TLSv1.3",
    EXTRA = options.extra or "",
    TOKEN = options.token or "nginx-token",
    MODULE = options.latency and LATE_MODULE or "",
  }
  values.LOCATIONS = options.upstream and ("location / { proxy_pass %s; }"):format(options.upstream)
    or (options.latency and LATE_LOCATIONS or LOCATIONS):gsub("%u[%u%d]+", values)
  local file = directory .. "/nginx.conf"
  temp.write(file, (CONFIGURATION:gsub("%u[%u%d]+", values)))
  local started = process.spawn { program(), "-p", directory, "-c", file, "-e", "stderr" }
  process.await(function()
    return started:ended() or os.execute(
      ("bash -c ': </dev/tcp/127.0.0.1/%d' 2>/dev/null"):format(port))
  end, "nginx")
  if started:ended() then
    assert(started:err():find("Address already in use", 1, true), started:err())
    return nil
  end
  return started, port
end

---@class support.NginxOptions
---@field connections? string  the body of GET /connections, default an empty list
---@field token? string  the access token that it gives
---@field upstream? string  the base URL of a server that answers in its place
---@field http2? boolean  default true
---@field protocols? string  default "TLSv1.2 TLSv1.3"
---@field names? string[]  of the certificate
---@field days? integer  how long the certificate is valid, below 0 it has expired
---@field latency? integer  milliseconds until it answers
---@field extra? string  more directives of the server block

---@param options? support.NginxOptions
---@return support.Nginx
function nginx.start(options)
  options = options or {}
  local directory = temp.directory()
  temp.write(directory .. "/connections.json", options.connections or "[]")
  if options.latency then
    temp.write(directory .. "/late.js", LATE:format(options.latency, options.latency))
  end
  local ca = authority.new()
  local certificate, key = ca:issue(options.names, options.days)
  local started, port
  for _ = 1, 20 do
    started, port = try(options, directory, certificate, key)
    if started then
      break
    end
  end
  assert(started, "no free port for nginx")
  local url = "https://localhost:" .. port
  return setmetatable({
    process = started, directory = directory, url = url, ca = ca.file,
    env = { XERO_API_URL = url, SSL_CERT_FILE = ca.file, XERO_ACCESS_TOKEN = "preset-token" },
  }, Nginx)
end

local function read_log(file)
  local requests = {}
  for line in io.lines(file) do
    requests[#requests + 1] = cjson.decode(line)
  end
  return requests
end

--- A request is written down after its answer has gone: so it waits for so many.
---@param least? integer  how many there surely are, default 0
---@return table[]  the requests that it has answered
function Nginx:log(least)
  return process.await(function()
    local requests = read_log(self.directory .. "/access.jsonl")
    return #requests >= (least or 0) and requests
  end, "the requests in nginx's log")
end

function Nginx:stop()
  self.process:stop()
end

Nginx.__close = Nginx.stop

return nginx
