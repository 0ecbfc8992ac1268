/*
 * A Lua state of its own for JSON that holds secrets: no script can reach it, its allocator wipes,
 * and it is closed as soon as its work is done. The work is a lua_CFunction (a reader) that gets
 * one light userdata; what the reader finds lives in the state until the userdata that owns it is
 * dropped.
 */
#ifndef XR_NATIVE_SCRATCH_H
#define XR_NATIVE_SCRATCH_H

#include <stdbool.h>

#include "native.h"

/*
 * Runs the reader in a new state, whose owner it pushes. The reader returns the values that its
 * texts live by. False when it raised or memory was short. [-0, +1, m]
 */
bool xr_scratch_run(lua_State *L, lua_CFunction reader, void *argument);

/* Wipes and closes what the userdata at an index, which xr_scratch_run pushed, owns. [-1, +0, -] */
void xr_scratch_drop(lua_State *L, int index);

/* For readers. Decodes JSON text; raises unless it is an object or an array. [-0, +1, e] */
void xr_scratch_decode(lua_State *S, const char *text, size_t length);

/* Replaces the table at the top by its JSON text. [-1, +1, e] */
void xr_scratch_encode(lua_State *S);

/* The text of a field, which stays on the stack; NULL when it is none or has a NUL. [-0, +1, m] */
const char *xr_scratch_text(lua_State *S, int table, const char *key);

/* The number of a field, or 0. [-0, +0, m] */
double xr_scratch_number(lua_State *S, int table, const char *key);

#endif
