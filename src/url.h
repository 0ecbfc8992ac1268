/*
 * Base URLs of services, as users give them: checked once, taken apart for messages and decisions.
 * Allowed is https, or http on a loopback host; no user, no query, no fragment.
 */
#ifndef XR_URL_H
#define XR_URL_H

#include <stdbool.h>
#include <stddef.h>

struct xr_url {
    char *base; /* normalised, without a slash at its end */
    char host[264]; /* as people write it, with the port where one was given; cut when longer */
    bool secure; /* https */
    bool loopback; /* localhost, 127.0.0.0/8 or ::1 */
};

/* What is wrong with text as a base URL, in words that follow "the URL"; NULL when it is good. The
 * caller frees url->base, which is NULL unless the URL is good. */
const char *xr_url_parse(struct xr_url *url, const char *text);

#endif
