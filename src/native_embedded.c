/* What the binary carries, for Lua: the names of its commands, and the files that `init` writes. */
#include "embedded.h"
#include "native.h"

/* command_names() -> the names of the bundled commands, sorted. [-0, +1, m] */
static int l_command_names(lua_State *L)
{
    lua_createtable(L, (int)xr_embedded_command_count, 0);
    for (size_t i = 0; i < xr_embedded_command_count; i++) {
        lua_pushstring(L, xr_embedded_commands[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* embedded_texts() -> { [name] = text, ... }, those that are no program of this one. [-0, +1, m] */
static int l_embedded_texts(lua_State *L)
{
    lua_createtable(L, 0, (int)xr_embedded_text_count);
    for (size_t i = 0; i < xr_embedded_text_count; i++) {
        lua_pushlstring(L, xr_embedded_texts[i].text, xr_embedded_texts[i].size);
        lua_setfield(L, -2, xr_embedded_texts[i].name);
    }
    return 1;
}

void xr_native_add_embedded(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"command_names", l_command_names},
        {"embedded_texts", l_embedded_texts},
        {NULL, NULL},
    };
    luaL_setfuncs(L, functions, 0);
}
