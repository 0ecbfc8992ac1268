-- Text of strangers: shown, it steers no terminal; measured and cut, it keeps its width.

local native = require "xero.native"
local text = require "xero.text"

return function(bytes)
  local shown = text.printable(bytes)
  assert(not shown:find "[%z\1-\31\127]", "a control character")
  assert(utf8.len(shown), "no UTF-8")
  for code in utf8.codes and shown:gmatch(utf8.charpattern) do
    local point = utf8.codepoint(code)
    assert(point < 0x80 or point > 0x9F, "a C1 control character")
  end
  for _, width in ipairs { 1, 7, 30 } do
    assert(text.width(text.truncate(shown, width)) <= width, "too wide")
    assert(text.width(text.pad(shown, width)) >= width, "too narrow")
  end
  assert(native.base64url(bytes):find "^[%w_-]*$")
end
