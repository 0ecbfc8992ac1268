/* A Lua state of its own for JSON that holds secrets. See native_scratch.h. */
#include "native_scratch.h"

#include <string.h>

#include "memory.h"

#define SCRATCH "xero.native.scratch"

int luaopen_cjson(lua_State *L);

struct scratch_box {
    lua_State *state; /* NULL when closed */
};

static void release(struct scratch_box *box)
{
    lua_State *state = box->state;
    box->state = NULL;
    if (state)
        lua_close(state);
}

static int l_scratch_gc(lua_State *L)
{
    release(lua_touserdata(L, 1));
    return 0;
}

/* A new scratch state, owned by the userdata that it pushes. [-0, +1, m] */
static lua_State *scratch_open(lua_State *L)
{
    struct scratch_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->state = NULL;
    if (luaL_newmetatable(L, SCRATCH)) {
        lua_pushcfunction(L, l_scratch_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    box->state = lua_newstate(xr_memory_lua, NULL);
    if (!box->state)
        luaL_error(L, "not enough memory");
    return box->state;
}

bool xr_scratch_run(lua_State *L, lua_CFunction reader, void *argument)
{
    lua_State *state = scratch_open(L);
    lua_pushcfunction(state, reader);
    lua_pushlightuserdata(state, argument);
    return lua_pcall(state, 1, LUA_MULTRET, 0) == LUA_OK;
}

void xr_scratch_drop(lua_State *L, int index)
{
    release(lua_touserdata(L, index));
    lua_remove(L, index);
}

/* Calls a function of cjson with the value at the top, which its result replaces. [-1, +1, e] */
static void call_cjson(lua_State *S, const char *name)
{
    lua_pushcfunction(S, luaopen_cjson);
    lua_call(S, 0, 1);
    lua_getfield(S, -1, name);
    lua_remove(S, -2);
    lua_insert(S, -2);
    lua_call(S, 1, 1);
}

void xr_scratch_decode(lua_State *S, const char *text, size_t length)
{
    lua_pushlstring(S, text, length);
    call_cjson(S, "decode");
    luaL_checktype(S, -1, LUA_TTABLE);
}

void xr_scratch_encode(lua_State *S)
{
    call_cjson(S, "encode");
}

const char *xr_scratch_text(lua_State *S, int table, const char *key)
{
    size_t length = 0;
    if (lua_getfield(S, table, key) != LUA_TSTRING)
        return NULL;
    const char *text = lua_tolstring(S, -1, &length);
    return strlen(text) == length ? text : NULL;
}

double xr_scratch_number(lua_State *S, int table, const char *key)
{
    double number = lua_getfield(S, table, key) == LUA_TNUMBER ? lua_tonumber(S, -1) : 0;
    lua_pop(S, 1);
    return number;
}
