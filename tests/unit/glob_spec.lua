-- Globs: what they match, and what is no glob.

local glob = require "xero.glob"
local xero_error = require "xero.error"

local function match(pattern, text)
  return glob.compile(pattern)(text)
end

describe("xero.glob", function()
  it("matches the whole text", function()
    assert.is_true(match("Demo Company", "Demo Company"))
    assert.is_false(match("Demo", "Demo Company"))
    assert.is_false(match("Company", "Demo Company"))
    assert.is_true(match("", ""))
    assert.is_false(match("", "a"))
  end)

  it("takes * for any run of characters", function()
    assert.is_true(match("Demo*", "Demo"))
    assert.is_true(match("Demo*", "Demo Company (NZ)"))
    assert.is_true(match("*(NZ)", "Demo Company (NZ)"))
    assert.is_true(match("*o*y*", "Demo Company"))
    assert.is_true(match("**", ""))
    assert.is_false(match("a*b", "ac"))
    assert.is_true(match("*ab", "aab"))
  end)

  it("takes ? for one character, of any length in bytes", function()
    assert.is_true(match("?", "é"))
    assert.is_true(match("a?c", "a😀c"))
    assert.is_false(match("?", ""))
    assert.is_false(match("?", "ab"))
  end)

  it("takes a set for one of its characters", function()
    assert.is_true(match("[abc]x", "bx"))
    assert.is_true(match("[a-cé]", "é"))
    assert.is_false(match("[a-c]", "d"))
    assert.is_true(match("[!a-c]", "d"))
    assert.is_false(match("[^a-c]", "b"))
    assert.is_true(match("[]]", "]"))
    assert.is_true(match("[a-]", "-"))
    assert.is_false(match("[!a]", ""))
  end)

  it("ignores case, beyond ASCII too", function()
    assert.is_true(match("demo*", "DEMO COMPANY"))
    assert.is_true(match("[A-C]", "b"))
    assert.is_true(match("ÉCOLE ÖL*", "école öl"))
    assert.is_true(match("ΑΒΓ Москва ЁЖ", "αβγ МОСКВА ёж"))
  end)

  it("ignores the case of every letter that a tenant's name may have", function()
    for _, pair in ipairs {
      { "KŌWHAI", "Kōwhai" }, { "ŁÓDŹ ŠKODA ŐRSÉG ŞEKER", "Łódź Škoda Őrség Şeker" },
      { "ĻAUDIS ŸVES ŽĀLE", "ļaudis ÿves žāle" }, { "VIỆT ĐỒNG", "việt đồng" },
      { "ΆΛΦΑ ΟΔΌΣ", "άλφα οδός" }, { "ҐАНОК ӘЛЕМ ӢД", "ґанок әлем ӣд" },
      { "ԵՐԵՎԱՆ", "երեվան" }, { "ＡＢＣ商事", "ａｂｃ商事" }, { "GROẞE", "große" },
      { "ƏLI", "əli" },
    } do
      assert.is_true(match(pair[1], pair[2]), pair[1])
      assert.is_true(match(pair[2], pair[1]), pair[2])
    end
    assert.is_true(match("[Ā-Ž]*", "čez"))
    assert.is_false(match("×", "÷"))
  end)

  it("takes a character behind a backslash as it is", function()
    assert.is_true(match("\\*", "*"))
    assert.is_false(match("\\*", "a"))
    assert.is_true(match("a\\", "a\\"))
  end)

  it("takes the characters of Lua's patterns as they are", function()
    assert.is_true(match("100% (a.b)+", "100% (a.b)+"))
    assert.is_false(match("a.c", "abc"))
  end)

  it("matches text that is no UTF-8 byte by byte", function()
    assert.is_true(match("a?b*", "a\xffbc"))
  end)

  it("takes no longer than the lengths allow", function()
    assert.is_false(match(("*a"):rep(50) .. "b", ("a"):rep(2000)))
  end)

  it("refuses a set without an end", function()
    for _, pattern in ipairs { "[", "[a", "x[]", "[!]" } do
      local ok, err = pcall(glob.compile, pattern)
      assert.is_false(ok)
      assert.is_true(xero_error.is(err, "usage"), pattern)
    end
  end)
end)
