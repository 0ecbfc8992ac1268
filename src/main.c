/* Placeholder host: runs a script with the embedded library; its owner replaces it. */
#include <lualib.h>
#include <stdio.h>
#include <string.h>

#include "embedded.h"
#include "host.h"
#include "native.h"

int luaopen_cjson(lua_State *L);

static int load_embedded(lua_State *L)
{
    const struct xr_embedded *e = lua_touserdata(L, lua_upvalueindex(1));
    char name[256];
    snprintf(name, sizeof name, "@%s", e->file);
    if (luaL_loadbuffer(L, e->text, e->size, name) != LUA_OK)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

int main(int argc, char **argv)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    struct xr_host host = {.argc = argc, .argv = argv};
    xr_native_set_host(L, &host);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (size_t i = 0; i < xr_embedded_module_count; i++) {
        lua_pushlightuserdata(L, (void *)&xr_embedded_modules[i]);
        lua_pushcclosure(L, load_embedded, 1);
        lua_setfield(L, -2, xr_embedded_modules[i].name);
    }
    lua_pushcfunction(L, luaopen_xero_native);
    lua_setfield(L, -2, "xero.native");
    lua_pushcfunction(L, luaopen_cjson);
    lua_setfield(L, -2, "cjson");
    lua_createtable(L, argc, 0);
    for (int i = 1; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - 1);
    }
    lua_setglobal(L, "arg");
    int status = luaL_loadfile(L, argv[1]);
    for (size_t i = 0; argc > 1 && i < xr_embedded_command_count; i++)
        if (strcmp(argv[1], xr_embedded_commands[i].name) == 0)
            status = luaL_loadbuffer(L, xr_embedded_commands[i].text, xr_embedded_commands[i].size,
                                     argv[1]);
    for (int i = 2; i < argc; i++)
        lua_pushstring(L, argv[i]);
    if (status != LUA_OK || lua_pcall(L, argc - 2, 0, 0) != LUA_OK) {
        fprintf(stderr, "%s\n", luaL_tolstring(L, -1, NULL));
        return 1;
    }
    lua_close(L);
    return 0;
}
