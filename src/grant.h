/*
 * A login as it is stored: the access token, the refresh token, the one before it, and what is
 * known about them. A grant never changes: each step of a refresh makes a new one from the one
 * before, with the next generation, so that what is in memory and what is on disk can be told
 * apart.
 *
 * The tokens are secrets, shared between the generations. Each function that makes a grant gives it
 * to the caller, who frees it; NULL means that memory is short. Times are seconds since the epoch,
 * 0 where there is none.
 */
#ifndef XR_GRANT_H
#define XR_GRANT_H

#include <stdbool.h>

#include "secret.h"

#define XR_GRANT_VERSION 1

struct xr_grant;

/* All of a grant as plain values. The texts and secrets stay their owner's. */
struct xr_grant_parts {
    bool open; /* a script's own: it may see the tokens, for it brought them */
    double generation; /* a whole number */
    const char *client_id;
    const char *host_tag; /* names machine and profile; NULL where it is not known */
    const char *scope; /* NULL where it was not said */
    const char *moved_to; /* the state that it was moved to and must be used from; NULL: none */
    const char *identity_url; /* the servers that it was made for; NULL where it is not known */
    const char *api_url;
    double obtained_at;
    double expires_at;
    double refresh_started_at;
    double dead_since;
    double dead_checked_at;
    double previous_at;
    const char *access; /* the tokens' bytes */
    const char *refresh; /* NULL where there is none */
    const char *previous; /* NULL where there is none */
};

/* Whether the text can be a refresh token, or the scope of a grant. */
bool xr_grant_is_refresh(const char *text);
bool xr_grant_is_scope(const char *text);

/* What is wrong with the values, as the end of a sentence about a field; NULL when all is well. */
const char *xr_grant_find_fault(const struct xr_grant_parts *parts);

/* A copy of parts that have no fault. */
struct xr_grant *xr_grant_new(const struct xr_grant_parts *parts);

/* A view of the grant, valid as long as it. */
struct xr_grant_parts xr_grant_parts(const struct xr_grant *grant);

/* The secrets; still the grant's own, NULL where there is none. */
struct xr_secret *xr_grant_refresh(const struct xr_grant *grant);
struct xr_secret *xr_grant_previous(const struct xr_grant *grant);

/*
 * The grant after an answer that brought the access token (and, unless it is NULL, the refresh
 * token) of parts, with its times and, where it was said, its scope. The refresh token that it
 * retires becomes the previous one; where the previous token was the one used, that one stays.
 */
struct xr_grant *xr_grant_rotate(const struct xr_grant *grant, const struct xr_grant_parts *parts,
                                 bool used_previous);

/* Whether both are the same generation of the same tokens. */
bool xr_grant_same(const struct xr_grant *one, const struct xr_grant *other);

/* Whether both have the same tokens, whatever was noted about them. */
bool xr_grant_same_tokens(const struct xr_grant *one, const struct xr_grant *other);

/* Wipes the grant's shares of its secrets. NULL is allowed. */
void xr_grant_free(struct xr_grant *grant);

#endif
