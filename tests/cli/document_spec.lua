-- What the trial of a document finds: a document that is wrong does not pass.

local document = require "support.document"
local temp = require "support.temp"
local usage = require "support.usage"

-- Tries every block; gives the message of the first that fails.
local function trial(text)
  local read <close> = document.open(temp.file(text, "page.md"))
  for _, block in ipairs(read.blocks) do
    local ok, message = pcall(read.try, read, block)
    if not ok then
      return message
    end
  end
end

describe("the trial of a document", function()
  it("runs its blocks in one home, in their order, at a sandbox", function()
    assert.is_nil(trial [[
```lua
-- count.lua: how many there are
print(#require("xero").get_connections())
```
```sh
xero-run count.lua
```
```text
34
```
]])
  end)

  it("finds a block that ends with another status", function()
    assert.matches("^ended with 2, not 0", trial "```sh\nxero-run lisst\n```\n")
    assert.is_nil(trial "<!-- status: 2 -->\n```sh\nxero-run lisst\n```\n")
  end)

  it("finds output that is another", function()
    assert.matches("^expected:\nb\n", trial "```sh\necho a\n```\n```text\nb\n```\n")
    assert.is_nil(trial "```sh\necho a b c\n```\n```text\na … c\n```\n")
  end)

  it("finds broken data, and a language that it cannot try", function()
    assert.is_string(trial "```json\n{\n```\n")
    assert.matches("no line of a unit: ExecStart /bin/true", trial
      "```ini\n[Service]\nExecStart /bin/true\n```\n")
    assert.matches('no way to try "perl"', trial "```perl\n1\n```\n")
  end)

  it("does what a mark says in place of running a block", function()
    assert.is_nil(trial '<!-- test: grep -q real "$block" -->\n```sh\nreal && false\n```\n')
    assert.matches("^ended with 1", trial '<!-- test\nfalse\n-->\n```sh\ntrue\n```\n')
    assert.is_nil(trial "<!-- before: echo 1 >x -->\n```sh\ncat x\n```\n```text\n1\n```\n")
  end)

  it("finds a mark without a block, and a block without a language", function()
    for text, message in pairs {
      ["<!-- test: true -->\nText.\n"] = "a mark, but no block",
      ["Text:\n\n    make\n"] = "fence it",
    } do
      assert.error_matches(function() trial(text) end, message)
    end
  end)

  it("finds a link that leads nowhere", function()
    for _, link in ipairs { "other.md", "#below", "page.md#below" } do
      local read = document.open(temp.file("# Above\n\n[x](" .. link .. ")\n", "page.md"))
      assert.error_matches(function() read:check_links() end, "there is no")
    end
    document.open(temp.file("# Above\n\n[x](#above)\n", "page.md")):check_links()
  end)
end)

describe("a line with xero-run in it", function()
  it("may name what there is", function()
    for _, line in ipairs {
      "xero-run", "xero-run --sandbox cleanup.lua --any", "xero-run -n list -f json --sort name",
      "xero-run SCRIPT", "xero-run journal verify", "xero-run -e 'print(1)'",
      "xero-run --timeout 5s list --older-than 90d", "xero-run disconnect ID|NAME...",
    } do
      usage.check(line)
    end
  end)

  it("may not name what there is not", function()
    for line, message in pairs {
      ["xero-run lisst"] = "there is no command lisst",
      ["xero-run --dryrun list"] = "xero%-run has no option %-%-dryrun",
      ["xero-run list --revoke"] = "list has no option %-%-revoke",
      ["xero-run -z list"] = "xero%-run has no option %-z",
    } do
      assert.error_matches(function() usage.check(line) end, message)
    end
    assert.error_matches(function() usage.check_option "--nothing" end, "nothing has such")
  end)
end)
