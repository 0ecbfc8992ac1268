-- A token file: what is no login is refused in words, and what is one survives being written.

local native = require "xero.native"

return function(bytes)
  if bytes == "" or bytes:find("\0", 1, true) then return end
  local grant, message, why = native.grant_decode(native.secret(bytes))
  if not grant then
    assert(type(message) == "string" and (why == "newer" or why == "damaged"))
    return
  end
  local again = assert(native.grant_decode(grant:encode()))
  assert(again:same(grant), "another login came back")
  local before, after = grant:about(), again:about()
  for key, value in pairs(before) do assert(after[key] == value, key) end
end
