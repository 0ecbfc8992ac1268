-- Where configuration and state are, by the environment.

local paths = require "xero.paths"

local function environment(variables, home)
  return {
    getenv = function(name)
      return variables[name]
    end,
    native = {
      home_directory = function()
        return home
      end,
    },
  }
end

describe("the configuration file's place", function()
  it("is below XDG_CONFIG_HOME", function()
    local path, named = paths.config_file(environment { XDG_CONFIG_HOME = "/x" })
    assert.equal("/x/xero-run/config.lua", path)
    assert.is_false(named)
  end)

  it("is below ~/.config without XDG_CONFIG_HOME, or where that is empty or relative", function()
    for _, value in ipairs { false, "", "config" } do
      local place = environment { HOME = "/home/ada", XDG_CONFIG_HOME = value or nil }
      assert.equal("/home/ada/.config/xero-run/config.lua", (paths.config_file(place)))
    end
  end)

  it("is found through the password database where cron gives no HOME", function()
    local path = paths.config_file(environment({}, "/var/lib/robot"))
    assert.equal("/var/lib/robot/.config/xero-run/config.lua", path)
  end)

  it("is what the option says, before what the variable says", function()
    local place = environment { XERO_RUN_CONFIG = "/etc/a.lua" }
    assert.same({ "/etc/a.lua", true }, { paths.config_file(place) })
    assert.same({ "b.lua", true }, { paths.config_file(place, "b.lua") })
  end)

  it("is nowhere when nobody knows a home directory: a container needs none", function()
    assert.is_nil((paths.config_file(environment {})))
  end)
end)

describe("the state's place", function()
  it("is below XDG_STATE_HOME, or ~/.local/state", function()
    local place = environment { XDG_STATE_HOME = "/s" }
    assert.equal("/s/xero-run/acme", paths.profile_state(place, "acme"))
    assert.equal(
      "/home/ada/.local/state/xero-run/acme",
      paths.profile_state(environment { HOME = "/home/ada" }, "acme")
    )
  end)

  it("is XERO_RUN_STATE where that is set, and has to be absolute", function()
    local place = environment { XERO_RUN_STATE = "/srv/x" }
    assert.equal("/srv/x/acme", paths.profile_state(place, "acme"))
    local _, err = pcall(paths.state, environment { XERO_RUN_STATE = "state" })
    assert.equal("usage", err.kind)
    assert.matches("not an absolute path", err.message)
  end)

  it("is a usage error where nobody knows a home directory", function()
    local _, err = pcall(paths.state, environment {})
    assert.equal("usage", err.kind)
    assert.matches("no home directory", err.message)
    assert.matches("XERO_RUN_STATE", err.hint)
  end)
end)

describe("a profile's name", function()
  it("has letters, digits, dots, hyphens and underscores", function()
    for _, name in ipairs { "acme", "Acme-2.eu", "_x", "9" } do
      assert.is_nil(paths.profile_fault(name))
    end
  end)

  it("leads nowhere else", function()
    for _, name in ipairs { "", ".", "..", ".hidden", "a/b", "a b", "a\0b", "é", ("x"):rep(101) } do
      assert.is_string(paths.profile_fault(name))
    end
  end)
end)
