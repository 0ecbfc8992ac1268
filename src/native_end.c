/*
 * What has to be done at the end of a run, whether it ends by itself, by an error or by os.exit:
 * Lua registers functions, and they run once, in their order, before the state is closed.
 */
#include "help.h"
#include "host.h"
#include "native.h"

static const char ends_key = 0;

/* native.at_end(f): f() runs at the end. What it raises is told as an error of the run is. */
static int l_native_at_end(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &ends_key) != LUA_TTABLE) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &ends_key);
    }
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    return 0;
}

/* native.output_failed(errno): standard output cannot be written, and the caller raises why. */
static int l_native_output_failed(lua_State *L)
{
    xr_native_host(L)->output_errno = (int)luaL_checkinteger(L, 1);
    return 0;
}

int xr_native_end(lua_State *L, int status)
{
    if (!lua_checkstack(L, LUA_MINSTACK))
        return status;
    int ends = lua_gettop(L) + 1;
    lua_Unsigned count =
        lua_rawgetp(L, LUA_REGISTRYINDEX, &ends_key) == LUA_TTABLE ? lua_rawlen(L, ends) : 0;
    for (lua_Unsigned i = 1; i <= count; i++) {
        lua_pushcfunction(L, xr_native_traceback);
        lua_rawgeti(L, ends, (lua_Integer)i);
        if (lua_pcall(L, 0, 0, ends + 1) != LUA_OK) {
            int failure = xr_native_report(L);
            status = status == XR_EXIT_DONE ? failure : status;
        }
        lua_settop(L, ends);
    }
    lua_settop(L, ends - 1);
    return status;
}

void xr_native_add_end(lua_State *L)
{
    lua_pushcfunction(L, l_native_at_end);
    lua_setfield(L, -2, "at_end");
    lua_pushcfunction(L, l_native_output_failed);
    lua_setfield(L, -2, "output_failed");
}
