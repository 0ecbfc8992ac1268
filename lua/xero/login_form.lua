-- A login at rest: the text of token.json, sealed where the profile has a key for that
-- (src/seal.h). The key is had when it is first needed, since a password manager may ask its person
-- for it. What was stored before there was a key is read as it is, and sealed with the next
-- renewal.

local errors = require "xero.error"

local M = {}

---@class xero.LoginForm
local Form = {}
Form.__index = Form

local function seal_of(self)
  if self.seal or not self.key then return self.seal end
  local seal, message, missing = self.native.seal(self.key())
  if seal then
    self.seal = seal
    return seal
  end
  errors.raise {
    kind = "usage",
    message = missing and message or "the state key of the profile cannot be used: " .. message,
    hint = missing and "apt install libsodium23" or "openssl rand -base64 32 makes one",
  }
end

---Whether what is stored from now on is sealed.
---@return boolean
function Form:is_sealing()
  return self.key ~= nil
end

---Makes sure of the key. Raises kind "usage" where it cannot be had.
function Form:check()
  seal_of(self)
end

---@param grant userdata
---@return userdata secret
function Form:encode(grant)
  local seal = seal_of(self)
  return seal and seal:close(grant:encode()) or grant:encode()
end

---@param bytes userdata a secret
---@return userdata|nil grant
---@return string|nil message what is wrong, as the end of a sentence
---@return "newer"|"damaged"|"sealed"|nil why
function Form:decode(bytes)
  if not self.native.is_sealed(bytes) then return self.native.grant_decode(bytes) end
  local seal = seal_of(self)
  if not seal then return nil, "is sealed, and the profile names no key to open it", "sealed" end
  local opened = seal:open(bytes)
  if not opened then return nil, "is sealed with another key, or damaged", "sealed" end
  return self.native.grant_decode(opened)
end

---Raises what `decode` found wrong.
---@param name string what to call the login
---@param message string
---@param why string
---@param again string the command with which a person logs in again
function Form.raise(name, message, why, again)
  local hint = "log in again: " .. again
  if why == "newer" then hint = "use that xero-run, or " .. hint end
  if why == "sealed" then hint = "state_key of the profile names the key; without it " .. hint end
  errors.raise {
    kind = why == "sealed" and "usage" or "store",
    message = name .. " " .. message,
    hint = hint,
  }
end

---@param native table
---@param key? fun(): userdata gives the key, a secret; nil where there is none
---@return xero.LoginForm
function M.new(native, key)
  return setmetatable({ native = native, key = key }, Form)
end

return M
