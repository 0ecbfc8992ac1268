/*
 * Reads JSON that holds secrets (a token endpoint's answer, a token's claims) in a scratch Lua
 * state whose allocator wipes, so that no token byte is ever a value that a script could reach.
 */
#include "native_decode.h"

#include <string.h>
#include <strings.h>

#include "memory.h"

#define SCRATCH "xero.native.scratch"

int luaopen_cjson(lua_State *L);

struct scratch_box {
    lua_State *state; /* NULL when closed */
};

static void scratch_release(struct scratch_box *box)
{
    lua_State *state = box->state;
    box->state = NULL;
    if (state)
        lua_close(state);
}

static int l_scratch_gc(lua_State *L)
{
    scratch_release(lua_touserdata(L, 1));
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

/* Decodes JSON text; raises unless it is an object or an array. [-0, +1, e] */
static void decode_table(lua_State *S, const char *text, size_t length)
{
    lua_pushcfunction(S, luaopen_cjson);
    lua_call(S, 0, 1);
    lua_getfield(S, -1, "decode");
    lua_pushlstring(S, text, length);
    lua_call(S, 1, 1);
    luaL_checktype(S, -1, LUA_TTABLE);
    lua_remove(S, -2);
}

/* The text of a field, which stays on the stack; NULL when it is none. [-0, +1, m] */
static const char *pick_text(lua_State *S, int table, const char *key)
{
    size_t length = 0;
    if (lua_getfield(S, table, key) != LUA_TSTRING)
        return NULL;
    const char *text = lua_tolstring(S, -1, &length);
    return strlen(text) == length ? text : NULL;
}

/* The number of a field, or 0. [-0, +0, m] */
static double pick_number(lua_State *S, int table, const char *key)
{
    double number = lua_getfield(S, table, key) == LUA_TNUMBER ? lua_tonumber(S, -1) : 0;
    lua_pop(S, 1);
    return number;
}

/* Fills the struct xr_grant that is its argument. Returns what the texts live by. */
static int read_grant(lua_State *S)
{
    struct xr_grant *grant = lua_touserdata(S, 1);
    decode_table(S, grant->body, grant->length);
    int table = lua_gettop(S);
    const char *type = pick_text(S, table, "token_type");
    grant->bearer = type ? strcasecmp(type, "bearer") == 0 : lua_isnil(S, -1);
    grant->access_token = pick_text(S, table, "access_token");
    grant->scope = pick_text(S, table, "scope");
    grant->error = pick_text(S, table, "error");
    grant->description = pick_text(S, table, "error_description");
    grant->expires_in = pick_number(S, table, "expires_in");
    return lua_gettop(S) - table;
}

/* The claim "scope", a text or an array of texts, as one text. [-0, +1, m] */
static const char *pick_scope(lua_State *S, int table)
{
    if (lua_getfield(S, table, "scope") != LUA_TTABLE) {
        lua_pop(S, 1);
        return pick_text(S, table, "scope");
    }
    int list = lua_gettop(S);
    luaL_Buffer buffer;
    luaL_buffinit(S, &buffer);
    lua_Unsigned count = lua_rawlen(S, list);
    for (lua_Unsigned i = 1; i <= count; i++) {
        if (lua_rawgeti(S, list, (lua_Integer)i) != LUA_TSTRING) {
            lua_pop(S, 1);
            continue;
        }
        luaL_addvalue(&buffer);
        if (i < count)
            luaL_addchar(&buffer, ' ');
    }
    luaL_pushresult(&buffer);
    lua_remove(S, list);
    return count > 0 ? lua_tostring(S, -1) : NULL;
}

/* Fills the struct xr_claims that is its argument. Returns what the texts live by. */
static int read_claims(lua_State *S)
{
    struct xr_claims *claims = lua_touserdata(S, 1);
    decode_table(S, claims->text, claims->length);
    int table = lua_gettop(S);
    claims->event = pick_text(S, table, "authentication_event_id");
    claims->user = pick_text(S, table, "xero_userid");
    claims->scope = pick_scope(S, table);
    claims->expires = pick_number(S, table, "exp");
    return lua_gettop(S) - table;
}

/* Runs a reader in a new scratch state, whose userdata it pushes. [-0, +1, m] */
static bool run(lua_State *L, lua_CFunction reader, void *argument)
{
    lua_State *state = scratch_open(L);
    lua_pushcfunction(state, reader);
    lua_pushlightuserdata(state, argument);
    return lua_pcall(state, 1, LUA_MULTRET, 0) == LUA_OK;
}

bool xr_native_read_grant(lua_State *L, struct xr_grant *grant)
{
    return run(L, read_grant, grant);
}

bool xr_native_read_claims(lua_State *L, struct xr_claims *claims)
{
    return run(L, read_claims, claims);
}

void xr_native_drop(lua_State *L, int index)
{
    scratch_release(lua_touserdata(L, index));
    lua_remove(L, index);
}
