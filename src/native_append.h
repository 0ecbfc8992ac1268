/* A file that only ever grows, at the border: what store:append(name) gives. */
#ifndef XR_NATIVE_APPEND_H
#define XR_NATIVE_APPEND_H

#include <lua.h>

#include "store.h"

/* Adds the type of such files. [-0, +0, m] */
void xr_native_add_append(lua_State *L);

/* Pushes the opened file of the store; raises kind "store" where it cannot be. [-0, +1, v] */
int xr_native_push_append(lua_State *L, const struct xr_store *store, const char *name);

/* Raises an error of kind "store" that says what the engine said. Does not return. [-0, +0, v] */
int xr_native_raise_store(lua_State *L, const struct xr_store_error *error);

/* What an engine's call came to: true; or nil, message, hint. [-0, +(1|3), m] */
int xr_native_push_outcome(lua_State *L, const struct xr_store_error *error, bool done);

#endif
