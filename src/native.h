/*
 * The border between C and Lua. Only native*.c, runtime.c and main.c know lua.h; the engines (http,
 * identity, oauth, token, store, httpd) do not, so that no longjmp can cross them.
 *
 * `require "xero.native"` gives one table; each native_<area>.c adds its functions to it. The table
 * is private to lua/xero: scripts use `require "xero"`.
 */
#ifndef XR_NATIVE_H
#define XR_NATIVE_H

#include <lauxlib.h>
#include <lua.h>

struct xr_options;

/* Tells the border which options the program was started with. They must outlive L. [-0, +0, -] */
void xr_native_set_options(lua_State *L, const struct xr_options *options);

/* The options of the program. [-0, +0, -] */
const struct xr_options *xr_native_options(lua_State *L);

/* Opens the module "xero.native". [-0, +1, e] */
int luaopen_xero_native(lua_State *L);

/* Each adds the functions of one area to the module's table at the top of the stack. [-0, +0, e] */
void xr_native_add_system(lua_State *L);
void xr_native_add_token(lua_State *L);
void xr_native_add_pump(lua_State *L);
void xr_native_add_httpd(lua_State *L);
void xr_native_add_files(lua_State *L);

/*
 * Raises an error object of lua/xero/error.lua: kind is one of its kinds, hint may be NULL. Does not
 * return. [-0, +0, v]
 */
int xr_native_raise(lua_State *L, const char *kind, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));

#endif
