/*
 * One request on its way, for the pump in http.c: a libcurl handle, what it needs while it runs,
 * and the answer that comes in. Handles are used again, since making one costs more than a request.
 */
#ifndef XR_TRANSFER_H
#define XR_TRANSFER_H

#include "authorities.h"
#include "incoming.h"
#include "url.h"

struct xr_transfer {
    struct xr_incoming in; /* first, so that an answer is its transfer */
    struct xr_transfer *next;
    struct xr_secret *authorization;
    struct xr_secret *lines;
    struct xr_secret *body;
    struct curl_slist
        headers[XR_HTTP_LINES_MAX + 3]; /* nodes made here, so that libcurl copies no secret */
    bool fresh;
    bool once; /* libcurl must not repeat it by itself */
};

/* A transfer with the options that never change; NULL when memory is short. */
struct xr_transfer *xr_transfer_new(const struct xr_authorities *authorities,
                                    double connect_timeout);

/* Makes the transfer ready for a request to a URL that was checked. False: memory is short. */
bool xr_transfer_prepare(struct xr_transfer *transfer, const struct xr_http_request *request,
                         const struct xr_url *url);

/* Wipes what belonged to one request, so that the transfer can be used again. */
void xr_transfer_clear(struct xr_transfer *transfer);

void xr_transfer_free(struct xr_transfer *transfer);

#endif
