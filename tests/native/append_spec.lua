-- Files that only grow, in the directory of a store: on real directories.

local native = require "xero.native"
local run = require "support.run"
local shell = require "support.shell"
local strace = require "torture.strace"
local temp = require "support.temp"

local function open(directory)
  return native.store { directory = directory }:append "journal.jsonl"
end

local function refusal(directory)
  local ok, err = pcall(open, directory)
  assert.is_false(ok)
  assert.equal("store", type(err) == "table" and err.kind or err)
  return err
end

local function sh(script, ...)
  return shell.output { "sh", "-c", script, "sh", ... }
end

describe("a file that only grows", function()
  it("is made closed to everybody else", function()
    local directory = temp.directory()
    open(directory):close()
    assert.equal("600\n", sh('stat -c %a "$1"/journal.jsonl', directory))
  end)

  it("has what was written to its end, by one and by the next", function()
    local directory = temp.directory()
    local first = open(directory)
    assert.is_true(first:write "one\n")
    assert.is_true(first:write "two\n")
    assert.is_true(first:sync())
    first:close()
    local second = open(directory)
    assert.is_true(second:write "three\n")
    assert.equal("one\ntwo\nthree\n", temp.read(directory .. "/journal.jsonl"))
    assert.equal(14, second:size())
  end)

  it("is read from anywhere, up to its end", function()
    local file = open(temp.directory())
    file:write "0123456789"
    assert.equal("345", file:read(3, 3))
    assert.equal("89", file:read(8, 100))
    assert.equal("", file:read(100, 1))
    assert.equal("", file:read(0, 0))
  end)

  it("holds every byte", function()
    local directory, bytes = temp.directory(), {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    local all = table.concat(bytes)
    open(directory):write(all)
    assert.equal(all, temp.read(directory .. "/journal.jsonl"))
  end)

  it("takes nothing more after a write that failed", function()
    -- A limit on the size of files is what a full disk looks like, without one.
    local directory = temp.directory()
    local result = sh([[
      ulimit -S -f 1
      trap '' XFSZ
      DIRECTORY=$2 exec "$1" -e '
        local directory = os.getenv "DIRECTORY"
        local file = require "xero.native".store { directory = directory }:append "journal.jsonl"
        print(file:write(("x"):rep(4096)))
        print(file:write "y")
        print(file:sync())' 2>&1
    ]], require "support.run".program(), directory)
    local lines = {}
    for line in result:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(3, #lines, result)
    for _, line in ipairs(lines) do
      assert.matches("^nil\tcannot write " .. directory:gsub("%p", "%%%0"), line)
    end
    assert.is_nil(temp.read(directory .. "/journal.jsonl"):find "y")
  end)

  it("is refused where others may read it, with the command that mends it", function()
    local directory = temp.directory()
    open(directory):close()
    sh('chmod 640 "$1"/journal.jsonl', directory)
    local err = refusal(directory)
    assert.equal(("chmod 600 %s/journal.jsonl"):format(directory), err.hint)
  end)

  it("is refused where it is a link, a FIFO, a directory or has two names", function()
    for _, made in ipairs { 'ln -s /etc/passwd "$1"', 'mkfifo -m 600 "$1"', 'mkdir "$1"',
      'touch "$1" && chmod 600 "$1" && ln "$1" "$1.other"' } do
      local directory = temp.directory()
      sh(made, directory .. "/journal.jsonl")
      refusal(directory)
    end
  end)

  it("may be of any size", function()
    local directory = temp.directory()
    sh('truncate -s 3G "$1" && chmod 600 "$1"', directory .. "/journal.jsonl")
    local file = open(directory)
    assert.is_true(file:write "end")
    assert.equal(3 * 2 ^ 30 + 3, file:size())
    assert.equal("end", file:read(3 * 2 ^ 30, 10))
  end)

  it("gives up what is interrupted again and again", function()
    if strace.missing() then return pending(strace.missing()) end
    local script = temp.file [[
      local file = require "xero.native".store { directory = arg[1] }:append "journal.jsonl"
      os.exit(file:write "text" and 0 or 3) ]]
    local command = { run.program(), script, temp.directory() }
    assert.equal(3, strace.inject(command, "write", "error=EINTR:when=1+").status)
  end)

  it("is closed twice without harm, and then no more used", function()
    local file = open(temp.directory())
    file:close()
    file:close()
    assert.has_error(function() file:write "x" end)
  end)
end)
