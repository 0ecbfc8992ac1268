/*
 * Which certificates to trust: a file that the user names, or the system's. The system's hashed
 * directory is taken before its bundle, since libcurl would parse the bundle whole for each new
 * connection, and looks up one file in the directory.
 */
#ifndef XR_AUTHORITIES_H
#define XR_AUTHORITIES_H

#include <stdbool.h>

/* Of the two at most one is set; none: what libcurl was built for. */
struct xr_authorities {
    char *file; /* owned */
    const char *directory;
};

/* Chooses by SSL_CERT_FILE, CURL_CA_BUNDLE and what the system has. False: memory is short. */
bool xr_authorities_choose(struct xr_authorities *authorities);

void xr_authorities_clear(struct xr_authorities *authorities);

#endif
