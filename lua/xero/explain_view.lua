-- Explanations as people and programs read them: for a person, one tenant rule by rule, or many as
-- a line each with the answers of the rules side by side.

local errors = require "xero.error"
local json = require "xero.json"
local native = require "xero.native"
local output = require "xero.output"
local shown_name = require("xero.connection").shown_name
local text = require "xero.text"
local time = require "xero.time"

local explain_view = {}

local function place_of(rule)
  return rule.file and ("%s:%d"):format(rule.file, rule.line) or nil
end

local function due_of(entry)
  return entry.verdict == "waiting" and time.format(entry.due) or nil
end

-- For programs -----------------------------------------------------------------------------------

local function rule_of(explained)
  local rule, conditions = explained.rule, {}
  for i, each in ipairs(explained.conditions) do
    conditions[i] = { condition = each.text, result = each.result, saw = each.saw }
  end
  return {
    kind = rule.kind, label = rule.label, place = place_of(rule),
    result = explained.result, decides = explained.decides, conditions = json.array(conditions),
  }
end

local function value_of(explanation)
  local entry, rules = explanation.entry, {}
  for i, each in ipairs(explanation.rules) do rules[i] = rule_of(each) end
  return {
    id = entry.connection.id, tenantId = entry.connection.tenantId,
    tenantName = entry.connection.tenantName, verdict = entry.verdict, rule = entry.rule.label,
    reason = entry.reason, due = due_of(entry), rules = json.array(rules),
  }
end

local ORDER = {
  "id", "tenantName", "tenantId", "verdict", "rule", "reason", "due", "kind", "label", "place",
  "decides", "condition", "result", "saw",
}

-- One at a time: of ten thousand tenants all together would take a gigabyte.
local function write_json(explain, connections)
  local encode = json.encoder { indent = 2, order = ORDER }
  if #connections == 0 then return print "[]" end
  print "["
  for i, connection in ipairs(connections) do
    print("  " .. encode(value_of(explain(connection)), 1) .. (i < #connections and "," or ""))
  end
  print "]"
end

local function write_lines(explain, connections)
  local encode = json.encoder { order = ORDER }
  for _, connection in ipairs(connections) do print(encode(value_of(explain(connection)))) end
end

local CONDITIONS = { "id", "tenantName", "verdict", "rule", "result", "decides", "condition",
  "answer", "saw" }

local function add_rows(rows, explanation)
  local entry = explanation.entry
  for _, rule in ipairs(explanation.rules) do
    for _, each in ipairs(rule.conditions) do
      rows[#rows + 1] = {
        id = entry.connection.id, tenantName = entry.connection.tenantName,
        verdict = entry.verdict, rule = rule.rule.label, result = rule.result,
        decides = rule.decides, condition = each.text, answer = each.result, saw = each.saw,
      }
    end
  end
end

local function write_csv(explain, connections)
  local rows = {}
  for _, connection in ipairs(connections) do add_rows(rows, explain(connection)) end
  output.write(rows, { fields = CONDITIONS })
end

-- For people -------------------------------------------------------------------------------------

local RULE_INDENT, CONDITION_INDENT = 9, 19

local function say(line, indent)
  output.print_line(text.printable(line), indent)
end

local function write_rule(explained)
  local rule = explained.rule
  local what = rule.profile and rule.label or ('%s "%s"'):format(rule.kind, rule.label)
  local place = place_of(rule)
  say(("%-7s  %s%s%s"):format(explained.result, what, place and " (" .. place .. ")" or "",
    explained.decides and "  <- decides" or ""), RULE_INDENT)
  for _, each in ipairs(explained.conditions) do
    local answer = each.text .. (each.saw and ": " .. each.saw or "")
    say(("         %-9s %s"):format(each.result, text.reveal_marks(text.printable(answer))),
      CONDITION_INDENT)
  end
end

local function write_one(explanation)
  local entry = explanation.entry
  say(("%s: %s"):format(tostring(entry.connection), entry.verdict), 2)
  say(("%s: %s"):format(entry.rule.label, entry.reason), 2)
  print()
  for _, rule in ipairs(explanation.rules) do write_rule(rule) end
end

local MARKS = { yes = "yes", no = "-", unknown = "?", held = "held" }

local function row_of(explanation)
  local entry = explanation.entry
  local row = {
    verdict = entry.verdict, id = entry.connection.id, name = shown_name(entry.connection.name),
  }
  for i, explained in ipairs(explanation.rules) do
    row[i] = MARKS[explained.result] .. (explained.decides and " *" or "")
  end
  return row
end

local function write_legend(rules)
  local lines = {}
  for i, explained in ipairs(rules) do
    local rule = explained.rule
    lines[i] = { number = i, kind = rule.kind, label = rule.label, place = place_of(rule) }
  end
  output.write(lines, { format = "table", columns = {
    { title = "#", key = "number", align = "right" }, { title = "RULE", key = "kind" },
    { title = "LABEL", key = "label" }, { title = "AT", key = "place" },
  } })
end

-- The rules are the same for all, so they are told once.
local function write_many(explain, connections)
  if #connections == 0 then return end
  local rules = explain(connections[1]).rules
  write_legend(rules)
  print()
  local rows = {}
  for i, connection in ipairs(connections) do rows[i] = row_of(explain(connection)) end
  local columns = { { title = "VERDICT", key = "verdict" }, { title = "ID", key = "id" } }
  for i in ipairs(rules) do columns[#columns + 1] = { title = tostring(i), key = i } end
  columns[#columns + 1] = { title = "NAME", key = "name", max = 40 }
  output.write(rows, { format = "table", columns = columns })
  print "\n* decides; ? nobody can tell"
end

local WRITERS = { json = write_json, jsonl = write_lines, csv = write_csv }

---Explains connections in the format that was asked for.
---@param explain fun(connection: xero.Connection): xero.Explanation
---@param connections xero.Connection[]
---@param is_one boolean whether it is about one tenant
function explain_view.write(explain, connections, is_one)
  local format = native.options.format or "table"
  if format == "ids" then
    errors.raise { kind = "usage", message = "an explanation has no form of ids" }
  elseif WRITERS[format] then
    WRITERS[format](explain, connections)
  elseif is_one then
    write_one(explain(connections[1]))
  else
    write_many(explain, connections)
  end
end

return explain_view
