/*
 * What --sandbox runs a script against: native.start_sandbox(), and a directory for the run's
 * state, native.private_directory(). Both end with the Lua state.
 */
#include <errno.h>
#include <string.h>

#include "companion.h"
#include "host.h"
#include "native.h"
#include "private_directory.h"

enum { START_SECONDS = 20, GREETING_SIZE = 16384 };

static int l_companion_gc(lua_State *L)
{
    xr_companion_stop(lua_touserdata(L, 1));
    return 0;
}

/* Gives the userdata at the top a finalizer, and lets it live until L is closed. [-0, +0, m] */
static void keep_until_closed(lua_State *L, lua_CFunction finalizer)
{
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, finalizer);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    (void)luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Pushes the companion, not started. [-0, +1, m] */
static struct xr_companion *push_companion(lua_State *L)
{
    struct xr_companion *companion = lua_newuserdatauv(L, sizeof *companion, 0);
    *companion = (struct xr_companion){.output = -1};
    keep_until_closed(L, l_companion_gc);
    return companion;
}

/* start_sandbox(state) -> what it printed up to its first empty line, with that state. */
static int l_native_start_sandbox(lua_State *L)
{
    const char *lib = xr_native_options(L)->lib;
    char *state = (char *)luaL_checkstring(L, 1);
    char *plain[] = {"xero-run", "sandbox", "--port", "0", "--state", state, NULL};
    char *with_lib[] = {"xero-run", "--lib",   (char *)lib, "sandbox", "--port",
                        "0",        "--state", state,       NULL};
    char message[128];
    char text[GREETING_SIZE];
    struct xr_companion *companion = push_companion(L);
    if (!xr_companion_start(companion, lib != NULL ? with_lib : plain, message, sizeof message) ||
        !xr_companion_greeting(companion, START_SECONDS, text, sizeof text, message,
                               sizeof message))
        return xr_native_raise(L, "network", NULL, "the sandbox did not start: %s", message);
    lua_pushstring(L, text);
    return 1;
}

static int l_directory_gc(lua_State *L)
{
    xr_private_directory_remove(lua_touserdata(L, 1));
    return 0;
}

/* private_directory() -> the path of a new one, which goes with the Lua state. */
static int l_native_private_directory(lua_State *L)
{
    struct xr_private_directory *directory = lua_newuserdatauv(L, sizeof *directory, 0);
    directory->path[0] = '\0';
    keep_until_closed(L, l_directory_gc);
    if (!xr_private_directory_make(directory))
        return xr_native_raise(L, "store", "TMPDIR may name a directory that can be written",
                               "cannot make a directory for the run: %s", strerror(errno));
    lua_pushstring(L, directory->path);
    return 1;
}

void xr_native_add_companion(lua_State *L)
{
    lua_pushcfunction(L, l_native_private_directory);
    lua_setfield(L, -2, "private_directory");
    lua_pushcfunction(L, l_native_start_sandbox);
    lua_setfield(L, -2, "start_sandbox");
}
