-- Certificate authorities of the tests' own, made by openssl in a temporary directory.

local shell = require "support.shell"
local temp = require "support.temp"

local authority = {}

---@class support.Authority
---@field file string  its certificate, what SSL_CERT_FILE would name
local Authority = {}
Authority.__index = Authority

---@param name? string
---@return support.Authority
function authority.new(name)
  local directory = temp.directory()
  local self = setmetatable({ directory = directory, file = directory .. "/ca.pem" }, Authority)
  shell.output { "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" .. (name or "xero-run test CA"),
    "-days", "2", "-keyout", directory .. "/ca.key", "-out", self.file }
  return self
end

-- `openssl ca` can make certificates of the past; `openssl x509` of OpenSSL 3.5 refuses to.
local CONFIGURATION = [[
[ca]
default_ca = test
[test]
database = DIRECTORY/index
new_certs_dir = DIRECTORY
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
]]

local DAY = 24 * 60 * 60

local function date(days)
  return os.date("!%Y%m%d%H%M%SZ", os.time() + days * DAY)
end

--- A server's certificate.
---@param names? string[]  DNS names and addresses, default localhost, 127.0.0.1 and ::1
---@param days? integer  how long it is valid, default 2; below 0 it has expired
---@return string certificate, string key  paths of PEM files
function Authority:issue(names, days)
  local directory = temp.directory()
  local key, request, certificate = directory .. "/key.pem", directory .. "/request.pem",
    directory .. "/certificate.pem"
  local alternatives = {}
  for i, name in ipairs(names or { "localhost", "127.0.0.1", "::1" }) do
    local address = name:find "^[%d.]+$" or name:find ":"
    alternatives[i] = (address and "IP:" or "DNS:") .. name
  end
  local extensions = directory .. "/extensions"
  temp.write(extensions, "subjectAltName=" .. table.concat(alternatives, ",") .. "\n")
  shell.output { "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-subj", "/CN=xero-run test server", "-keyout", key, "-out", request }
  temp.write(directory .. "/index", "")
  temp.write(directory .. "/ca.conf", (CONFIGURATION:gsub("DIRECTORY", directory)))
  shell.output { "openssl", "ca", "-batch", "-notext", "-config", directory .. "/ca.conf",
    "-cert", self.file, "-keyfile", self.directory .. "/ca.key", "-in", request,
    "-startdate", date(-10), "-enddate", date(days or 2), "-extfile", extensions,
    "-out", certificate }
  return certificate, key
end

return authority
