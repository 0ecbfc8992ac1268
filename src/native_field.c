/* Fields of a table that is an argument; see native_field.h. */
#include "native_field.h"

#include <string.h>

#define SECONDS_MAX 86400.0

void xr_field_fail(lua_State *L, int table, const char *name, const char *expected)
{
    const char *message =
        lua_pushfstring(L, "field '%s': %s expected, got %s", name, expected, luaL_typename(L, -1));
    (void)luaL_argerror(L, table, message);
    __builtin_unreachable();
}

const char *xr_field_text(lua_State *L, int table, const char *name, bool optional)
{
    int type = lua_getfield(L, table, name);
    if (type == LUA_TNIL && optional)
        return NULL;
    if (type != LUA_TSTRING)
        xr_field_fail(L, table, name, "string");
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length)
        luaL_argerror(L, table, lua_pushfstring(L, "field '%s' has a NUL", name));
    return text;
}

double xr_field_seconds(lua_State *L, int table, const char *name, double otherwise)
{
    double seconds = otherwise;
    if (lua_getfield(L, table, name) != LUA_TNIL) {
        if (lua_type(L, -1) != LUA_TNUMBER)
            xr_field_fail(L, table, name, "number");
        seconds = lua_tonumber(L, -1);
        if (!(seconds > 0))
            luaL_argerror(L, table, lua_pushfstring(L, "field '%s' is not positive", name));
    }
    lua_pop(L, 1);
    return seconds < SECONDS_MAX ? seconds : SECONDS_MAX;
}

int xr_field_choice(lua_State *L, int table, const char *name, const char *const names[])
{
    const char *text = xr_field_text(L, table, name, true);
    for (int i = 0; names[i]; i++)
        if (!text || strcmp(text, names[i]) == 0)
            return i;
    return luaL_argerror(L, table, lua_pushfstring(L, "unknown %s '%s'", name, text));
}
