/*
 * One request on its way, for the pump in http.c: a libcurl handle, what it needs while it runs,
 * and the answer that it becomes. Handles are used again, since making one costs more than a
 * request.
 */
#ifndef XR_TRANSFER_H
#define XR_TRANSFER_H

#include <curl/curl.h>

#include "http.h"
#include "trust.h"
#include "url.h"

struct xr_transfer {
    struct xr_http_answer answer; /* first, so that an answer is its transfer */
    struct xr_transfer *next;
    CURL *easy;
    struct xr_secret *authorization;
    struct xr_secret *lines;
    struct xr_secret *body;
    struct curl_slist
        headers[XR_HTTP_LINES_MAX + 3]; /* nodes made here, so that libcurl copies no secret */
    double timeout;
    size_t header_bytes;
    size_t body_capacity;
    bool headers_complete;
    bool fresh;
    bool once; /* libcurl must not repeat it by itself */
    const char *complaint; /* why we broke off, where we did */
    char detail[CURL_ERROR_SIZE];
};

/* A transfer with the options that never change; NULL when memory is short. */
struct xr_transfer *xr_transfer_new(const struct xr_trust *trust, double connect_timeout);

/* Makes the transfer ready for a request to a URL that was checked. False: memory is short. */
bool xr_transfer_prepare(struct xr_transfer *transfer, const struct xr_http_request *request,
                         const struct xr_url *url);

/* Turns the transfer, ended with code, into its answer. */
void xr_transfer_finish(struct xr_transfer *transfer, CURLcode code);

/* The answer of a transfer whose multi handle broke under it. */
void xr_transfer_abandon(struct xr_transfer *transfer);

/* Wipes what belonged to one request, so that the transfer can be used again. */
void xr_transfer_clear(struct xr_transfer *transfer);

void xr_transfer_free(struct xr_transfer *transfer);

#endif
