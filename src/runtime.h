/*
 * The Lua state of a run: its allocator, its standard library with our os.exit, the modules that
 * the binary carries, and where other modules are looked for. And its end: the state is closed, and
 * with it the pumps that own libcurl; then the output is checked.
 */
#ifndef XR_RUNTIME_H
#define XR_RUNTIME_H

#include <lua.h>

struct xr_embedded;
struct xr_host;

/* An empty state with the wiping allocator, or NULL when memory is short. The caller's to close. */
lua_State *xr_runtime_new(struct xr_host *host);

/* Fills it: libraries, modules, paths. [-0, +0, e] */
void xr_runtime_open(lua_State *L);

/* Pushes the function of an embedded source. [-0, +1, e] */
void xr_runtime_load(lua_State *L, const struct xr_embedded *source);

/* Lets `require` find what lies beside the script. [-0, +0, m] */
void xr_runtime_search_beside(lua_State *L, const char *script);

/*
 * Ends a run that came to status: closes the state, wipes the secrets, and flushes standard output.
 * Gives the status to exit with, which may be worse: output that was not written, a signal. The
 * host must not be used afterwards.
 */
int xr_runtime_finish(lua_State *L, int status);

#endif
