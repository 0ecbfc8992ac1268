/*
 * Requests of a script's own for the pump: any URL, the usual methods, header lines and a body.
 * What must not get onto the wire is settled here: a header that would become two, one that is the
 * engine's to say, one that makes another method of the request's.
 */
#ifndef XR_REQUEST_H
#define XR_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

#define XR_REQUEST_BODY_MAX ((size_t)32 * 1024 * 1024)

struct xr_request_header {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
};

/* Finds the method of a name, in either case; false where we have no such. */
bool xr_request_method(const char *name, enum xr_http_method *method);

/* Whether a request of the method may have a body. */
bool xr_request_takes_body(enum xr_http_method method);

/* What is wrong with a header, in words that follow its name; NULL when it may be sent. */
const char *xr_request_header_fault(const struct xr_request_header *header);

/*
 * Fills the lines and the body of a request, of XR_HTTP_LINES_MAX headers without fault at most.
 * The shares that it puts there are the caller's to free. False: memory is short.
 */
bool xr_request_fill(struct xr_http_request *request, const struct xr_request_header *headers,
                     size_t count, const char *body, size_t length);

#endif
