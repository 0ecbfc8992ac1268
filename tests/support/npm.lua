-- Servers and validators from npm, as tests/peers/package-lock.json pins them, in build/peers.

local shell = require "support.shell"

local npm = {}

local FROM, INTO = "tests/peers", "build/peers"

-- What npm says where the registry cannot be reached. Any other failure is one.
local UNREACHABLE = { "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT",
  "ENETUNREACH", "EHOSTUNREACH" }

-- One at a time. The lock file goes last, so that an interrupted installation is done again.
local INSTALL = ([[
set -e
mkdir -p INTO
exec 9>INTO/installing
flock 9
cmp -s FROM/package-lock.json INTO/package-lock.json.done && exit 0
cp FROM/package.json FROM/package-lock.json INTO
npm ci --prefix INTO --ignore-scripts --no-audit --no-fund --loglevel=error \
  --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=1000 </dev/null
cp FROM/package-lock.json INTO/package-lock.json.done
]]):gsub("%u%u%u%u", { FROM = FROM, INTO = INTO })

--- The directory of these packages, which are installed first if need be.
---@return string? path
---@return string? reason  why there is none: npm is not there, or cannot reach its registry
function npm.modules()
  if not shell.has "npm" then
    return nil, "npm is not installed"
  end
  local ok, text = pcall(shell.output, { "sh", "-c", INSTALL })
  if not ok then
    for _, code in ipairs(UNREACHABLE) do
      if text:find(code, 1, true) then
        return nil, "npm cannot reach its registry: " .. code
      end
    end
    error(text, 2)
  end
  return require "pl.path".abspath(INTO .. "/node_modules")
end

--- The path of a program of these packages.
---@param name string
---@return string? path
---@return string? reason  as of npm.modules
function npm.program(name)
  local modules, reason = npm.modules()
  if not modules then
    return nil, reason
  end
  return modules .. "/.bin/" .. name
end

return npm
