/*
 * The grants of OAuth 2.0 as requests for the pump. Each goes out on a connection of its own, since
 * libcurl repeats by itself what it sent on a used connection that had died; and its answer is
 * confidential.
 */
#ifndef XR_OAUTH_H
#define XR_OAUTH_H

#include <stdbool.h>

#include "http.h"

/*
 * RFC 6749 section 4.4, the client known by HTTP Basic. Fills path, method, authorization and form
 * of a request; what it puts there is the caller's to free. False: memory is short.
 */
bool xr_oauth_client_credentials(struct xr_http_request *request, const char *client_id,
                                 const struct xr_secret *client_secret, const char *scope);

#endif
