-- What the proof plays, in the order in which it is begun: first what nothing may be played beside,
-- then what waits most.

---@class proof.Step
---@field target string of make
---@field section string of the document
---@field title string what it does; the program itself has titles of its own for its rows
---@field tests? string the specs that it plays
---@field many? boolean EVERY holds: it has more cases than a quick run has time for
---@field alone? boolean nothing is played beside it: it is held to times
---@field uses? string the build that no other step may make at the same time

local function specs(section, title, ...)
  local names = { ... }
  for i, name in ipairs(names) do names[i] = ("tests/%s_spec.lua"):format(name) end
  return { section = section, target = "check", title = title, alone = true,
    tests = table.concat(names, " ") }
end

---@type proof.Step[]
return {
  specs("logins", "files that cannot be trusted are refused", "native/store"),
  specs("logins", "a token is in no output, file or freed memory", "cli/host_safety",
    "peers/memory"),
  specs("tenants", "executed or not × each answer to a DELETE", "cli/verdicts"),
  specs("wire", "each status and fault of a server", "cli/faults"),
  specs("wire", "TLS that cannot be trusted is sent nothing", "native/pump_tls"),
  specs("wire", "bytes on the wire; no redirect is followed", "native/pump_wire"),
  specs("wire", "answers that break off, bombs, malformed HTTP", "native/pump_fault"),
  { section = "tests", target = "asan", uses = "asan", alone = true,
    title = "every test under AddressSanitizer and UBSan" },
  { section = "tests", target = "coverage", alone = true, title = "what the tests reach" },
  { section = "logins", target = "torture-postgres", many = true,
    title = "kills and faults of a login in PostgreSQL" },
  { section = "memory", target = "torture-endurance", many = true,
    title = "one run that goes on and on" },
  { section = "logins", target = "torture-store", many = true,
    title = "kills and faults of the store of logins" },
  { section = "tenants", target = "torture-journal", many = true,
    title = "kills and faults of the journal" },
  { section = "tenants", target = "torture-plans", many = true,
    title = "kills and faults of saved plans and marks" },
  { section = "memory", target = "torture-memory", many = true, title = "allocations that fail" },
  { section = "memory", target = "torture-leaks", many = true, uses = "asan",
    title = "leaks where allocations fail" },
  { section = "wire", target = "torture-wire", many = true, title = "answers cut and spoilt" },
  { section = "tests", target = "mutation", many = true, title = "code broken on purpose" },
  { section = "tenants", target = "torture-race", many = true,
    title = "many at once, and stopped holders of locks" },
  { section = "wire", target = "torture-hostile", many = true,
    title = "answers that are made to take memory" },
  { section = "tenants", target = "torture-bulk", many = true,
    title = "signals and kills amid a run that disconnects" },
  { section = "bytes", target = "fuzz", title = "each parser fed bytes of chance" },
  { section = "tests", target = "lint", title = "static analysis, of C, Lua and sh" },
}
