/*
 * An access token and what is known about it. Its bytes are kept as the Authorization header line
 * that sends them, in a secret; nothing else holds a copy. The owner frees the token; a transfer
 * that uses it holds a share of the secret, so the token may go while the transfer is under way.
 *
 * Times are seconds since the epoch. Expiry is counted from the moment before the request that got
 * the token: counted from the answer, a slow answer would make the token seem to live longer than
 * it does.
 */
#ifndef XR_TOKEN_H
#define XR_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "secret.h"

#define XR_TOKEN_MAX 8192

struct xr_token;

/* Whether the bytes can be an access token: RFC 6750's alphabet, 1 to XR_TOKEN_MAX bytes. */
bool xr_token_valid(const char *bytes, size_t length);

/*
 * A token of valid bytes, followed by a NUL. expires_at is 0 when it is not known; scope is copied,
 * or NULL. NULL when memory is short or the bytes are not valid.
 */
struct xr_token *xr_token_new(const char *bytes, size_t length, double obtained_at,
                              double expires_at, const char *scope);

/* The token's header line, "Authorization: Bearer ..."; still the token's own. */
struct xr_secret *xr_token_authorization(const struct xr_token *token);

/* The token itself, as in that line. */
const char *xr_token_bytes(const struct xr_token *token);

/* Keeps a copy of the refresh token that came with the token. False when memory is short. */
bool xr_token_keep_refresh(struct xr_token *token, const char *refresh);

/* That refresh token, the token's own; NULL where none came. */
struct xr_secret *xr_token_refresh(const struct xr_token *token);

/*
 * The payload of a token that is a JWT (RFC 7519), decoded but not verified, as a secret of the
 * caller's. NULL when it is no JWT, or memory is short.
 */
struct xr_secret *xr_token_payload(const struct xr_token *token);

double xr_token_obtained_at(const struct xr_token *token);
double xr_token_expires_at(const struct xr_token *token);

/* The scopes that were granted, separated by spaces, or NULL. */
const char *xr_token_scope(const struct xr_token *token);

/* Wipes the token's own shares. NULL is allowed. */
void xr_token_free(struct xr_token *token);

#endif
