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

struct xr_host;
struct xr_options;

/* Tells the border which host it belongs to; the host must outlive L. [-0, +0, m] */
void xr_native_set_host(lua_State *L, struct xr_host *host);

/* That host, and the options that the program was started with. [-0, +0, -] */
struct xr_host *xr_native_host(lua_State *L);
const struct xr_options *xr_native_options(lua_State *L);

/* Opens the module "xero.native". [-0, +1, e] */
int luaopen_xero_native(lua_State *L);

/* Each adds the functions of one area to the module's table at the top of the stack. [-0, +0, e] */
void xr_native_add_options(lua_State *L);
void xr_native_add_system(lua_State *L);
void xr_native_add_companion(lua_State *L);
void xr_native_add_interrupt(lua_State *L);
void xr_native_add_token(lua_State *L);
void xr_native_add_pump(lua_State *L);
void xr_native_add_httpd(lua_State *L);
void xr_native_add_files(lua_State *L);

/*
 * Makes signals stop Lua code from now on, in whatever coroutine it runs (the functions of the
 * library `coroutine` that switch threads are replaced), and ends that. [-0, +0, e]
 */
void xr_native_allow_interrupts(lua_State *L);
void xr_native_end_interrupts(lua_State *L);

/*
 * Pushes an error object of lua/xero/error.lua: kind is one of its kinds, hint may be NULL.
 * [-0, +1, e]
 */
void xr_native_push_error(lua_State *L, const char *kind, const char *hint, const char *message);

/* Raises one, with a message as of printf. Does not return. [-0, +0, v] */
int xr_native_raise(lua_State *L, const char *kind, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));

#endif
