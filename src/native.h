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

/* Tells a new state which host it belongs to; the host must outlive L. [-0, +0, -] */
void xr_native_set_host(lua_State *L, struct xr_host *host);

/* That host, and the options that the program was started with. [-0, +0, -] */
struct xr_host *xr_native_host(lua_State *L);
const struct xr_options *xr_native_options(lua_State *L);

/* Opens the module "xero.native". [-0, +1, e] */
int luaopen_xero_native(lua_State *L);

/* Each adds the functions of one area to the module's table at the top of the stack. [-0, +0, e] */
void xr_native_add_options(lua_State *L);
void xr_native_add_system(lua_State *L);
void xr_native_add_text(lua_State *L);
void xr_native_add_chain(lua_State *L);
void xr_native_add_rows(lua_State *L);
void xr_native_add_rows_read(lua_State *L);
void xr_native_add_companion(lua_State *L);
void xr_native_add_interrupt(lua_State *L);
void xr_native_add_token(lua_State *L);
void xr_native_add_pump(lua_State *L);
void xr_native_add_window(lua_State *L);
void xr_native_add_request(lua_State *L);
void xr_native_add_httpd(lua_State *L);
void xr_native_add_store(lua_State *L);
void xr_native_add_grant(lua_State *L);
void xr_native_add_postgres(lua_State *L);
void xr_native_add_seal(lua_State *L);
void xr_native_add_files(lua_State *L);
void xr_native_add_program(lua_State *L);
void xr_native_add_libraries(lua_State *L);
void xr_native_add_end(lua_State *L);
void xr_native_add_embedded(lua_State *L);

/*
 * Makes signals stop Lua code from now on, in whatever coroutine it runs (the functions of the
 * library `coroutine` that switch threads are replaced), and ends that. [-0, +0, e]
 */
void xr_native_allow_interrupts(lua_State *L);
void xr_native_end_interrupts(lua_State *L);

/*
 * The message handler of a run: a plain message gets a traceback, an error object stays as it is.
 * [-1, +1, m]
 */
int xr_native_traceback(lua_State *L);

/*
 * Says the error at the top of the stack on standard error, in one line and a hint where it is an
 * error object. Gives the exit status that it stands for. [-0, +0, -]
 */
int xr_native_report(lua_State *L);

/*
 * Runs what Lua has registered for the end of the run, which came to status; gives the status after
 * that. [-0, +0, -]
 */
int xr_native_end(lua_State *L, int status);

/* Makes the metatable of a type of userdata; methods may be NULL. [-0, +0, m] */
void xr_native_add_type(lua_State *L, const char *name, const luaL_Reg *meta,
                        const luaL_Reg *methods);

/* Says "xero-run: MESSAGE" there, and "hint: HINT" unless that is NULL. Escapes control bytes. */
void xr_native_say(const char *message, const char *hint);

/*
 * Raises an error object of lua/xero/error.lua: kind is one of its kinds, hint may be NULL, the
 * message is as of printf. Does not return. [-0, +0, v]
 */
int xr_native_raise(lua_State *L, const char *kind, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5), noreturn));

#endif
