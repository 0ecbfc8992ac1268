-- docs/architecture.md has a room for every file: a stranger who opens one can look up what it is
-- part of. A new file is named there, in the room where it belongs.

local path = require "pl.path"
local temp = require "support.temp"

local text = temp.read "docs/architecture.md"

-- The words in code of the chapter "The rooms of …".
local function named(chapter)
  local names = {}
  local rooms = text:match("\n## The rooms of " .. chapter:gsub("%p", "%%%0") .. "\n(.-)\n## ")
  for name in rooms:gmatch "`([%w_.]+)`" do
    names[name] = true
  end
  return names
end

-- The files that are named neither with their ending nor without it.
local function homeless(directory, chapter, pattern)
  local names, missing = named(chapter), {}
  for file in path.dir(directory) do
    local stem = file:match(pattern)
    if stem and not names[file] and not names[stem] then
      missing[#missing + 1] = file
    end
  end
  table.sort(missing)
  return missing
end

describe("docs/architecture.md", function()
  it("has a room for every file of src/", function()
    assert.same({}, homeless("src", "src/", "^([%w_]+)%.[chlua]+$"))
  end)

  it("has a room for every file of lua/xero/", function()
    assert.same({}, homeless("lua/xero", "lua/xero/", "^([%w_]+)%.lua$"))
  end)
end)
