-- Completion in bash, fish and zsh, as the shells themselves do it.

local path = require "pl.path"
local process = require "support.process"
local run = require "support.run"
local shell = require "support.shell"
local temp = require "support.temp"

local CONFIG = 'return { profiles = { acme = { client_id = "A" }, beta = { client_id = "B" } } }'

-- What is in the directory in which words are completed.
local FILES = { "cleanup.lua", "cleanup.txt", "notes.txt" }

-- A shell as a function: the candidates for the last word of a line, sorted.
local SHELLS = {}

function SHELLS.bash(script, line)
  local words = {}
  for word in (line:gsub("=", " = ") .. "|"):gmatch "[^ ]*" do words[#words + 1] = word end
  words[#words] = words[#words]:gsub("|$", "")
  return { "bash", "--norc", "-c", ([[
    source %s
    compopt() { :; } # there is no line to complete
    COMP_WORDS=(%s) COMP_CWORD=%d
    _xero_run
    printf '%%s\n' "${COMPREPLY[@]}"]]):format(script, shell.join(words), #words - 1) }
end

function SHELLS.fish(script, line)
  return { "fish", "--no-config", "-c", ([[
    source %s
    complete -C %s | string replace -r '\t.*' '' | string replace -r '^--[a-z]+=' '']]):format(
    script, shell.quote(line)) }
end

-- What zsh remembers of the functions that it has read.
local dump

-- zsh completes on a terminal only: one is made, and what would be offered is written to a file.
function SHELLS.zsh(script, line)
  local directory = temp.directory()
  dump = dump or directory .. "/dump"
  shell.output { "cp", script, directory .. "/_xero-run" }
  return { "zsh", "-f", "-c", [=[
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; fpath=($2 \$fpath); autoload -Uz compinit; compinit -u -d $3
    bindkey '^I' complete-word
    compadd() {
      [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] || {
        local -a hits
        builtin compadd -A hits \"\$@\"
        print -rl -- \$hits >>$2/found
      }
      builtin compadd \"\$@\"
    }
    done-completing() { print >$2/done }
    zle -N done-completing
    bindkey '^T' done-completing
    print READY"
    while zpty -r shell out; do [[ $out != *READY* ]] || break; done
    zpty -w -n shell "$1"$'\t\x14'
    for i in {1..100}; do [[ ! -e $2/done ]] || break; sleep 0.05; done
    zpty -d shell
    cat $2/found]=], "zsh", line, directory, dump }
end

for _, name in ipairs { "bash", "fish", "zsh" } do
  describe("completion in " .. name, function()
    local place, environment

    setup(function()
      place = temp.directory()
      for _, file in ipairs(FILES) do temp.write(place .. "/" .. file, "") end
      temp.write(place .. "/config.lua", CONFIG)
      shell.output { "ln", "-s", run.program(), place .. "/xero-run" }
      environment = {
        PATH = place .. ":" .. os.getenv "PATH", XERO_RUN_CONFIG = place .. "/config.lua",
      }
    end)

    local function complete(line)
      local script = path.dirname(run.program()) .. "/completion/" .. name
      local command = SHELLS[name](script, line)
      command.cwd, command.env = place, environment
      local result = process.run(command)
      local found, seen = {}, {}
      for word in result.out:gmatch "[^\n]+" do
        if not seen[word] then found[#found + 1] = word end
        seen[word] = true
      end
      table.sort(found)
      return found
    end

    before_each(function()
      if not shell.has(name) then pending(name .. " is not installed") end
    end)

    it("completes commands and scripts", function()
      assert.same({ "journal" }, complete "xero-run jo")
      assert.same({ "cleanup.lua" }, complete "xero-run cle")
    end)

    it("completes the options of the host and of a command", function()
      assert.same({ "--dry-run" }, complete "xero-run --dry")
      assert.same({ "--older-than" }, complete "xero-run -p acme list --old")
      assert.same({ "json", "jsonl" }, complete "xero-run -n --format j")
      assert.same({ "json", "jsonl" }, complete "xero-run list --format=j")
      assert.same({ "created" }, complete "xero-run list --sort c")
      assert.same({ "verify" }, complete "xero-run journal v")
    end)

    it("completes the names of profiles", function()
      assert.same({ "acme", "beta" }, complete "xero-run --profile ")
      assert.same({ "beta" }, complete "xero-run list -p b")
    end)

    it("completes scripts for commands that take them, and any file for a script", function()
      assert.same({ "cleanup.lua" }, complete "xero-run plan cle")
      assert.same({ "notes.txt" }, complete "xero-run cleanup.lua no")
    end)
  end)
end
