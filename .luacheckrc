std = "lua54"
max_line_length = 100
files["tests"] = { std = "lua54+busted" }
-- Definitions without bodies: arguments are not used, nor are the tables that carry functions.
files["lua/types"] = { ignore = { "212", "241" } }
files["tests/mistakes"] = { max_string_line_length = false, ignore = { "613" } }
files["scripts"] = { globals = {} }
files["scripts/examples/*_spec.lua"] = { std = "lua54+busted" }
files["scripts/starter/spec"] = { std = "lua54+busted" }
