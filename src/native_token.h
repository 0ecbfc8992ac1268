/*
 * Secrets and tokens at the border: opaque userdata for Lua, whose bytes stay in C. For the other
 * native files.
 */
#ifndef XR_NATIVE_TOKEN_H
#define XR_NATIVE_TOKEN_H

#include "http.h"
#include "native.h"
#include "token.h"

/* The secret or the token at an index; NULL for anything else. [-0, +0, m] */
struct xr_secret *xr_native_to_secret(lua_State *L, int index);
struct xr_token *xr_native_to_token(lua_State *L, int index);

/* Pushes a secret (a token) that is still empty, and gives the place to put it. [-0, +1, m] */
struct xr_secret **xr_native_push_secret(lua_State *L);
struct xr_token **xr_native_push_token(lua_State *L);

/*
 * Sets in the table at the top of the stack what the answer of a token endpoint says: token, or
 * oauth_error and oauth_description, or error and message. [-0, +0, m]
 */
void xr_native_set_grant(lua_State *L, const struct xr_http_answer *answer);

#endif
