return { new = function(t) return setmetatable(t, { __name = "xero.error", __tostring = function(e) return e.message end }) end }
