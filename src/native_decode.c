/* Reads a token endpoint's answer and a token's claims, where no script can reach them. */
#include "native_decode.h"

#include <strings.h>

#include "native_scratch.h"

/* Fills the struct xr_grant_answer that is its argument. Returns what the texts live by. */
static int read_grant(lua_State *S)
{
    struct xr_grant_answer *grant = lua_touserdata(S, 1);
    xr_scratch_decode(S, grant->body, grant->length);
    int table = lua_gettop(S);
    const char *type = xr_scratch_text(S, table, "token_type");
    grant->bearer = type ? strcasecmp(type, "bearer") == 0 : lua_isnil(S, -1);
    grant->access_token = xr_scratch_text(S, table, "access_token");
    grant->refresh_token = xr_scratch_text(S, table, "refresh_token");
    grant->scope = xr_scratch_text(S, table, "scope");
    grant->error = xr_scratch_text(S, table, "error");
    grant->description = xr_scratch_text(S, table, "error_description");
    grant->expires_in = xr_scratch_number(S, table, "expires_in");
    return lua_gettop(S) - table;
}

/* The claim "scope", a text or an array of texts, as one text. [-0, +1, m] */
static const char *pick_scope(lua_State *S, int table)
{
    if (lua_getfield(S, table, "scope") != LUA_TTABLE) {
        lua_pop(S, 1);
        return xr_scratch_text(S, table, "scope");
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
    xr_scratch_decode(S, claims->text, claims->length);
    int table = lua_gettop(S);
    claims->event = xr_scratch_text(S, table, "authentication_event_id");
    claims->user = xr_scratch_text(S, table, "xero_userid");
    claims->scope = pick_scope(S, table);
    claims->expires = xr_scratch_number(S, table, "exp");
    return lua_gettop(S) - table;
}

bool xr_native_read_grant(lua_State *L, struct xr_grant_answer *grant)
{
    return xr_scratch_run(L, read_grant, grant);
}

bool xr_native_read_claims(lua_State *L, struct xr_claims *claims)
{
    return xr_scratch_run(L, read_claims, claims);
}
