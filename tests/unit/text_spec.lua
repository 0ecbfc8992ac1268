-- Text that a terminal may see: printable, measured, cut and broken.

local text = require "xero.text"

describe("xero.text", function()
  it("reveals the accents that are characters of their own, and no other letters", function()
    assert.equal("Caf\u{e9} Cafe\\u{301} \\u{300}\\u{36f}\u{2ff}\u{370}日本",
      text.reveal_marks "Caf\u{e9} Cafe\u{301} \u{300}\u{36f}\u{2ff}\u{370}日本")
  end)

  describe("printable", function()
    it("leaves plain text alone, in any script", function()
      for _, s in ipairs { "", "Demo Company (NZ)", "日本 😀 é", "a\\x1bb" } do
        assert.equal(s, text.printable(s))
      end
    end)

    it("makes control characters visible, tabs and line ends too", function()
      assert.equal([[\x1b[2J\x00\x07\x7f]], text.printable "\27[2J\0\7\127")
      assert.equal([[a\tb\nc\rd]], text.printable "a\tb\nc\rd")
    end)

    it("makes C1 controls visible, which terminals obey as well", function()
      assert.equal([[\u{9b}31m\u{85}]], text.printable "\u{9b}31m\u{85}")
      assert.equal("\u{a0}é", text.printable "\u{a0}é")
    end)

    it("makes everything visible that turns the direction of writing or ends a line", function()
      for _, code in ipairs {
        0x61C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E,
        0x2066, 0x2067, 0x2068, 0x2069,
      } do
        assert.equal(("a\\u{%x}b"):format(code), text.printable("a" .. utf8.char(code) .. "b"))
      end
      assert.equal("\u{2018}\u{2030}\u{2070}", text.printable "\u{2018}\u{2030}\u{2070}")
    end)

    it("makes bytes visible that are no UTF-8, and goes on behind them", function()
      assert.equal([[\xff]], text.printable "\xff")
      assert.equal([[é\xc3é\xe2\x80]], text.printable "é\xc3é\xe2\x80")
      assert.equal([[\xed\xa0\x80\xc0\x9b\x9b]], text.printable "\xed\xa0\x80\xc0\x9b\x9b")
    end)
  end)

  describe("width", function()
    it("counts columns, not bytes", function()
      assert.equal(5, text.width "abcde")
      assert.equal(1, text.width "é")
      assert.equal(4, text.width "日本")
      assert.equal(2, text.width "😀")
      assert.equal(1, text.width "e\u{301}")
      assert.equal(0, text.width "")
    end)
  end)

  describe("excerpt", function()
    it("is printable and short, whatever it was", function()
      assert.equal("a\\n\\x1bb", text.excerpt "a\n\27b")
      assert.equal("abc…", text.excerpt("abcdef", 4))
      for _, s in ipairs { "x", "日", "\27", "\u{301}" } do
        assert.is_true(#text.excerpt(s:rep(100000)) < 3000)
      end
    end)
  end)

  describe("truncate", function()
    it("leaves what fits", function()
      assert.equal("abc", text.truncate("abc", 3))
      assert.equal("日本", text.truncate("日本", 4))
    end)

    it("cuts what does not, and says so in the last column", function()
      assert.equal("ab…", text.truncate("abcd", 3))
      assert.equal("…", text.truncate("abcd", 1))
    end)

    it("never cuts a wide character in two", function()
      assert.equal("日…", text.truncate("日本語", 4))
      assert.equal("日…", text.truncate("日本語", 3))
      assert.equal("…", text.truncate("日本語", 2))
    end)

    it("keeps a combining accent with its letter", function()
      assert.equal("ae\u{301}…", text.truncate("ae\u{301}bcd", 3))
    end)
  end)

  describe("pad", function()
    it("fills up to a width, on either side", function()
      assert.equal("ab  ", text.pad("ab", 4))
      assert.equal("  ab", text.pad("ab", 4, "right"))
      assert.equal("日  ", text.pad("日", 4))
      assert.equal("abcdef", text.pad("abcdef", 4))
    end)
  end)
end)

describe("text.wrap", function()
  it("breaks a text at its spaces, with what follows the first line a little in", function()
    assert.equal("one  two\n   three\n   four", text.wrap("one  two three four", 9, 3))
    assert.equal("fits as it is", text.wrap("fits as it is", 13, 3))
  end)

  it("leaves a word whole that is wider than the line, and counts columns", function()
    assert.equal("a\n /very/long/path\n b", text.wrap("a /very/long/path b", 6, 1))
    assert.equal("日本\n 語 x", text.wrap("日本 語 x", 6, 1))
  end)

  it("goes in by a third of the width at most", function()
    assert.equal("ab cd\n ef", text.wrap("ab cd ef", 5, 21))
  end)
end)
