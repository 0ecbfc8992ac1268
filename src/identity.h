/*
 * The two endpoints of Xero's Identity API as requests for the pump. What goes onto the wire is
 * settled here: the path, the method, who signs.
 */
#ifndef XR_IDENTITY_H
#define XR_IDENTITY_H

#include <stdbool.h>

#include "http.h"

#define XR_UUID_LENGTH ((size_t)36)

/* Whether text is a UUID as RFC 9562 writes it, in either case. */
bool xr_identity_is_uuid(const char *text);

/*
 * Fill path, method and authorization of a request, with ids that are UUIDs; auth_event_id may be
 * NULL. The share of a token's header line that they put there is the caller's to free.
 */
void xr_identity_list(struct xr_http_request *request, struct xr_secret *authorization,
                      const char *auth_event_id);
void xr_identity_delete(struct xr_http_request *request, struct xr_secret *authorization,
                        const char *connection_id);

/* Copies the id by which Xero's support finds an answer, "" where there is none. False: there are
 * several, or it is too long. */
bool xr_identity_correlation_id(struct xr_http_answer *answer, char *text, size_t size);

#endif
