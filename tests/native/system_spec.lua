-- What the border offers of the system: clocks, randomness, digests, terminals.

local native = require "xero.native"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"

describe("native.now and native.monotonic", function()
  it("are seconds with fractions", function()
    assert.is_true(math.abs(native.now() - os.time()) < 2)
    local before = native.monotonic()
    assert.is_true(native.monotonic() >= before)
  end)
end)

describe("native.sleep", function()
  it("sleeps in full and says so", function()
    local before = native.monotonic()
    assert.is_true(native.sleep(0.02))
    local slept = native.monotonic() - before
    assert.is_true(slept >= 0.02 and slept < 1)
  end)

  it("takes what is past as nothing to wait for", function()
    assert.is_true(native.sleep(0))
    assert.is_true(native.sleep(-5))
  end)

  it("refuses what is no number", function()
    assert.has_error(function() native.sleep(0 / 0) end)
    assert.has_error(function() native.sleep "soon" end)
  end)
end)

describe("native.random", function()
  it("is at least 0 and below 1, and never the same", function()
    local seen = {}
    for _ = 1, 100 do
      local value = native.random()
      assert.is_true(value >= 0 and value < 1)
      assert.is_nil(seen[value])
      seen[value] = true
    end
  end)

  it("gives bytes of the length that was asked for", function()
    for _, length in ipairs { 0, 1, 256, 257, 65536 } do
      assert.equal(length, #native.random_bytes(length))
    end
    assert.not_equal(native.random_bytes(16), native.random_bytes(16))
    assert.has_error(function() native.random_bytes(-1) end)
    assert.has_error(function() native.random_bytes(1 << 40) end)
  end)
end)

describe("native.sha256 and native.base64url", function()
  it("give the vectors of RFC 4648 and of RFC 7636 appendix B", function()
    for plain, coded in pairs { [""] = "", f = "Zg", fo = "Zm8", foo = "Zm9v", foob = "Zm9vYg",
      ["\xFB\xFF\xFE"] = "-__-" } do
      assert.equal(coded, native.base64url(plain))
    end
    assert.equal("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      native.base64url(native.sha256 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
  end)

  it("gives a hash in hexadecimal digits, as FIPS 180-4 shows it for \"abc\"", function()
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      native.sha256_hex "abc")
  end)
end)

describe("native.width", function()
  it("counts the columns of a terminal", function()
    for text, width in pairs { [""] = 0, abc = 3, ["é"] = 1, ["e\u{301}"] = 1, ["日本"] = 4,
      ["👍"] = 2, ["a\u{200B}b"] = 2, ["a\0b"] = 2, ["a\xFFb"] = 2, ["日\xE6\x97"] = 2 } do
      assert.equal(width, native.width(text), text)
    end
  end)

  it("leaves the locale of the program alone", function()
    native.width "日本"
    assert.equal("C", os.setlocale(nil, "all"))
  end)
end)

describe("a terminal", function()
  local show = [[local n = require "xero.native" print(n.isatty(1), n.columns(1))]]

  it("is seen as one, with its width", function()
    local start = ("stty cols 33; exec %s -e %s"):format(
      shell.quote(run.program()), shell.quote(show))
    local result = process.run { "sh", "-c", start, tty = true }
    assert.equal("true\t33\r\n", result.out)
  end)

  it("is not seen where there is none", function()
    assert.equal("false\tnil\n", run({ "-e", show }).out)
  end)

  it("is asked for by its descriptor", function()
    assert.has_error(function() native.isatty(3) end)
    assert.has_error(function() native.columns(-1) end)
  end)
end)

describe("coroutine.resume", function()
  it("tells of a coroutine that is running as Lua's own does", function()
    local ok, message = coroutine.resume((coroutine.running()))
    assert.same({ false, "cannot resume non-suspended coroutine" }, { ok, message })
  end)
end)
