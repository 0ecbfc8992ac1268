/*
 * The answer to one request while it comes in, held to its bounds; and in the end what it came to:
 * a complete answer, or which error, in words for people.
 */
#ifndef XR_INCOMING_H
#define XR_INCOMING_H

#include <curl/curl.h>

#include "http.h"

struct xr_incoming {
    struct xr_http_answer answer; /* first, so that an answer leads to its transfer */
    CURL *easy; /* of the transfer, which ends it */
    size_t header_bytes;
    size_t body_capacity;
    bool headers_complete;
    const char *complaint; /* why we broke off, where we did */
    char detail[CURL_ERROR_SIZE]; /* why libcurl did */
};

/* Has libcurl hand over here what comes in. False: memory is short. */
bool xr_incoming_receive(struct xr_incoming *in);

/* Completes the answer of a transfer that ended with code. */
void xr_incoming_end(struct xr_incoming *in, CURLcode code);

/* The same for a transfer whose multi handle broke under it. */
void xr_incoming_abandon(struct xr_incoming *in);

#endif
