/*
 * A loopback HTTP server over libmicrohttpd, without threads and without callbacks into its user:
 * xr_httpd_next waits for the next whole request and hands it over; the connection sleeps until the
 * request is answered, whenever that is. So one slow answer holds up nobody else.
 *
 * Ownership: the server owns its connections; a request belongs to whoever got it from
 * xr_httpd_next, until xr_httpd_request_release. Server and requests may be released in any order:
 * a request that outlives its server or its connection can still be read, and answering it fails.
 * A request that is released without an answer is never answered: its client waits until it gives
 * up or the server closes. Knows nothing of Lua.
 */
#ifndef XR_HTTPD_H
#define XR_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xr_httpd;
struct xr_httpd_request;

struct xr_httpd_settings {
    const char *address; /* "127.0.0.1", "::1", or "localhost": both, where there is IPv6 */
    uint16_t port; /* 0: any free one */
    const char *certificate; /* PEM; NULL: plain http */
    const char *key; /* PEM; given exactly when certificate is */
};

enum xr_httpd_place { XR_HTTPD_QUERY, XR_HTTPD_HEADER };

/* A field of a request or of a reply. */
struct xr_httpd_field {
    enum xr_httpd_place place;
    const char *name;
    const char *value;
    const struct xr_httpd_field *next;
};

struct xr_httpd_reply {
    unsigned status; /* 200 to 599 */
    const struct xr_httpd_field *head; /* header fields; NULL: none */
    const char *body;
    size_t length;
    size_t send; /* fewer than length: the whole is declared, so much is sent, then it closes */
};

/* Starts to listen. NULL on failure; then message (size bytes) says why. Free by xr_httpd_close. */
struct xr_httpd *xr_httpd_open(const struct xr_httpd_settings *settings, char *message,
                               size_t size);

/* The port that it listens on. */
uint16_t xr_httpd_port(const struct xr_httpd *httpd);

/*
 * Waits at most seconds (negative: without end) for a whole request, and gives it. NULL when the
 * time is over, when wake_fd (-1: none) becomes readable, or when the wait itself failed.
 */
struct xr_httpd_request *xr_httpd_next(struct xr_httpd *httpd, double seconds, int wake_fd);

/* Closes every connection and the server, and frees it. NULL is welcome. */
void xr_httpd_close(struct xr_httpd *httpd);

/* What was asked. The strings live as long as the request. */
const char *xr_httpd_request_method(const struct xr_httpd_request *request);
const char *xr_httpd_request_path(const struct xr_httpd_request *request); /* percent-decoded */
const struct xr_httpd_field *xr_httpd_request_fields(const struct xr_httpd_request *request);
const char *xr_httpd_request_body(const struct xr_httpd_request *request, size_t *length);
double xr_httpd_request_arrived(const struct xr_httpd_request *request); /* CLOCK_MONOTONIC */

/*
 * The ways to answer; each copies what it is given. NULL on success, else why not (a constant
 * text): a request can be answered once, and only while its connection lives.
 */
const char *xr_httpd_request_answer(struct xr_httpd_request *request,
                                    const struct xr_httpd_reply *reply);
const char *xr_httpd_request_raw(struct xr_httpd_request *request, const char *bytes,
                                 size_t length);
const char *xr_httpd_request_reset(struct xr_httpd_request *request);

/* Lets the request go. NULL is welcome. */
void xr_httpd_request_release(struct xr_httpd_request *request);

#endif
