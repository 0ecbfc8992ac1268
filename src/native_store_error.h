/* What went wrong with a store or a file of it, for Lua: raised, or as the values of a save. */
#ifndef XR_NATIVE_STORE_ERROR_H
#define XR_NATIVE_STORE_ERROR_H

#include <lua.h>

#include "store.h"

/* Raises an error of kind "store" that says what the engine said. Does not return. [-0, +0, v] */
int xr_native_raise_store(lua_State *L, const struct xr_store_error *error);

/* What an engine's call came to: true; or nil, message, hint. [-0, +(1|3), m] */
int xr_native_push_outcome(lua_State *L, const struct xr_store_error *error, bool done);

#endif
