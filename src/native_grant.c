/*
 * The border's grants: logins as they are stored, of which Lua sees the facts. Tokens stay in C,
 * but for what a script's own token_getter gives and its token_saver is given. The form on disk is
 * native_stored.c's.
 */
#include "native_grant.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "native_scratch.h"
#include "native_stored.h"
#include "native_token.h"

#define GRANT "xero.native.grant"

struct grant_box {
    struct xr_grant *grant; /* NULL until it is made */
};

struct xr_grant *xr_native_to_grant(lua_State *L, int index)
{
    struct grant_box *box = luaL_testudata(L, index, GRANT);
    return box ? box->grant : NULL;
}

/* [-0, +0, v] */
static struct xr_grant *check_grant(lua_State *L, int index)
{
    struct xr_grant *grant = xr_native_to_grant(L, index);
    luaL_argexpected(L, grant, index, "grant");
    return grant;
}

/* [-0, +1, m] */
static struct grant_box *push_grant(lua_State *L)
{
    struct grant_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->grant = NULL;
    luaL_setmetatable(L, GRANT);
    return box;
}

/* Pushes the grant that the parts describe, or nil and what is wrong with them. [-0, +(1|2), m] */
static int push_parts(lua_State *L, const struct xr_grant_parts *parts)
{
    const char *fault = xr_grant_find_fault(parts);
    if (fault) {
        luaL_pushfail(L);
        lua_pushstring(L, fault);
        return 2;
    }
    struct grant_box *box = push_grant(L);
    box->grant = xr_grant_new(parts);
    return box->grant ? 1 : luaL_error(L, "not enough memory");
}

static int l_grant_gc(lua_State *L)
{
    struct grant_box *box = luaL_checkudata(L, 1, GRANT);
    xr_grant_free(box->grant);
    box->grant = NULL;
    return 0;
}

static int l_grant_tostring(lua_State *L)
{
    lua_pushliteral(L, "grant");
    return 1;
}

/* The text of a field of the table at 1, which stays on the stack; NULL where it is none. */
static const char *text_field(lua_State *L, const char *name)
{
    return lua_getfield(L, 1, name) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
}

/* The number of a field of the table at 1, or 0. [-0, +0, e] */
static double number_field(lua_State *L, const char *name)
{
    double number = lua_getfield(L, 1, name) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
    lua_pop(L, 1);
    return number;
}

/* What a token that the pump brought says. The texts stay the token's. */
static void take_token(struct xr_grant_parts *parts, const struct xr_token *token)
{
    const struct xr_secret *refresh = xr_token_refresh(token);
    const char *scope = xr_token_scope(token);
    parts->access = xr_token_bytes(token);
    parts->refresh = refresh ? xr_secret_bytes(refresh) : NULL;
    parts->scope = scope && xr_grant_is_scope(scope) ? scope : NULL;
    parts->obtained_at = xr_token_obtained_at(token);
    parts->expires_at = xr_token_expires_at(token);
}

/* What the table at 1, a script's own, says. The texts stay on the stack. [-0, +3, e] */
static void take_table(lua_State *L, struct xr_grant_parts *parts)
{
    parts->open = true;
    parts->access = text_field(L, "access_token");
    parts->refresh = text_field(L, "refresh_token");
    const char *scope = text_field(L, "scope");
    parts->scope = scope && xr_grant_is_scope(scope) ? scope : NULL;
    parts->obtained_at = number_field(L, "obtained_at");
    if (parts->obtained_at == 0)
        parts->obtained_at = floor(xr_clock_now());
    parts->expires_at = number_field(L, "expires_at");
    if (parts->expires_at == 0)
        parts->expires_at = parts->obtained_at + number_field(L, "expires_in");
}

/*
 * native.grant{ token=, client_id=, host_tag=, identity_url=, api_url= } -> grant of a token that
 * the pump brought, and
 * native.grant{ access_token=, refresh_token=, expires_at= | expires_in=, ... } -> grant of a
 * script's; or nil and what is wrong.
 */
static int l_grant(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct xr_grant_parts parts = {.generation = 1};
    parts.client_id = text_field(L, "client_id");
    parts.host_tag = text_field(L, "host_tag");
    parts.identity_url = text_field(L, "identity_url");
    parts.api_url = text_field(L, "api_url");
    lua_getfield(L, 1, "token");
    const struct xr_token *token = xr_native_to_token(L, -1);
    if (token)
        take_token(&parts, token);
    else
        take_table(L, &parts);
    return push_parts(L, &parts);
}

/* grant:about() -> table of what is known about the tokens */
static int l_grant_about(lua_State *L)
{
    struct xr_grant_parts parts = xr_grant_parts(check_grant(L, 1));
    lua_createtable(L, 0, 15);
    xr_stored_set_facts(L, &parts);
    lua_pushboolean(L, parts.refresh != NULL);
    lua_setfield(L, -2, "has_refresh");
    lua_pushboolean(L, parts.previous != NULL);
    lua_setfield(L, -2, "has_previous");
    return 1;
}

/* grant:token() -> the access token */
static int l_grant_token(lua_State *L)
{
    struct xr_grant_parts parts = xr_grant_parts(check_grant(L, 1));
    struct xr_token **token = xr_native_push_token(L);
    *token = xr_token_new(parts.access, strlen(parts.access), parts.obtained_at, parts.expires_at,
                          parts.scope);
    return *token ? 1 : luaL_error(L, "not enough memory");
}

/* Takes the times of the table at 2; false clears one. [-0, +0, v] */
static void change_times(lua_State *L, struct xr_grant_parts *parts)
{
    const struct {
        const char *name;
        double *time;
    } fields[] = {
        {"refresh_started_at", &parts->refresh_started_at},
        {"dead_since", &parts->dead_since},
        {"dead_checked_at", &parts->dead_checked_at},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int type = lua_getfield(L, 2, fields[i].name);
        if (type == LUA_TNUMBER)
            *fields[i].time = lua_tonumber(L, -1);
        else if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1))
            *fields[i].time = 0;
        else if (type != LUA_TNIL)
            luaL_argerror(L, 2, lua_pushfstring(L, "'%s': no time", fields[i].name));
        lua_pop(L, 1);
    }
}

/* Takes the texts of the table at 2, whose they stay; false clears one. [-0, +4, v] */
static void change_texts(lua_State *L, struct xr_grant_parts *parts)
{
    const struct {
        const char *name;
        const char **text;
    } fields[] = {
        {"host_tag", &parts->host_tag},
        {"moved_to", &parts->moved_to},
        {"identity_url", &parts->identity_url},
        {"api_url", &parts->api_url},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        int type = lua_getfield(L, 2, fields[i].name);
        if (type == LUA_TSTRING)
            *fields[i].text = lua_tostring(L, -1);
        else if (type == LUA_TBOOLEAN && !lua_toboolean(L, -1))
            *fields[i].text = NULL;
        else if (type != LUA_TNIL)
            luaL_argerror(L, 2, lua_pushfstring(L, "'%s': no text", fields[i].name));
    }
}

/*
 * grant:change{ refresh_started_at=, dead_since=, dead_checked_at=, host_tag=, moved_to=,
 * identity_url=, api_url= } -> grant; false clears one
 */
static int l_grant_change(lua_State *L)
{
    struct xr_grant_parts parts = xr_grant_parts(check_grant(L, 1));
    luaL_checktype(L, 2, LUA_TTABLE);
    change_times(L, &parts);
    change_texts(L, &parts);
    parts.generation++;
    return push_parts(L, &parts);
}

/* grant:rotate(token, { used = "refresh" | "previous" }) -> grant with that answer's tokens */
static int l_grant_rotate(lua_State *L)
{
    static const char *const used[] = {"refresh", "previous", NULL};
    const struct xr_grant *grant = check_grant(L, 1);
    const struct xr_token *token = xr_native_to_token(L, 2);
    luaL_argexpected(L, token, 2, "token");
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_getfield(L, 3, "used");
    bool previous = luaL_checkoption(L, -1, NULL, used) == 1;
    struct xr_grant_parts parts = {.generation = 1};
    take_token(&parts, token);
    struct grant_box *box = push_grant(L);
    box->grant = xr_grant_rotate(grant, &parts, previous);
    return box->grant ? 1 : luaL_error(L, "not enough memory");
}

/* grant:same(other) -> whether it is the same generation of the same tokens */
static int l_grant_same(lua_State *L)
{
    lua_pushboolean(L, xr_grant_same(check_grant(L, 1), check_grant(L, 2)));
    return 1;
}

/* grant:same_tokens(other) -> whether it is the same tokens, whatever was noted about them */
static int l_grant_same_tokens(lua_State *L)
{
    lua_pushboolean(L, xr_grant_same_tokens(check_grant(L, 1), check_grant(L, 2)));
    return 1;
}

/* grant:same_access(token) -> whether that is the grant's access token */
static int l_grant_same_access(lua_State *L)
{
    struct xr_grant_parts parts = xr_grant_parts(check_grant(L, 1));
    const struct xr_token *token = xr_native_to_token(L, 2);
    luaL_argexpected(L, token, 2, "token");
    lua_pushboolean(L, strcmp(parts.access, xr_token_bytes(token)) == 0);
    return 1;
}

/* grant:reveal() -> table like a token response, for a script that stores its tokens itself */
static int l_grant_reveal(lua_State *L)
{
    struct xr_grant_parts parts = xr_grant_parts(check_grant(L, 1));
    luaL_argcheck(L, parts.open, 1, "these tokens are no script's own");
    lua_createtable(L, 0, 6);
    xr_stored_set_text(L, "access_token", parts.access);
    xr_stored_set_text(L, "refresh_token", parts.refresh);
    xr_stored_set_text(L, "token_type", "Bearer");
    xr_stored_set_text(L, "scope", parts.scope);
    xr_stored_set_time(L, "expires_at", parts.expires_at);
    xr_stored_set_time(L, "expires_in", floor(parts.expires_at - parts.obtained_at));
    return 1;
}

/* grant:encode() -> secret, the text of token.json */
static int l_grant_encode(lua_State *L)
{
    struct xr_stored stored = {.parts = xr_grant_parts(check_grant(L, 1))};
    struct xr_secret **secret = xr_native_push_secret(L);
    if (xr_stored_write(L, &stored))
        *secret = xr_secret_new(stored.text, stored.length);
    xr_scratch_drop(L, lua_gettop(L));
    return *secret ? 1 : luaL_error(L, "not enough memory");
}

/* native.grant_decode(secret) -> grant; or nil, message, "newer" | "damaged" */
static int l_grant_decode(lua_State *L)
{
    const struct xr_secret *secret = xr_native_to_secret(L, 1);
    luaL_argexpected(L, secret, 1, "secret");
    struct xr_stored stored = {.text = xr_secret_bytes(secret), .length = xr_secret_length(secret)};
    struct grant_box *box = push_grant(L);
    const char *fault = xr_stored_read(L, &stored);
    if (!fault)
        box->grant = xr_grant_new(&stored.parts);
    xr_scratch_drop(L, lua_gettop(L));
    if (fault) {
        luaL_pushfail(L);
        lua_pushfstring(L, "%s%s", stored.newer ? "" : "is damaged: ", fault);
        lua_pushstring(L, stored.newer ? "newer" : "damaged");
        return 3;
    }
    return box->grant ? 1 : luaL_error(L, "not enough memory");
}

void xr_native_add_grant(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_grant_gc},
        {"__tostring", l_grant_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"about", l_grant_about},
        {"token", l_grant_token},
        {"change", l_grant_change},
        {"rotate", l_grant_rotate},
        {"same", l_grant_same},
        {"same_tokens", l_grant_same_tokens},
        {"same_access", l_grant_same_access},
        {"reveal", l_grant_reveal},
        {"encode", l_grant_encode},
        {NULL, NULL},
    };
    xr_native_add_type(L, GRANT, meta, methods);
    lua_pushcfunction(L, l_grant);
    lua_setfield(L, -2, "grant");
    lua_pushcfunction(L, l_grant_decode);
    lua_setfield(L, -2, "grant_decode");
}
