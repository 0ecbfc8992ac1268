/*
 * Which certificates to trust: a file that the user names, or the system's. The system's hashed
 * directory is taken before its bundle, since libcurl would parse the bundle whole for each new
 * connection, and looks up one file in the directory.
 */
#ifndef XR_TRUST_H
#define XR_TRUST_H

#include <stdbool.h>

/* Of the two at most one is set; none: what libcurl was built for. */
struct xr_trust {
    char *file; /* owned */
    const char *directory;
};

/* Chooses by SSL_CERT_FILE, CURL_CA_BUNDLE and what the system has. False: memory is short. */
bool xr_trust_choose(struct xr_trust *trust);

void xr_trust_clear(struct xr_trust *trust);

#endif
