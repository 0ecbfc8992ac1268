/* A file that only ever grows, at the border: what store:append(name) gives. */
#ifndef XR_NATIVE_APPEND_H
#define XR_NATIVE_APPEND_H

#include <lua.h>

#include "store.h"

/* Adds the type of such files. [-0, +0, m] */
void xr_native_add_append(lua_State *L);

/* Pushes the opened file of the store; raises kind "store" where it cannot be. [-0, +1, v] */
int xr_native_push_append(lua_State *L, const struct xr_store *store, const char *name);

#endif
