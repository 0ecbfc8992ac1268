/*
 * The pump: HTTP over one libcurl multi handle. Submit requests, then wait for the next finished
 * one. It knows how a request travels (TLS, connections, limits, what was sent) and nothing of what
 * it means; retry and order are the caller's. All is done inside its functions, on the caller's
 * thread. Where several share a pump, each waits for the answers to its own requests (asker).
 *
 * The pump owns everything in flight. A finished answer belongs to the caller until it is given
 * back by xr_http_release.
 */
#ifndef XR_HTTP_H
#define XR_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "secret.h"

#define XR_HTTP_BODY_MAX ((size_t)32 * 1024 * 1024)
#define XR_HTTP_CONFIDENTIAL_MAX ((size_t)1024 * 1024)
#define XR_HTTP_LINES_MAX ((size_t)64)
#define XR_HTTP_HEADERS_MAX ((size_t)64 * 1024)

struct xr_http;

enum xr_http_method {
    XR_HTTP_GET,
    XR_HTTP_HEAD,
    XR_HTTP_POST,
    XR_HTTP_PUT,
    XR_HTTP_PATCH,
    XR_HTTP_DELETE
};

struct xr_http_request {
    enum xr_http_method method;
    const char *base; /* what xr_url_parse accepts */
    char path[128]; /* with its query; begins with "/" */
    bool own; /* a script's own: base is a whole URL, path is empty, no header is added */
    struct xr_secret *authorization; /* the whole header line; a share of its own */
    struct xr_secret *lines; /* further header lines, each with a NUL behind; a share of its own */
    struct xr_secret *body; /* POST, PUT, PATCH; a share of its own */
    double timeout; /* seconds, for everything from start to end */
    bool fresh; /* on a connection of its own, which libcurl cannot repeat on */
    bool confidential; /* the answer's body is not for scripts */
    bool revocation; /* it disconnects too, and a good answer brings no token */
    unsigned long asker; /* whose it is: of xr_http_asker, or 0 */
    long long tag; /* the asker's own */
};

enum xr_http_error {
    XR_HTTP_OK, /* a complete answer, whatever its status */
    XR_HTTP_NETWORK, /* no connection, or one that broke */
    XR_HTTP_TLS, /* no trust */
    XR_HTTP_TIMEOUT,
    XR_HTTP_PROTOCOL /* an answer that cannot be used */
};

struct xr_http_answer {
    unsigned long id;
    enum xr_http_error error;
    char message[576]; /* for people, where error is set */
    char host[264]; /* as in struct xr_url */
    long status; /* 0 where no answer came */
    const char *version; /* "1.0", "1.1", "2"; NULL where no answer came */
    unsigned sends; /* how often the request went out; 0: certainly never */
    double started; /* when it was submitted, seconds since the epoch */
    double seconds;
    char *body; /* NULL where it is empty */
    size_t body_length;
    bool confidential;
    bool revocation;
    unsigned long asker;
    long long tag;
};

struct xr_http_options {
    const bool *dry_run; /* refuse DELETE and revocation; looked at anew for each request */
    double connect_timeout; /* seconds */
    int interrupt_fd; /* readable once the program is to stop; -1: none */
};

enum xr_http_refusal { XR_HTTP_ACCEPTED, XR_HTTP_DRY_RUN, XR_HTTP_UNFIT, XR_HTTP_NO_MEMORY };

/* NULL when memory or descriptors are short. */
struct xr_http *xr_http_new(const struct xr_http_options *options);

/*
 * Takes the request on and gives its id. Where the request is unfit, *why says what is wrong with
 * it (a constant text). Keeps nothing of the request but shares of its secrets.
 */
enum xr_http_refusal xr_http_submit(struct xr_http *http, const struct xr_http_request *request,
                                    unsigned long *id, const char **why);

/* A number that no other asker has. */
unsigned long xr_http_asker(struct xr_http *http);

/* Has what was submitted go out now; otherwise it does with the next wait. */
void xr_http_send(struct xr_http *http);

/* Whether an answer for this asker has come already. */
bool xr_http_ready(struct xr_http *http, unsigned long asker);

/*
 * The next finished answer for this asker. NULL when the seconds are over (negative: no limit),
 * when nothing is in flight, or, once in a pump's life, when the interrupt descriptor has become
 * readable.
 */
struct xr_http_answer *xr_http_wait(struct xr_http *http, unsigned long asker, double seconds);

/* Steps through the headers of an answer: *cursor begins as NULL. Names are as the server wrote
 * them; the texts live as long as the answer. */
bool xr_http_next_header(struct xr_http_answer *answer, void **cursor, const char **name,
                         const char **value);

/* The value of a header, which lives as long as the answer; *count says how often it is there. NULL
 * where it is not. */
const char *xr_http_header(struct xr_http_answer *answer, const char *name, size_t *count);

/* NULL is allowed. */
void xr_http_release(struct xr_http *http, struct xr_http_answer *answer);

/* Requests that were accepted and not yet handed out by xr_http_wait. */
size_t xr_http_in_flight(const struct xr_http *http);

/* Gives a request up; whether the server sees it is open. False: it is not in flight. */
bool xr_http_cancel(struct xr_http *http, unsigned long id);

/* Gives up what is in flight and closes. Answers must have been released. NULL is allowed. */
void xr_http_free(struct xr_http *http);

#endif
