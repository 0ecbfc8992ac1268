-- README.md and docs/*.md do what they say: every block of code is tried, in its order, and every
-- command, option, variable and link that they name is there.

local document = require "support.document"
local path = require "pl.path"
local shell = require "support.shell"

local paths = { "README.md" }
for name in path.dir "docs" do
  if name:find "%.md$" then
    paths[#paths + 1] = "docs/" .. name
  end
end
table.sort(paths)

-- What the program itself calls by such a name.
local variables = {}
for name in shell.output { "grep", "-rhoE", "XERO_[A-Z_]+", "src", "lua" }:gmatch "%S+" do
  variables[name] = true
end

for _, name in ipairs(paths) do
  describe(name, function()
    local read = document.open(name)

    teardown(function() read:close() end)

    for _, block in ipairs(read.blocks) do
      it(("does what it shows at line %d"):format(block.line), function()
        read:try(block)
      end)
    end

    it("is merged to the end", function()
      for line in io.lines(name) do
        assert.is_nil(line:match "^<<<<<<< " or line:match "^>>>>>>> ", line)
      end
    end)

    it("names commands and options that there are", function()
      read:check_commands()
    end)

    it("names variables that there are", function()
      for variable in read.prose:gmatch "%f[%w_]XERO_[%u_]+" do
        assert.is_true(variables[variable], variable)
      end
    end)

    it("leads somewhere with every link", function()
      read:check_links()
    end)
  end)
end
