-- xero-run init: begins a folder of scripts: a policy, its test, and what editors want to know.

local filled = require "xero.filled"
local named_file = require "xero.named_file"
local native = require "xero.native"
local usage = require("xero.raise").usage
local xero = require "xero"

-- The copy of the API that editors read, in the folder itself: whoever opens that has it.
local TYPES = ".xero-run/types/xero.lua"

local function parse()
  local parser = xero.args("init", "Begins a folder of scripts: writes a policy to start from, a"
    .. " test of it, and the API for editors with a Lua language server. It overwrites nothing.")
  parser:argument("directory", "where; the working directory"):args "?"
    :convert(filled "directory")
  parser:flag("--types", "only the API for editors, anew: after an upgrade")
  parser:host_options("quiet")
  return parser:parse()
end

-- Makes what is missing of the directories above a file.
local function make_directories(directory, name)
  if not native.file_status(directory) then
    local made, message = native.make_directory(directory)
    if not made then usage(("cannot make %s: %s"):format(directory, message)) end
  end
  local first, rest = name:match "^([^/]+)/(.*)$"
  if first then make_directories(directory .. "/" .. first, rest) end
end

local function write(directory, name, text)
  make_directories(directory, name)
  named_file.write(directory .. "/" .. name, text)
  if not native.options.quiet then print(name) end
end

local args = parse()
local directory = args.directory or "."
local texts, names = native.embedded_texts(), {}
for name in pairs(texts) do
  if name == TYPES or not args.types then names[#names + 1] = name end
end
table.sort(names)
for _, name in ipairs(names) do
  if not args.types and native.file_status(directory .. "/" .. name) then
    usage(("%s/%s is there already, and nothing was written"):format(directory, name),
      "begin in another directory: xero-run init DIRECTORY")
  end
end
for _, name in ipairs(names) do write(directory, name, texts[name]) end
