-- A Markdown document, tried from its first line to its last, as a reader would: in a home of their
-- own, against a sandbox of their own, with xero-run installed. See support.markdown for the marks.
--
--   local document <close> = require "support.document".open "docs/journal.md"
--   for _, block in ipairs(document.blocks) do document:try(block) end
--
-- A block of sh or Lua is run, and has to end with 0. JSON and YAML have to be that, ini has to be
-- lines of `key=value`. A block of text is what the block before it prints; "…" stands for
-- anything.

local cjson = require "cjson"
local markdown = require "support.markdown"
local path = require "pl.path"
local process = require "support.process"
local run = require "support.run"
local sandbox = require "support.sandbox"
local shell = require "support.shell"
local temp = require "support.temp"
local usage = require "support.usage"

---@class support.Document
---@field path string
---@field blocks support.Block[]
---@field prose string
---@field home? string
---@field printed? string what the last block that ran has printed
local Document = {}
Document.__index = Document

---@param name string
---@return support.Document
local function open(name)
  local self = setmetatable({ path = name }, Document)
  self.blocks, self.prose = markdown.split(temp.read(name))
  return self
end

-- The xero-run that a reader has in PATH. A login takes any free port, for several tests may run.
local SHIM = [[
#!/bin/sh
for word; do
  case $word in login) exec %s "$@" --port 0 ;; esac
done
exec %s "$@"
]]

-- Makes the reader's home, at the first block that needs it.
local function settle(self)
  self.home = temp.directory()
  local program = shell.quote(run.program())
  shell.output { "mkdir", self.home .. "/bin", self.home .. "/work" }
  temp.write(self.home .. "/bin/xero-run", SHIM:format(program, program))
  shell.output { "chmod", "755", self.home .. "/bin/xero-run" }
  self.sandbox = sandbox.start()
  self.env = self.sandbox:with {
    HOME = self.home,
    XERO_RUN_STATE = false, -- it is Xero to the reader
    PATH = self.home .. "/bin:" .. os.getenv "PATH",
    BROWSER = "curl -sSL -m 20 -o /dev/null %s",
    source = path.abspath ".",
  }
end

-- Runs sh for the reader; what it prints is kept in the order in which it came.
local function sh(self, text, status, block)
  if not self.home then
    settle(self)
  end
  self.env.block = block
  local result = process.run {
    "sh", "-ec", "exec 2>&1\n" .. text, env = self.env, cwd = self.home .. "/work",
  }
  if result.status ~= status then
    error(("ended with %s, not %d:\n%s\n%s"):format(result.status or "signal " .. result.signal,
      status, text, result.out), 0)
  end
  self.printed = result.out
end

local function keep(self, block)
  if not self.home then
    settle(self)
  end
  local name = self.home .. "/work/" .. (block.file or ("block." .. block.language))
  shell.output { "mkdir", "-p", path.dirname(name) }
  temp.write(name, block.text)
  return name
end

local TRIALS = {}

-- `export NAME=...` stands for a value of the reader's, which the sandbox has given already.
function TRIALS.sh(self, block)
  sh(self, block.text:gsub("(export [%w_]+)=%.%.%.%f[%s]", "%1"), block.status)
end

function TRIALS.lua(self, block)
  sh(self, 'xero-run "$block"', block.status, keep(self, block))
end

function TRIALS.json(_, block)
  for line in block.text:find "^{[^\n]*}\n{" and block.text:gmatch "[^\n]+" or
    block.text:gmatch ".+" do
    cjson.decode(line)
  end
end

function TRIALS.yaml(_, block)
  assert(require "lyaml".load(block.text))
end

function TRIALS.ini(_, block)
  for line in block.text:gmatch "[^\n]+" do
    if not (line:find "^[#;]" or line:find "^%[%a+%]$" or line:find "^%a+=") then
      error("no line of a unit: " .. line, 0)
    end
  end
end

function TRIALS.text(self, block)
  if not self.printed then
    error("nothing has printed this", 0)
  end
  local pattern = block.text:gsub("%p", "%%%0"):gsub("…", ".-")
  if not self.printed:find("^" .. pattern .. "$") then
    error(("expected:\n%s\nprinted:\n%s"):format(block.text, self.printed), 0)
  end
end

--- Tries a block; an error where it does not do what it shows.
---@param block support.Block
function Document:try(block)
  if block.before then
    sh(self, block.before, 0)
  end
  if block.test then
    sh(self, block.test, block.status, keep(self, block))
  else
    local try = TRIALS[block.language]
    if not try then
      error(("no way to try %q: give it a test mark"):format(block.language), 0)
    end
    try(self, block)
  end
  if block.file then
    keep(self, block)
  end
end

--- Every line with xero-run in it, in blocks of sh (but those that show a mistake) and within
--- sentences.
---@return string[]
function Document:commands()
  local lines = {}
  for _, block in ipairs(self.blocks) do
    if block.language == "sh" and block.status == 0 then
      for line in block.text:gsub("\\\n", " "):gmatch "xero%-run [^|;&<>#\n]*" do
        lines[#lines + 1] = line
      end
    end
  end
  for _, span in ipairs(markdown.spans(self.prose)) do
    if span:find "^xero%-run " then
      lines[#lines + 1] = span:match "^[^|;&<>]*"
    end
  end
  return lines
end

--- Raises an error where a sentence or a block names a command or an option that there is not.
function Document:check_commands()
  for _, line in ipairs(self:commands()) do
    usage.check(line)
  end
  for _, span in ipairs(markdown.spans(self.prose)) do
    if span:find "^%-%-%l" then
      usage.check_option(span:match "^%-%-[%l-]+")
    end
  end
end

--- Raises an error where a link leads nowhere.
function Document:check_links()
  for _, link in ipairs(markdown.links(self.prose)) do
    if not link:find "^%a+:" then
      local file, anchor = link:match "^([^#]*)#?(.*)$"
      local target = file == "" and self.path or path.join(path.dirname(self.path), file)
      if not path.exists(target) then
        error(link .. ": there is no " .. target, 0)
      elseif anchor ~= "" then
        local _, prose = markdown.split(temp.read(target))
        assert(markdown.anchors(prose)[anchor], link .. ": there is no such heading")
      end
    end
  end
end

function Document:close()
  if self.sandbox then
    self.sandbox:stop()
    self.sandbox = nil
  end
end

Document.__close = Document.close

return { open = open }
