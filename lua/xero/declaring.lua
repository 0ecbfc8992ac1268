-- While a policy is asked, nothing is disconnected: it declares, and the host acts, once the whole
-- plan was shown, judged and confirmed. Without this a predicate that disconnects would act while
-- `plan` looks, and past the limits of `apply`.

local errors = require "xero.error"

local declaring = {}

local is_on = false

---From now on it is a policy that speaks.
function declaring.begin() is_on = true end

---Now it is the host that acts.
function declaring.finish() is_on = false end

---Raises kind "usage" while a policy speaks.
function declaring.check()
  if not is_on then return end
  errors.raise {
    kind = "usage",
    message = "a policy disconnects nothing by itself",
    hint = "its rules say who goes; xero-run apply does it",
  }
end

return declaring
