/*
 * The JSON that holds secrets, read where no script can reach it. Each reader pushes a userdata;
 * the texts that it found live until that is dropped by xr_scratch_drop.
 */
#ifndef XR_NATIVE_DECODE_H
#define XR_NATIVE_DECODE_H

#include <stdbool.h>

#include "native.h"

/* A token endpoint's answer. The texts are NULL where the field is missing or no text. */
struct xr_grant_answer {
    const char *body; /* what to read, and its length */
    size_t length;
    bool bearer; /* the token's type is that, or not said */
    const char *access_token;
    const char *refresh_token;
    const char *scope;
    const char *error;
    const char *description;
    double expires_in; /* 0 where there is no number */
};

/* The claims of a token that are shown; not verified, since Xero judges tokens, not we. */
struct xr_claims {
    const char *text; /* what to read, and its length */
    size_t length;
    const char *event;
    const char *user;
    const char *scope; /* separated by spaces */
    double expires; /* 0 where there is no number */
};

/* Each is false when the text is not a JSON object, or memory is short. [-0, +1, m] */
bool xr_native_read_grant(lua_State *L, struct xr_grant_answer *grant);
bool xr_native_read_claims(lua_State *L, struct xr_claims *claims);

#endif
