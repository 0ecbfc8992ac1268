-- The small letters of capitals, by code point: Unicode's simple case folding for the Latin, Greek,
-- Cyrillic, Armenian and full-width letters of living languages (CaseFolding.txt).
--
-- Names are compared by it. Lua's own `lower` knows ASCII alone, and a tenant that a policy keeps
-- as "KŌWHAI*" is called "Kōwhai".

-- From the first capital to the last, and how far the small ones are.
local RUNS = {
  { 0x41, 0x5A, 32 }, { 0xC0, 0xD6, 32 }, { 0xD8, 0xDE, 32 }, { 0x388, 0x38A, 37 },
  { 0x38E, 0x38F, 63 }, { 0x391, 0x3A1, 32 }, { 0x3A3, 0x3AB, 32 }, { 0x400, 0x40F, 80 },
  { 0x410, 0x42F, 32 }, { 0x531, 0x556, 48 }, { 0xFF21, 0xFF3A, 32 },
}

-- Where each capital has its small letter right behind it.
local PAIRS = {
  { 0x100, 0x12F }, { 0x132, 0x137 }, { 0x139, 0x148 }, { 0x14A, 0x177 }, { 0x179, 0x17E },
  { 0x1CD, 0x1DC }, { 0x1DE, 0x1EF }, { 0x1F8, 0x21F }, { 0x222, 0x233 }, { 0x460, 0x481 },
  { 0x48A, 0x4BF }, { 0x4C1, 0x4CE }, { 0x4D0, 0x52F }, { 0x1E00, 0x1E95 }, { 0x1EA0, 0x1EFF },
}

---@type table<integer, integer> what is no capital is not in it
local small = {
  [0x178] = 0xFF, [0x18F] = 0x259, [0x386] = 0x3AC, [0x38C] = 0x3CC, [0x3C2] = 0x3C3,
  [0x4C0] = 0x4CF, [0x1E9E] = 0xDF,
}

for _, run in ipairs(RUNS) do
  for code = run[1], run[2] do small[code] = code + run[3] end
end
for _, pair in ipairs(PAIRS) do
  for code = pair[1], pair[2], 2 do small[code] = code + 1 end
end

return small
