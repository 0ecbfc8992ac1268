-- A file for its owner alone: who may read it, and that it is there whole or not at all.

local native = require "xero.native"
local run = require "support.run"
local shell = require "support.shell"
local strace = require "torture.strace"
local temp = require "support.temp"

local function listed(directory) return shell.output { "ls", "-A", directory } end

describe("a private file", function()
  local directory

  before_each(function() directory = temp.directory() end)

  it("is written whole, for its owner alone, and nothing is left beside it", function()
    local path = directory .. "/plan.json"
    for _, text in ipairs { "one\n", ("two\0"):rep(100000), "" } do
      assert.is_true(native.write_private(path, text))
      assert.equal(text, temp.read(path))
    end
    assert.equal("600\n", shell.output { "stat", "-c", "%a", path })
    assert.equal("plan.json\n", listed(directory))
  end)

  it("takes the place of a link, and leaves alone what that leads to", function()
    local other = temp.file "precious"
    shell.output { "ln", "-s", other, directory .. "/plan.json" }
    assert.is_true(native.write_private(directory .. "/plan.json", "new"))
    assert.equal("precious", temp.read(other))
    assert.equal("new", temp.read(directory .. "/plan.json"))
  end)

  it("is not there at all where it cannot be written, and the reason is said", function()
    shell.output { "mkdir", directory .. "/taken" }
    for path, why in pairs {
      [directory .. "/none/plan.json"] = "No such file or directory",
      [directory .. "/taken"] = "Is a directory",
      [directory .. "/" .. ("x"):rep(300)] = "File name too long",
    } do
      local done, message = native.write_private(path, "text")
      assert.is_nil(done)
      assert.equal(("%s: %s"):format(path, why), message)
    end
    assert.equal("taken\n", listed(directory))
  end)

  -- What a program does that writes "new" there, while something happens to a call.
  local function written(path, call, fault)
    return strace.inject({ run.program(), "-e",
      "print(require('xero.native').write_private(arg[1], 'new'))", temp.file "", path },
      call, fault)
  end

  it("leaves nothing beside it when it is killed, be it the first or not", function()
    if strace.missing() then return pending(strace.missing()) end
    local path = directory .. "/plan.json"
    for _, before in ipairs { false, "old" } do
      if before then temp.write(path, before) end
      for _, call in ipairs { "fsync", "linkat" } do
        assert.equal(9, written(path, call, "signal=KILL").signal)
        assert.equal(before and "plan.json\n" or "", listed(directory))
        if before then assert.equal(before, temp.read(path)) end
      end
    end
  end)

  it("is written where the file system has no files without names, too", function()
    if strace.missing() then return pending(strace.missing()) end
    local path = directory .. "/plan.json"
    for _ = 1, 2 do
      assert.equal("true\n", written(path, "linkat", "error=EOPNOTSUPP").out)
      assert.equal("new", temp.read(path))
      assert.equal("plan.json\n", listed(directory))
      temp.write(path, "old")
    end
    assert.equal("600\n", shell.output { "stat", "-c", "%a", path })
  end)

  it("stays what it was where the disk does not take the new one", function()
    if strace.missing() then return pending(strace.missing()) end
    local path = directory .. "/plan.json"
    temp.write(path, "old")
    for _, fault in ipairs { { "fsync", "EIO" }, { "/^rename", "ENOSPC" } } do
      local result = written(path, fault[1], "error=" .. fault[2])
      assert.matches("nil\t" .. path .. ": ", result.out, 1, true)
      assert.equal("old", temp.read(path))
      assert.equal("plan.json\n", listed(directory))
    end
  end)
end)
