-- What a test needs to know of the machine that it runs on.

local machine = {}

--- Whether it has an id. Without one a login that was copied from another machine goes unnoticed.
---@return boolean
function machine.has_id()
  for _, path in ipairs { "/etc/machine-id", "/var/lib/dbus/machine-id" } do
    local file <close> = io.open(path)
    if file and (file:read "l" or "") ~= "" then
      return true
    end
  end
  return false
end

--- Whether this program, which runs the tests, is built with AddressSanitizer.
---@return boolean
function machine.is_sanitized()
  local file <close> = io.open "/proc/self/maps"
  return file ~= nil and file:read "a":find("libasan", 1, true) ~= nil
end

machine.NO_ID = "this machine has no id, as many containers"

return machine
