/*
 * The grants of OAuth 2.0 as requests for the pump. Each goes out on a connection of its own, since
 * libcurl repeats by itself what it sent on a used connection that had died; and its answer is
 * confidential.
 */
#ifndef XR_OAUTH_H
#define XR_OAUTH_H

#include <stdbool.h>

#include "http.h"

/* The app: known by HTTP Basic, or without a secret (a PKCE app) by its id in the form. */
struct xr_oauth_client {
    const char *id;
    const struct xr_secret *secret; /* NULL where it has none */
};

/*
 * Each fills method, path, authorization and body of a request; what it puts there is the caller's
 * to free. False: memory is short.
 */

/* RFC 6749 section 4.4. */
bool xr_oauth_client_credentials(struct xr_http_request *request,
                                 const struct xr_oauth_client *client, const char *scope);

/* RFC 6749 section 4.1.3, with the verifier of RFC 7636 unless that is NULL. */
bool xr_oauth_code(struct xr_http_request *request, const struct xr_oauth_client *client,
                   const struct xr_secret *code, const char *redirect_uri,
                   const struct xr_secret *verifier);

/* RFC 6749 section 6; without a scope, so that the scopes stay as they were granted. */
bool xr_oauth_refresh(struct xr_http_request *request, const struct xr_oauth_client *client,
                      const struct xr_secret *refresh);

/* RFC 7009; an answer with status 200 brings no token. */
bool xr_oauth_revoke(struct xr_http_request *request, const struct xr_oauth_client *client,
                     const struct xr_secret *refresh);

/* Whether a text can be the error code of RFC 6749 sections 4.1.2.1 and 5.2, and is short. */
bool xr_oauth_is_error_code(const char *text);

#endif
