/*
 * What has to be done at the end of a run, whether it ends by itself, by an error or by os.exit:
 * Lua registers functions, and they run once, in their order, before the state is closed; but for
 * those that were taken back.
 */
#include "help.h"
#include "host.h"
#include "native.h"

static const char ends_key = 0;

#define END "xero.end"

/* Pushes the list of what was registered, each as a table with its function. [-0, +1, m] */
static void push_ends(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &ends_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &ends_key);
}

/*
 * native.at_end(f): f() runs at the end. What it raises is told as an error of the run is. Returns
 * a value that may be closed: then f does not run.
 */
static int l_native_at_end(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    push_ends(L);
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    luaL_setmetatable(L, END);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
    return 1;
}

static bool is_at(lua_State *L, int end, int ends, lua_Unsigned place)
{
    lua_rawgeti(L, ends, (lua_Integer)place);
    bool found = lua_rawequal(L, -1, end);
    lua_pop(L, 1);
    return found;
}

static int l_end_close(lua_State *L)
{
    lua_settop(L, 1);
    push_ends(L);
    lua_Unsigned count = lua_rawlen(L, 2), place = 1;
    while (place <= count && !is_at(L, 1, 2, place))
        place++;
    for (; place <= count; place++) {
        lua_rawgeti(L, 2, (lua_Integer)place + 1);
        lua_rawseti(L, 2, (lua_Integer)place);
    }
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
        lua_rawgeti(L, -1, 1);
        lua_remove(L, -2);
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
    static const luaL_Reg meta[] = {{"__close", l_end_close}, {NULL, NULL}};
    xr_native_add_type(L, END, meta, NULL);
    lua_pushcfunction(L, l_native_at_end);
    lua_setfield(L, -2, "at_end");
    lua_pushcfunction(L, l_native_output_failed);
    lua_setfield(L, -2, "output_failed");
}
