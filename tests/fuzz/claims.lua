-- The payload of an access token.

local native = require "xero.native"

return function(bytes)
  local payload = native.base64url(bytes:sub(1, 5000))
  local token = native.token(native.secret("e30." .. payload .. ".e30"))
  local claims = token:claims()
  if not claims then return end
  for key, value in pairs(claims) do
    assert(type(value) == (key == "exp" and "number" or "string"), key)
  end
end
