-- Sources: what they list, what they are refused for, and what may be said of them.

local errors = require "xero.error"
local fake = require "support.fake"
local native = require "xero.native"
local raised = require "support.raised"
local source = require "xero.source"
local temp = require "support.temp"

local A, B, C = "aaaaaaaa-0000-4000-8000-000000000001", "BBBBBBBB-0000-4000-8000-000000000002",
  "cccccccc-0000-4000-8000-000000000003"
local b = B:lower()
local HEADER = "id,status\n"
local NOW = native.now()

-- Options with `more` over them.
local function with(options, more)
  local all = {}
  for _, from in ipairs { options, more or {} } do
    for key, value in pairs(from) do all[key] = value end
  end
  return all
end

local function csv_of(text, options)
  local path = temp.file(text, "customers.csv")
  return source.csv("crm", with({ path = path, column = "id" }, options))
end

local function json_of(text, options)
  return source.json("crm", with({ path = temp.file(text, "customers.json") }, options))
end

local function table_of(list, options)
  return source.table("crm", with({ rows = list }, options))
end

-- An http source and the web that answers it.
local function web_of(answer, options)
  local asked = {}
  local web = { request = function(request)
    asked[#asked + 1] = request
    if errors.is(answer) then error(answer, 0) end
    return with({ status = 200, headers = {} }, answer)
  end }
  local made = source.http("crm", with({ url = "https://crm.example/list?key=s3cret",
    column = "id" }, options))
  return made, web, asked
end

local function assert_refused(made, expected, found, env)
  local err = raised(made.load, made, env)
  assert.is_true(errors.is(err, "source"), tostring(err))
  assert.equal(6, err:exit_status())
  assert.equal("crm", err.source)
  assert.matches('^source "crm" is refused: ', err.message)
  assert.matches("expected " .. expected, err.message, 1, true)
  assert.matches("found " .. found, err.message, 1, true)
  return err
end

describe("a source", function()
  it("lists the rows of a CSV by id, in lower case", function()
    local loaded = csv_of(HEADER .. A .. ",active\n" .. B .. ",left\n"):load()
    assert.same({ [A] = { id = A, status = "active" }, [b] = { id = B, status = "left" } },
      loaded.ids)
    assert.equal(2, loaded.rows)
    assert.equal(2, loaded.all)
    assert.equal(0, loaded.duplicates)
    assert.is_true(math.abs(loaded.at - NOW) < 60)
    assert.equal(2, loaded.history.rows)
  end)

  it("may begin with a byte order mark", function()
    assert.equal(1, csv_of("\xEF\xBB\xBF" .. HEADER .. A .. ",x\n"):load().rows)
    assert.equal(1, json_of('\xEF\xBB\xBF["' .. A .. '"]'):load().rows)
  end)

  it("lists the ids, or the objects, of JSON", function()
    assert.same({ [A] = { id = A } }, json_of(('["%s"]'):format(A)):load().ids)
    local text = ('{"data":{"items":[{"xero":{"tenant":"%s"},"n":1}]}}'):format(A)
    local loaded = json_of(text, { rows = "data.items", column = "xero.tenant" }):load()
    assert.same({ [A] = { xero = { tenant = A }, n = 1 } }, loaded.ids)
    assert.equal(1, json_of(('[{"a.b":"%s"}]'):format(A), { column = "a.b" }):load().rows)
  end)

  it("may be the last page of JSON, and speak of what is next", function()
    for _, said in ipairs {
      '"has_more":false', '"next":null', '"next":""', '"paging":{}', '"paging":{"next":{}}',
      '"text":"next"', '"list":[{"next":"x"}]',
    } do
      local text = ('{"rows":["%s"],%s}'):format(A, said)
      assert.equal(1, json_of(text, { rows = "rows" }):load().rows, said)
    end
  end)

  it("lists what a script has, or makes when it is loaded", function()
    assert.same({ [A] = { id = A } }, table_of({ A }):load().ids)
    assert.same({ [A] = { t = A } }, table_of({ { t = A } }, { column = "t" }):load().ids)
    local calls = 0
    local made = table_of(function()
      calls = calls + 1
      return { A, B }
    end)
    assert.equal(0, calls)
    assert.equal(2, made:load().rows)
  end)

  it("lists what a command prints, by words and by sh, in the script's directory", function()
    local list = ("echo id; echo %s"):format(A)
    local loaded = source.command("crm", { command = list, column = "id" }):load()
    assert.same({ [A] = { id = A } }, loaded.ids)
    local words = { "printf", '["%s"]', A }
    assert.equal(1, source.command("crm", { command = words }):load().rows)
    local here = source.command("crm", { command = "test -f source_spec.lua && " .. list,
      column = "id" })
    assert.equal(1, here:load().rows)
  end)

  it("lists what a server answers, and asks for it once", function()
    local made, web, asked = web_of({ body = "id\n" .. A .. "\n", headers = {
      ["last-modified"] = "Sun, 22 Nov 2026 10:00:00 GMT", date = "Mon, 23 Nov 2026 10:00:00 GMT",
    } }, { timeout = "5s" })
    local loaded = made:load { http = web }
    assert.same({ [A] = { id = A } }, loaded.ids)
    assert.equal(require("xero.time").parse "2026-11-22T10:00:00Z", loaded.at)
    assert.same({ { url = "https://crm.example/list?key=s3cret", headers = {}, timeout = 5 } },
      asked)
  end)

  it("takes headers from the environment when it is loaded, and says none", function()
    local made, web, asked = web_of({ status = 500 }, { headers = {
      Accept = "text/csv", ["X-Key"] = { env = "KEY" },
      Authorization = { env = "CRM_TOKEN", prefix = "Bearer " },
    } })
    local variables = { KEY = "k3y", CRM_TOKEN = "t0ken" }
    local err = assert_refused(made, "status 200", "500", { http = web, getenv = function(name)
      return variables[name]
    end })
    assert.same({ Accept = "text/csv", ["X-Key"] = "k3y", Authorization = "Bearer t0ken" },
      asked[1].headers)
    assert.is_nil((err.message .. tostring(err.hint)):find("k3y", 1, true))
    assert.is_nil(err.message:find("t0ken", 1, true))
    assert.is_nil(err.message:find("s3cret", 1, true))
    variables.CRM_TOKEN = ""
    assert_refused(made, "the variable CRM_TOKEN, for the header Authorization", "none",
      { http = web, getenv = function(name) return variables[name] end })
    assert.equal(1, #asked)
  end)

  it("sees a path from the directory of the script that names it", function()
    local directory = temp.directory()
    temp.write(directory .. "/list.csv", "id\n" .. A .. "\n")
    local made = assert(load([[return function(source)
      local made = source.csv("crm", { path = "list.csv", column = "id" })
      return made
    end]], "@" .. directory .. "/policy.lua"))()(source)
    assert.equal(1, made:load().rows)
  end)

  it("is told apart by its metatable, with name and place", function()
    local made = table_of { A }
    assert.equal("xero.source", getmetatable(made).__name)
    assert.equal("crm", made.name)
    assert.equal("tests/unit/source_spec.lua", made.place.file)
  end)
end)

describe("the rows that count", function()
  local text = HEADER .. A .. ",active\n" .. B .. ",trial\n" .. C .. ",left\n"

  local function ids_of(where)
    local ids = {}
    for id in pairs(csv_of(text, { where = where }):load().ids) do ids[#ids + 1] = id end
    table.sort(ids)
    return ids
  end

  it("are all of them, those with a value, with one of several, or as a function says", function()
    assert.same({ A, b, C }, ids_of())
    assert.same({ A }, ids_of { status = "active" })
    assert.same({ A, b }, ids_of { status = { "active", "trial" } })
    assert.same({ b, C }, ids_of { status = function(value, row)
      return value ~= "active" and row.status == value
    end })
    assert.same({ C }, ids_of { status = { "left", "active" }, id = C })
  end)

  it("are compared exactly", function()
    assert_refused(csv_of(text, { where = { status = "actives" } }),
      "at least 1 id where status match", "0 in 3 rows")
    assert.equal(1, json_of(('[{"id":"%s","n":1},{"id":"%s","n":"1"}]'):format(A, B),
      { column = "id", where = { n = 1 } }):load().rows)
  end)

  it("are not told from others by case or by blanks alone", function()
    for _, near in ipairs { "Active", "ACTIVE", " active", "active " } do
      local mixed = text .. B:upper() .. "," .. near .. "\n"
      assert_refused(csv_of(mixed, { where = { status = "active" } }),
        '"active" of where.status, or something else',
        ('"%s" on line 5'):format(near))
    end
    local both = { status = { "active", "Active" } }
    assert.equal(1, csv_of(text .. A .. ",Active\n", { where = both }):load().rows)
  end)

  it("need not have ids where they do not count", function()
    local made = csv_of(HEADER .. A .. ",active\n,left\nnone,left\n",
      { where = { status = "active" } })
    assert.equal(1, made:load().rows)
    assert.equal(3, made:load().all)
  end)

  it("may repeat an id where they agree, and are counted once", function()
    local loaded = csv_of(HEADER .. A .. ",x\n" .. A:upper() .. ",y\n" .. B .. ",x\n"):load()
    assert.equal(2, loaded.rows)
    assert.equal(1, loaded.duplicates)
  end)

  it("may contradict each other only where the script allows it", function()
    local two = HEADER .. A .. ",left\n" .. A:upper() .. ",active\n"
    local where = { status = "active" }
    assert_refused(csv_of(two, { where = where }), "rows of the same id to agree on where",
      A .. " on line 3, which it takes, and on line 2, which it leaves out")
    assert.equal(1, csv_of(two, { where = where, duplicates = "allow" }):load().rows)
    assert_refused(csv_of(HEADER .. A .. ",x\n" .. A .. ",x\n", { duplicates = "refuse" }),
      "each id once", A .. " on line 2 and on line 3")
  end)

  it("may be none where the script says so", function()
    assert.equal(0, csv_of(HEADER, { min_rows = 0 }):load().rows)
    assert.equal(0, json_of("[]", { min_rows = 0 }):load().rows)
    assert.equal(0, table_of({}, { min_rows = 0, column = "id", where = { x = "y" } }):load().rows)
  end)
end)

describe("a source is refused when", function()
  it("its file is not there, or is no file", function()
    local path = temp.directory() .. "/none.csv"
    local made = source.csv("crm", { path = path, column = "id" })
    local err = assert_refused(made, "a file", "none: No such file or directory")
    assert.matches(path, err.message, 1, true)
    assert_refused(source.csv("crm", { path = temp.directory(), column = "id" }), "a file",
      "a directory")
    assert_refused(source.csv("crm", { path = "/dev/zero", column = "id" }), "a file",
      "no regular file")
  end)

  it("its file cannot be read", function()
    local made = csv_of(HEADER)
    local blind = setmetatable({ file_status = function() return nil, "Permission denied" end },
      { __index = native })
    assert_refused(made, "a file", "none: Permission denied", { native = blind })
  end)

  it("its file changes while it is read", function()
    local made, changed = csv_of(HEADER .. A .. ",x\n"), 0
    local moving = setmetatable({ file_status = function(path)
      local status = native.file_status(path)
      changed = changed + 1
      status.changed = status.changed + changed
      return status
    end }, { __index = native })
    assert_refused(made, "a file at rest", "one that changed", { native = moving })
  end)

  it("its file is larger than 64 MiB", function()
    local made = csv_of(HEADER)
    local huge = setmetatable({ file_status = function(path)
      return with(native.file_status(path), { size = 65 << 20 })
    end }, { __index = native })
    assert_refused(made, "64 MiB at most", "65 MiB", { native = huge })
  end)

  for name, case in pairs {
    ["it is empty"] = { "", "CSV with a header", "nothing: it is empty" },
    ["it is blank"] = { " \n\n", "CSV with a header", "nothing: it is empty" },
    ["it has a header only"] = { HEADER, "at least 1 id", "0 in 0 rows" },
    ["it has too few rows"] = { HEADER .. A .. ",x\n", "at least 2 ids", "1 in 1 row",
      { min_rows = 2 } },
    ["too few of its rows differ"] = { HEADER .. A .. ",x\n" .. A .. ",x\n", "at least 2 ids",
      "1 in 2 rows", { min_rows = 2 } },
    ["it lacks the column"] = { HEADER .. A .. ",x\n", 'a column "tenant"', '"id", "status"',
      { column = "tenant" } },
    ["it lacks a column of where"] = { HEADER .. A .. ",x\n", 'a column "state"',
      '"id", "status"', { where = { state = "x" } } },
    ["an id is none"] = { HEADER .. A .. ",x\nabc,x\n" .. B .. "x,x\n", 'UUIDs in "id"',
      'line 3 "abc", line 4 "BBBBBBBB-0000-4000-8000-000000000002x"' },
    ["an id is blank"] = { HEADER .. A .. ",x\n,x\n", 'UUIDs in "id"', "line 3 blank" },
    ["an id is braced"] = { HEADER .. "{" .. A .. "},x\n", 'UUIDs in "id"', "line 2" },
    ["a row is ragged"] = { HEADER .. A .. ",x\n" .. B .. "\n", "2 fields on line 3", "1" },
    ["it is not UTF-8"] = { HEADER .. A .. ",caf\xE9\n", "UTF-8", "the byte 0xE9 on line 2" },
    ["it has a NUL"] = { HEADER .. A .. ",\0\n", "UTF-8", "the byte 0x00 on line 2" },
    ["it is UTF-16"] = { "\xFF\xFEi\0d\0", "UTF-8", "UTF-16" },
    ["it is an HTML page"] = { "\n <!DOCTYPE html><title>Log in</title>", "CSV with a header",
      "an HTML page" },
    ["it is XML"] = { "<?xml version='1.0'?><rows/>", "CSV with a header", "XML or HTML" },
    ["columns have the same name"] = { "id,id\n", "columns with names of their own", "two named" },
  } do
    it(name .. ": CSV", function()
      assert_refused(csv_of(case[1], case[4]), case[2], case[3])
    end)
  end

  for name, case in pairs {
    ["it is empty"] = { "", "JSON", "nothing: it is empty" },
    ["it is cut off"] = { '[{"id":"' .. A .. '"},{"id":', "JSON", "" },
    ["it is an HTML page"] = { "<html></html>", "JSON", "an HTML page" },
    ["it is not UTF-8"] = { '["\xE9"]', "UTF-8", "the byte 0xE9 on line 1" },
    ["it has no rows"] = { "[]", "at least 1 id", "0 in 0 rows" },
    ["it is no list"] = { '{"items":[]}', "a list", "an object" },
    ["there is no list at the path"] = { '{"items":[]}', 'a list at "rows"', "none",
      { rows = "rows" } },
    ["its rows have no such field"] = { ('[{"id":"%s"}]'):format(A), 'a field "tenant"', '"id"',
      { column = "tenant" } },
    ["a row lacks the id"] = { ('[{"id":"%s"},{"id":null},{}]'):format(A), 'UUIDs in "id"',
      "row 2 blank, row 3 blank", { column = "id" } },
    ["an id is a number"] = { '[{"id":7}]', 'UUIDs in "id"', "row 1 7", { column = "id" } },
    ["a row is no object"] = { '[{"id":"x"},null]', "rows with fields", '"null" on row 2',
      { column = "id" } },
    ["a row is no id"] = { ('["%s",{"id":1}]'):format(A), "a list of ids", "a table on row 2" },
  } do
    it(name .. ": JSON", function()
      assert_refused(json_of(case[1], case[4]), case[2], case[3])
    end)
  end

  it("its column is called otherwise: the nearest is said, blanks and all", function()
    for header, meant in pairs {
      [" id "] = 'did you mean " id "?', ["ID"] = 'did you mean "ID"?',
      ["id;status"] = 'is it separated by ";"?',
    } do
      local err = assert_refused(csv_of(header .. "\n" .. A .. "\n"), 'a column "id"', "")
      assert.matches(meant, err.hint, 1, true)
    end
  end)

  it("bad ids are many: the first ten are named", function()
    local text = { "id" }
    for i = 1, 13 do text[#text + 1] = "bad" .. i end
    local err = assert_refused(csv_of(table.concat(text, "\n")), 'UUIDs in "id"', 'line 2 "bad1"')
    assert.matches('line 11 "bad10" and 3 more$', err.message)
  end)

  it("ids have control characters, which are not printed", function()
    assert_refused(csv_of 'id\n"\27[2Jx"\n', 'UUIDs in "id"', [[line 2 "\x1b[2Jx"]])
  end)

  it("it is too old, or dated ahead", function()
    local made = csv_of(HEADER .. A .. ",x\n", { max_age = "36h" })
    assert.equal(1, made:load { now = NOW + 36 * 3600 - 60 }.rows)
    assert_refused(made, "data at most 1 day 12 hours old", "data 1 day 23 hours old, of 20",
      { now = NOW + 2 * 86400 - 60 })
    assert_refused(made, "a date in the past", "20", { now = NOW - 3600 })
    assert.equal(1, made:load { now = NOW - 60 }.rows)
  end)

  it("it has shrunk since the last success", function()
    local text = HEADER .. A .. ",x\n" .. B .. ",x\n" .. C .. ",x\n"
    local by_share = csv_of(text, { max_shrink = "25%" })
    assert.equal(3, by_share:load().rows)
    assert.equal(3, by_share:load({ history = { rows = 4, at = NOW } }).rows)
    local err = assert_refused(by_share,
      "at most 25 % fewer than the 5 ids of the last success on 2", "3, which is 2 fewer",
      { history = { rows = 5, at = NOW } })
    assert.matches("raise max_shrink", err.hint)
    local by_count = csv_of(text, { max_shrink = 1 })
    assert.equal(3, by_count:load({ history = { rows = 4, at = NOW } }).rows)
    assert_refused(by_count, "at most 1 fewer than the 5 ids", "3", { history = { rows = 5 } })
    assert_refused(csv_of(text, { max_shrink = 0 }), "at most 0 fewer than the 4 ids", "3",
      { history = { rows = 4 } })
    assert.equal(3, csv_of(text):load({ history = { rows = 4000 } }).rows)
  end)

  for status, found in pairs {
    [404] = "404", [500] = "500", [401] = "401", [204] = "204", [206] = "206",
    [302] = "302, a redirect, which is not followed",
  } do
    it("its server answers " .. status, function()
      local made, web = web_of { status = status, body = "id\n" .. A .. "\n" }
      assert_refused(made, "status 200", found, { http = web })
    end)
  end

  it("its server does not answer", function()
    for _, kind in ipairs { "network", "tls", "timeout", "protocol" } do
      local made, web = web_of(errors.new { kind = kind, message = "no answer to GET" })
      assert_refused(made, "an answer", "none: no answer to GET", { http = web })
    end
  end)

  for key, more in pairs {
    ["has_more"] = '"has_more":true',
    ["next"] = '"next":"https://crm.example/2"',
    ["paging.next"] = '"paging":{"next":{"after":"7"}}',
    ["@odata.nextLink"] = '"@odata.nextLink":"x"',
    ["nextRecordsUrl"] = '"nextRecordsUrl":"/x"',
    ["info.more_records"] = '"info":{"more_records":true}',
    ["pageInfo.hasNextPage"] = '"pageInfo":{"hasNextPage":true}',
    ["nextPageToken"] = '"nextPageToken":"x"',
    ["a.b.next_cursor"] = '"a":{"b":{"next_cursor":"x"}}',
  } do
    it("its JSON says that there are more pages: " .. key, function()
      local err = assert_refused(json_of(('{"rows":["%s"],%s}'):format(A, more), { rows = "rows" }),
        "all rows in one answer", ("that there are more (%s)"):format(key))
      assert.matches("larger pages", err.hint)
    end)
  end

  it("its server has more pages", function()
    local made, web = web_of { body = "[]", headers = { link = '<https://x/2>; rel="next"' } }
    assert_refused(made, "all rows in one answer", "that there are more", { http = web })
  end)

  it("its server answers with a page for people, or with nothing", function()
    local made, web = web_of { body = "<!doctype html>" }
    assert_refused(made, "CSV with a header", "an HTML page", { http = web })
    made, web = web_of({ body = "" }, { format = "json" })
    assert_refused(made, "JSON", "nothing: it is empty", { http = web })
  end)

  it("its server's data are too old, or of no known age", function()
    local now = require("xero.time").parse "2026-11-23T10:00:00Z"
    local made, web = web_of({ body = "id\n" .. A, headers = {
      ["last-modified"] = "Sun, 22 Nov 2026 08:00:00 GMT",
    } }, { max_age = "1d" })
    assert_refused(made, "data at most 1 day old", "data 1 day 2 hours old",
      { http = web, now = now })
    made, web = web_of({ body = "id\n" .. A }, { max_age = "1d" })
    assert_refused(made, "to be told when it was made", "neither Last-Modified nor Date",
      { http = web })
  end)

  for name, case in pairs {
    ["ends with a status"] = { "echo id; echo " .. A .. "; echo bad luck >&2; exit 3",
      "it ended with status 3: bad luck" },
    ["is ended by a signal"] = { "kill -9 $$", "it was ended by signal 9" },
    ["is not there"] = { { "no-such-program-here" }, "no-such-program-here: No such file" },
    ["takes too long"] = { "sleep 20", "it took too long" },
  } do
    it("its command " .. name, function()
      local made = source.command("crm", { command = case[1], column = "id", timeout = "300ms" })
      assert_refused(made, "a command that succeeds", case[2])
    end)
  end

  it("its command prints nothing, or complains in control characters", function()
    assert_refused(source.command("crm", { command = "true", column = "id" }),
      "CSV with a header", "nothing: it is empty")
    local noisy = source.command("crm", { command = [[printf '\033[2Jx' >&2; false]] })
    local err = assert_refused(noisy, "a command that succeeds", "it ended with status 1: ")
    assert.is_nil(tostring(err):find "\27")
  end)

  it("its command's arguments may be secrets, which are not said", function()
    local err = raised(function()
      source.command("crm", { command = { "false", "s3cret" } }):load()
    end)
    assert.matches("the command false", err.message, 1, true)
    assert.is_nil(err.message:find "s3cret")
  end)

  it("a function of the script fails, or answers neither true nor false", function()
    local text = HEADER .. A .. ",x\n"
    assert_refused(csv_of(text, { where = { status = function() error "oops" end } }),
      "true or false of where.status", "an error: tests/unit/source_spec.lua")
    assert_refused(csv_of(text, { where = { status = function() return nil end } }),
      "true or false of where.status", "a nil, on line 2")
    local function misspelt(_, row) return row.Status == "x" end
    local err = assert_refused(csv_of(text, { where = { status = misspelt } }),
      "true or false of where.status", "an error: tests/unit/source_spec.lua")
    assert.matches('there is no column "Status": did you mean "status"?', err.message, 1, true)
    assert_refused(table_of(function() error("oops", 0) end), "a list", "an error: oops")
    assert_refused(table_of(function() return "x" end), "a list", '"x"')
    for _, list in ipairs { { A, [3] = B }, { A, n = 1 }, { A, nil, B } } do
      assert_refused(table_of(list), "a list without names and gaps", "names or gaps in it")
      assert_refused(table_of(function() return list end), "a list without names and gaps",
        "names or gaps in it")
    end
  end)
end)

describe("what is no fault of the source", function()
  for _, kind in ipairs { "interrupted", "deadline", "usage" } do
    it("is raised as it is: " .. kind, function()
      local failure = errors.new { kind = kind, message = "so", signal = "SIGINT" }
      local made, web = web_of(failure)
      assert.equal(failure, raised(made.load, made, { http = web }))
    end)
  end

  it("ends a command for a signal", function()
    local stopped = fake.native { run_program = function() return nil, "interrupted", "" end }
    stopped.signal = "SIGTERM"
    local made = source.command("crm", { command = "x" })
    assert.equal("interrupted", raised(made.load, made, { native = stopped }).kind)
  end)
end)

describe("the definition of a source", function()
  for name, case in pairs {
    ["an unknown option"] = { "csv", { path = "x", column = "y", colum = "z" },
      'unknown option "colum"', 'did you mean "column"?' },
    ["an option of another kind"] = { "csv", { path = "x", column = "y", url = "z" },
      'unknown option "url"' },
    ["no path"] = { "csv", { column = "y" }, "it needs path = …" },
    ["no column"] = { "csv", { path = "x" }, "it needs column = …" },
    ["no url"] = { "http", {}, "it needs url = …" },
    ["no command"] = { "command", {}, "it needs command = …" },
    ["no rows"] = { "table", {}, "it needs rows = …" },
    ["no options"] = { "json", nil, "expected a table of options, got nothing" },
    ["an age that nobody can tell"] = { "command", { command = "true", max_age = "36h" },
      "max_age: there is nothing to tell its age by" },
    ["an age of rows of now"] = { "table", { rows = {}, max_age = "36h" },
      "max_age: there is nothing to tell its age by" },
    ["a bad duration"] = { "json", { path = "x", max_age = "36 lunes" },
      "max_age: not a duration: 36 lunes" },
    ["a negative count"] = { "json", { path = "x", min_rows = -1 },
      "min_rows: expected a whole number, 0 or more, got -1" },
    ["a bad share"] = { "json", { path = "x", max_shrink = "120%" }, "max_shrink: expected" },
    ["another share"] = { "json", { path = "x", max_shrink = 0.2 }, "max_shrink: expected" },
    ["a list with a gap"] = { "json", { path = "x", where = { a = { "b", nil, "c" } } },
      "where.a: expected a list of values, without gaps" },
    ["an empty list"] = { "json", { path = "x", where = { a = {} } }, "where.a: expected" },
    ["a where of no names"] = { "json", { path = "x", where = { "a" } }, "where: expected" },
    ["a number for CSV"] = { "csv", { path = "x", column = "y", where = { a = 1 } },
      'where.a: CSV has texts only: "1"?' },
    ["a URL without TLS"] = { "http", { url = "http://crm.example/" },
      "url: the URL is not https, and its host is not this machine" },
    ["a URL with a user"] = { "http", { url = "https://u:p@crm.example/" }, "has a user in it" },
    ["a header that is no text"] = { "http", { url = "https://x/", headers = { A = 1 } },
      "headers.A: expected a text or { env = … }, got 1" },
    ["a header without its variable"] = { "http", { url = "https://x/", headers = { A = {} } },
      "headers.A.env: expected a text, got nothing" },
    ["no words"] = { "command", { command = {} }, "command: expected at least one word" },
    ["words that are none"] = { "command", { command = { "a", 1 } },
      "command: expected a list of words" },
    ["an unknown format"] = { "command", { command = "x", format = "xml" },
      'format: expected "csv" or "json", got "xml"' },
    ["an unknown choice"] = { "table", { rows = {}, duplicates = "maybe" },
      'duplicates: expected "agree" or "allow" or "refuse", got "maybe"' },
    ["a long separator"] = { "csv", { path = "x", column = "y", separator = ";;" },
      "separator: expected one character" },
  } do
    it("is refused with file and line: " .. name, function()
      local err = raised(function()
        local made = source[case[1]]("crm", case[2])
        return made
      end)
      assert.is_true(errors.is(err, "usage"), tostring(err))
      assert.matches('^tests/unit/source_spec.lua:%d+: source "crm": ', err.message)
      assert.matches(case[3], err.message, 1, true)
      if case[4] then assert.equal(case[4], err.hint) end
    end)
  end

  it("needs a name", function()
    local err = raised(function()
      local made = source.csv { path = "x" }
      return made
    end)
    assert.matches("^tests/unit/source_spec.lua:%d+: xero.source.csv: label: expected a text",
      err.message)
  end)

  it("reads nothing yet", function()
    assert.is_table(source.csv("crm", { path = "/none", column = "id" }))
    assert.is_table(source.command("crm", { command = "false" }))
  end)
end)
