-- A script either disconnects by itself or declares a policy. While a policy is asked, nothing is
-- disconnected: it declares, and the host acts, once the whole plan was shown, judged and
-- confirmed. Without this a predicate that disconnects would act while `plan` looks, and past the
-- limits of `apply`.

local errors = require "xero.error"

local declaring = {}

local is_on, has_acted = false, false

---From now on it is a policy that speaks. Raises kind "usage" where the script has disconnected by
---itself before.
function declaring.begin()
  if has_acted then
    errors.raise {
      kind = "usage",
      message = "the script disconnects by itself, so it cannot be a policy, too",
      hint = "write the policy in a script of its own; what went before is in xero-run journal",
    }
  end
  is_on = true
end

---Now it is the host that acts.
function declaring.finish() is_on = false end

---Raises kind "usage" while a policy speaks. Otherwise something is about to be disconnected.
function declaring.check()
  if is_on then
    errors.raise {
      kind = "usage",
      message = "a policy disconnects nothing by itself",
      hint = "its rules say who goes, and xero-run apply does it; a script that disconnects by"
        .. " itself does without xero.policy",
    }
  end
  has_acted = true
end

return declaring
