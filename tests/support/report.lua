-- What a test run prints: a line for each file as it ends, each failure with its message where it
-- happens, each skipped test with its reason at the end. Gives the counts back.

local function full_name(busted, element)
  local names = {}
  while element and element.descriptor ~= "file" and (element.name or element.descriptor) do
    table.insert(names, 1, element.name or element.descriptor)
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

---@param busted table  a busted core
---@param out file*
---@return { passed: integer, failed: integer, skipped: integer }  counts, final after the run
return function(busted, out)
  local counts = { passed = 0, failed = 0, skipped = 0 }
  local at_start = {}
  local skipped = {}

  local function fail(element, _, message, trace)
    counts.failed = counts.failed + 1
    local name = full_name(busted, element)
    out:write("  FAILED  ", name ~= "" and name or element.name or "before any test", "\n")
    local text = type(message) == "string" and message or require "pl.pretty".write(message)
    out:write("    ", (text:gsub("\n", "\n    ")), "\n")
    if trace and trace.traceback and not text:find("stack traceback", 1, true) then
      out:write("    ", (trace.traceback:gsub("^\n", ""):gsub("\n", "\n    ")), "\n")
    end
    out:flush()
    return nil, true
  end

  busted.subscribe({ "failure" }, fail)
  busted.subscribe({ "error" }, fail)

  local reasons = {}
  busted.subscribe({ "pending" }, function(element, _, message)
    reasons[element] = message
    return nil, true
  end)

  busted.subscribe({ "test", "end" }, function(element, _, status)
    if status == "success" then
      counts.passed = counts.passed + 1
    elseif status == "pending" then
      counts.skipped = counts.skipped + 1
      skipped[#skipped + 1] = { name = full_name(busted, element), reason = reasons[element] }
    end
    return nil, true
  end)

  busted.subscribe({ "file", "start" }, function()
    at_start = { passed = counts.passed, failed = counts.failed, skipped = counts.skipped }
    return nil, true
  end)

  busted.subscribe({ "file", "end" }, function(file)
    local parts = {}
    for _, key in ipairs { "passed", "failed", "skipped" } do
      local n = counts[key] - at_start[key]
      if n > 0 then
        parts[#parts + 1] = n .. " " .. key
      end
    end
    if #parts > 0 then
      out:write(("%s: %s (%.2f s)\n"):format(file.name, table.concat(parts, ", "), file.duration))
      out:flush()
    end
    return nil, true
  end)

  busted.subscribe({ "suite", "end" }, function()
    for _, test in ipairs(skipped) do
      out:write("  SKIPPED ", test.name, ": ", tostring(test.reason or "no reason given"), "\n")
    end
    return nil, true
  end)

  return counts
end
