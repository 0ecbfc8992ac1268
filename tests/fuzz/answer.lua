-- A token endpoint's answer: a token, or an error in words; never part of one.

require "xero.native"
local fuzz = fuzz -- luacheck: ignore

return function(bytes)
  local answer = fuzz.grant(bytes, 200)
  assert((answer.token ~= nil) ~= (answer.error ~= nil), "a token or an error")
  if answer.token then
    assert(answer.token:expires_at() > answer.token:obtained_at())
    answer.token:claims()
  end
  local refused = fuzz.grant(bytes, 400)
  assert(refused.token == nil)
  assert(refused.oauth_error == nil or type(refused.oauth_error) == "string")
end
