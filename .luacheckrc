std = "lua54"
max_line_length = 100
files["tests"] = { std = "lua54+busted" }
files["scripts"] = { globals = {} }
files["scripts/examples/*_spec.lua"] = { std = "lua54+busted" }
