/* The module "xero.native": what lua/xero may ask of C, gathered from the native_<area> files. */
#include "native.h"

#include <stdarg.h>
#include <stdio.h>

#include "host.h"
#include "version.h"

/* Each Lua thread gets a copy of the main thread's extra space when it is made. */
static struct xr_host **host_place(lua_State *L)
{
    return lua_getextraspace(L);
}

void xr_native_set_host(lua_State *L, struct xr_host *host)
{
    *host_place(L) = host;
}

struct xr_host *xr_native_host(lua_State *L)
{
    return *host_place(L);
}

const struct xr_options *xr_native_options(lua_State *L)
{
    return &xr_native_host(L)->options;
}

int luaopen_xero_native(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, XR_VERSION);
    lua_setfield(L, -2, "version");
    xr_native_add_options(L);
    xr_native_add_system(L);
    xr_native_add_text(L);
    xr_native_add_rows(L);
    xr_native_add_rows_read(L);
    xr_native_add_chain(L);
    xr_native_add_interrupt(L);
    xr_native_add_companion(L);
    xr_native_add_token(L);
    xr_native_add_pump(L);
    xr_native_add_window(L);
    xr_native_add_request(L);
    xr_native_add_httpd(L);
    xr_native_add_store(L);
    xr_native_add_grant(L);
    xr_native_add_postgres(L);
    xr_native_add_seal(L);
    xr_native_add_files(L);
    xr_native_add_program(L);
    xr_native_add_libraries(L);
    xr_native_add_end(L);
    xr_native_add_embedded(L);
    return 1;
}

void xr_native_add_type(lua_State *L, const char *name, const luaL_Reg *meta,
                        const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    luaL_setfuncs(L, meta, 0);
    if (methods != NULL) {
        lua_newtable(L);
        luaL_setfuncs(L, methods, 0);
        lua_setfield(L, -2, "__index");
    }
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

/* [-0, +1, e] */
static void push_error(lua_State *L, const char *kind, const char *hint, const char *message)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "xero.error");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "new");
    lua_remove(L, -2);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, kind);
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    lua_pushstring(L, hint);
    lua_setfield(L, -2, "hint");
    lua_call(L, 1, 1);
}

int xr_native_raise(lua_State *L, const char *kind, const char *hint, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    push_error(L, kind, hint, message);
    (void)lua_error(L);
    __builtin_unreachable();
}
