/*
 * The form of a grant on disk, the text of token.json, made and read in a scratch state. Reading is
 * strict: a field that is missing or has another type is an error, and so is a version that this
 * program does not know. What cannot be read is never taken for empty.
 */
#ifndef XR_NATIVE_STORED_H
#define XR_NATIVE_STORED_H

#include <stdbool.h>

#include "grant.h"
#include "native.h"

struct xr_stored {
    struct xr_grant_parts parts;
    const char *text;
    size_t length;
    bool newer; /* a newer program wrote it */
    char fault[80]; /* what xr_stored_read gives */
};

/*
 * Makes the text of the parts. Pushes what the text lives by, for xr_scratch_drop. False when
 * memory is short. [-0, +1, m]
 */
bool xr_stored_write(lua_State *L, struct xr_stored *stored);

/*
 * Reads the text into parts that have no fault; else gives what is wrong with it. Pushes what the
 * parts' texts live by, for xr_scratch_drop. [-0, +1, m]
 */
const char *xr_stored_read(lua_State *L, struct xr_stored *stored);

/* Set fields of the table at the top: what is no secret in the parts; one text; one time. Nothing
 * is set for what is not there. [-0, +0, m] */
void xr_stored_set_facts(lua_State *L, const struct xr_grant_parts *parts);
void xr_stored_set_text(lua_State *L, const char *key, const char *text);
void xr_stored_set_time(lua_State *L, const char *key, double time);

#endif
