/*
 * URLs as users give them: the bases of services, and whole ones of scripts' own requests; checked
 * once, taken apart for messages and decisions. Allowed is https, or http on a loopback host; no
 * user, no fragment, and in a base no query.
 */
#ifndef XR_URL_H
#define XR_URL_H

#include <stdbool.h>
#include <stddef.h>

enum xr_url_form { XR_URL_BASE, XR_URL_WHOLE };

struct xr_url {
    char *base; /* normalised; of a base without a slash at its end */
    char host[264]; /* as people write it, with the port where one was given; cut when longer */
    bool secure; /* https */
    bool loopback; /* localhost, 127.0.0.0/8 or ::1 */
};

/* What is wrong with text as a URL of the form, in words that follow "the URL"; NULL when it is
 * good. The caller frees url->base, which is NULL unless the URL is good. */
const char *xr_url_parse(struct xr_url *url, const char *text, enum xr_url_form form);

/* A base that was found to be good, with its text: nearly all requests go to the same one. Begins
 * as {0}. */
struct xr_url_base {
    char *text;
    struct xr_url url;
};

/* As xr_url_parse for a base, but what it gives is the memory's own, until the next call. */
const char *xr_url_recall(struct xr_url_base *base, const char *text);

void xr_url_forget(struct xr_url_base *base);

#endif
