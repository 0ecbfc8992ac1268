/* The form of a grant on disk. See native_stored.h. */
#include "native_stored.h"

#include <stdio.h>

#include "native_scratch.h"

void xr_stored_set_time(lua_State *L, const char *key, double time)
{
    if (time == 0)
        return;
    lua_pushnumber(L, time);
    lua_setfield(L, -2, key);
}

void xr_stored_set_text(lua_State *L, const char *key, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

void xr_stored_set_facts(lua_State *L, const struct xr_grant_parts *parts)
{
    lua_pushinteger(L, XR_GRANT_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushinteger(L, (lua_Integer)parts->generation);
    lua_setfield(L, -2, "generation");
    xr_stored_set_text(L, "client_id", parts->client_id);
    xr_stored_set_text(L, "host_tag", parts->host_tag);
    xr_stored_set_text(L, "scope", parts->scope);
    xr_stored_set_text(L, "moved_to", parts->moved_to);
    xr_stored_set_text(L, "identity_url", parts->identity_url);
    xr_stored_set_text(L, "api_url", parts->api_url);
    xr_stored_set_time(L, "obtained_at", parts->obtained_at);
    xr_stored_set_time(L, "expires_at", parts->expires_at);
    xr_stored_set_time(L, "refresh_started_at", parts->refresh_started_at);
    xr_stored_set_time(L, "dead_since", parts->dead_since);
    xr_stored_set_time(L, "dead_checked_at", parts->dead_checked_at);
    xr_stored_set_time(L, "previous_at", parts->previous_at);
}

/* Makes the text of token.json. Returns what it lives by. */
static int write_stored(lua_State *S)
{
    struct xr_stored *stored = lua_touserdata(S, 1);
    lua_createtable(S, 0, 18);
    xr_stored_set_facts(S, &stored->parts);
    xr_stored_set_text(S, "access_token", stored->parts.access);
    xr_stored_set_text(S, "refresh_token", stored->parts.refresh);
    xr_stored_set_text(S, "previous_refresh_token", stored->parts.previous);
    xr_scratch_encode(S);
    stored->text = lua_tolstring(S, -1, &stored->length);
    return 1;
}

/* Ends the reading because of a field. */
static int stop(lua_State *S, struct xr_stored *stored, const char *key)
{
    (void)snprintf(stored->fault, sizeof stored->fault, "%s is missing or of the wrong type", key);
    lua_pushnil(S);
    return lua_error(S);
}

static const char *read_text(lua_State *S, struct xr_stored *stored, const char *key, bool optional)
{
    const char *text = xr_scratch_text(S, 2, key);
    if (!text && !(optional && lua_isnil(S, -1)))
        stop(S, stored, key);
    return text;
}

static double read_number(lua_State *S, struct xr_stored *stored, const char *key, bool optional)
{
    int type = lua_getfield(S, 2, key);
    double number = lua_tonumber(S, -1);
    lua_pop(S, 1);
    if (type != LUA_TNUMBER && !(optional && type == LUA_TNIL))
        stop(S, stored, key);
    return number;
}

/* Reads the text of token.json. Returns what the texts live by. */
static int read_stored(lua_State *S)
{
    struct xr_stored *stored = lua_touserdata(S, 1);
    struct xr_grant_parts *parts = &stored->parts;
    luaL_checkstack(S, LUA_MINSTACK, NULL);
    xr_scratch_decode(S, stored->text, stored->length);
    double version = read_number(S, stored, "version", false);
    stored->newer = version > XR_GRANT_VERSION;
    if (version != XR_GRANT_VERSION)
        stop(S, stored, "version");
    parts->generation = read_number(S, stored, "generation", false);
    parts->client_id = read_text(S, stored, "client_id", false);
    parts->host_tag = read_text(S, stored, "host_tag", true);
    parts->scope = read_text(S, stored, "scope", true);
    parts->moved_to = read_text(S, stored, "moved_to", true);
    parts->identity_url = read_text(S, stored, "identity_url", true);
    parts->api_url = read_text(S, stored, "api_url", true);
    parts->obtained_at = read_number(S, stored, "obtained_at", false);
    parts->expires_at = read_number(S, stored, "expires_at", false);
    parts->refresh_started_at = read_number(S, stored, "refresh_started_at", true);
    parts->dead_since = read_number(S, stored, "dead_since", true);
    parts->dead_checked_at = read_number(S, stored, "dead_checked_at", true);
    parts->previous_at = read_number(S, stored, "previous_at", true);
    parts->access = read_text(S, stored, "access_token", false);
    parts->refresh = read_text(S, stored, "refresh_token", false);
    parts->previous = read_text(S, stored, "previous_refresh_token", true);
    return lua_gettop(S) - 2;
}

bool xr_stored_write(lua_State *L, struct xr_stored *stored)
{
    return xr_scratch_run(L, write_stored, stored);
}

const char *xr_stored_read(lua_State *L, struct xr_stored *stored)
{
    stored->fault[0] = '\0';
    if (xr_scratch_run(L, read_stored, stored))
        return xr_grant_find_fault(&stored->parts);
    if (stored->newer)
        return "was written by a newer xero-run";
    return stored->fault[0] != '\0' ? stored->fault : "it is not complete JSON";
}
