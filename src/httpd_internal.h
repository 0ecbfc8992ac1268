/*
 * What the two halves of the loopback server share: httpd.c has the daemons, the waiting and the
 * queue; httpd_request.c has one request from its first byte to its answer. Nobody else includes
 * this.
 */
#ifndef XR_HTTPD_INTERNAL_H
#define XR_HTTPD_INTERNAL_H

#include <microhttpd.h>

#include "httpd.h"

struct xr_httpd_request {
    struct xr_httpd *httpd; /* NULL once the connection is gone */
    struct MHD_Connection *connection; /* NULL once it is gone */
    struct xr_httpd_request *previous; /* among all that have a connection */
    struct xr_httpd_request *following;
    struct xr_httpd_request *queued; /* the next one in the queue */
    bool incomplete; /* a field was lost: memory was short */
    bool whole; /* wholly read; from then on suspended until settled */
    bool held; /* its user has it */
    bool settled; /* answered, or given up */
    struct MHD_Response *response; /* settled: the answer; NULL: close without one */
    unsigned status; /* of response */
    char *method;
    char *path;
    struct xr_httpd_field *fields;
    struct xr_httpd_field *last_field;
    char *body;
    size_t length;
    bool too_large;
    double arrived;
};

struct xr_httpd {
    struct MHD_Daemon *daemons[2]; /* 127.0.0.1, ::1 */
    size_t count;
    uint16_t port;
    bool tls;
    int watch; /* epoll: the clients of requests that were let go unanswered */
    struct xr_httpd_request *requests;
    struct xr_httpd_request *queue;
    struct xr_httpd_request *queue_end;
    char log[200]; /* the last line that libmicrohttpd logged */
};

/* Lets libmicrohttpd do what can be done without waiting. */
void xr_httpd_drive(struct xr_httpd *httpd);

/* A request on a connection, among httpd->requests; NULL when memory is short. */
struct xr_httpd_request *xr_httpd_request_new(struct xr_httpd *httpd, struct MHD_Connection *from,
                                              const char *method, const char *path);

/* Copies the header and query fields of its connection. */
bool xr_httpd_request_collect(struct xr_httpd_request *request);

/* Adds a piece of the body, or notes that it is too large. */
bool xr_httpd_request_append(struct xr_httpd_request *request, const char *bytes, size_t size);

/* Wakes the connection, so that it is answered by request->response, or closed without one. */
void xr_httpd_request_settle(struct xr_httpd_request *request);

/* Its connection is gone; frees the request unless its user has it. */
void xr_httpd_request_detach(struct xr_httpd_request *request);

#endif
