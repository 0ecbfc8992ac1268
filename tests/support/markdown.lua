-- What can be tried in a Markdown document: its code blocks with the marks above them, the code
-- within its sentences, its links and headings.
--
-- A mark is an HTML comment right above a block, which readers do not see:
--
--   <!-- before: touch customers.csv -->     sh that prepares what the block needs
--   <!-- test: sh -n "$block" -->            sh that checks the file $block, in place of running it
--   <!-- status: 5 -->                       the exit status that running it gives
--   <!-- file: policy.lua -->                the block is kept under that name for those after it
--
-- A block of Lua whose first line is a comment with a file's name is kept under it, too.

local markdown = {}

local MARKS = { before = true, test = true, status = true, file = true }

---@class support.Block
---@field line integer where its text begins
---@field language string
---@field text string
---@field before? string sh
---@field test? string sh
---@field status? integer
---@field file? string

-- Reads a comment that begins at lines[i]; gives its name and text, where it is a mark, and its
-- last line.
local function mark(lines, i)
  local last = i
  while lines[last] and not lines[last]:find "%-%->%s*$" do
    last = last + 1
  end
  local text = table.concat(lines, "\n", i, math.min(last, #lines))
  local name, value = text:match "^<!%-%-%s*(%l+):?%s+(.-)%s*%-%->%s*$"
  if MARKS[name] then
    return name, value, last
  end
  return nil, nil, last
end

local function named_in(block)
  return block.language == "lua" and block.text:match "^%-%- ([%w_./-]+%.lua)%f[:\n]" or nil
end

-- Reads the block that the fence at lines[i] opens; gives its last line, too.
local function fenced(lines, i, marks)
  local block = marks
  block.language = lines[i]:match "^```(%w*)$" or error("line " .. i .. ": what a fence is this?")
  block.line = i + 1
  local last = i + 1
  while lines[last] ~= "```" do
    last = last + 1
    assert(lines[last], "line " .. i .. ": a block without an end")
  end
  block.text = table.concat(lines, "\n", i + 1, last - 1) .. "\n"
  block.status = math.tointeger(tonumber(block.status or 0))
  block.file = block.file or named_in(block)
  return block, last
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

--- Splits a document into its code blocks and its prose.
---@param text string
---@return support.Block[]
---@return string prose the text without blocks and comments
function markdown.split(text)
  local lines, blocks, prose = lines_of(text), {}, {}
  local marks, i = {}, 1
  while i <= #lines do
    if lines[i]:find "^<!%-%-" then
      local name, value, last = mark(lines, i)
      if name then
        marks[name] = value
      end
      i = last
    elseif lines[i]:find "^```" then
      blocks[#blocks + 1], i = fenced(lines, i, marks)
      marks = {}
    else
      assert(not next(marks) or lines[i] == "", "line " .. i .. ": a mark, but no block")
      assert(not lines[i]:find "^    " or lines[i - 1] ~= "",
        "line " .. i .. ": an indented block has no language: fence it")
      prose[#prose + 1] = lines[i]
    end
    i = i + 1
  end
  return blocks, table.concat(prose, "\n")
end

--- The code within sentences and tables.
---@param prose string
---@return string[]
function markdown.spans(prose)
  local spans = {}
  for span in prose:gmatch "`([^`]+)`" do
    spans[#spans + 1] = (span:gsub("%s+", " "):gsub("\\|", "|"))
  end
  return spans
end

--- Where its links lead.
---@param prose string
---@return string[]
function markdown.links(prose)
  local links = {}
  for target in prose:gmatch "%]%(([^)%s]+)%)" do
    links[#links + 1] = target
  end
  return links
end

--- The names by which a link can lead to its headings, as GitHub makes them.
---@param prose string
---@return table<string, true>
function markdown.anchors(prose)
  local anchors = {}
  for heading in ("\n" .. prose):gmatch "\n#+ ([^\n]+)" do
    local name = heading:lower():gsub("[^%w%s_-]", ""):gsub("%s", "-")
    anchors[name] = true
  end
  return anchors
end

return markdown
