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
  shell.output { "openssl", "x509", "-req", "-in", request, "-CA", self.file, "-CAkey",
    self.directory .. "/ca.key", "-CAcreateserial", "-days", days or "2", "-extfile", extensions,
    "-out", certificate }
  return certificate, key
end

return authority
