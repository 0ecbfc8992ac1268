/*
 * Certificates made on the fly, so that a loopback server can speak TLS without any set-up. What is
 * made signs itself and is its own certificate authority: the same file serves as SSL_CERT_FILE of
 * the client. Knows nothing of Lua.
 */
#ifndef XR_CERTIFICATE_H
#define XR_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

struct xr_certificate {
    char *certificate; /* PEM, NUL-terminated; owned; NULL when empty */
    char *key; /* PEM (PKCS #8), NUL-terminated; owned, wiped on release */
};

/*
 * Makes an EC P-256 key and a certificate for names (DNS names and IP addresses), valid for days
 * from now. Fills certificate, which must be empty. On failure certificate stays empty and message
 * (size bytes) says why.
 */
bool xr_certificate_make(struct xr_certificate *certificate, const char *const *names, size_t count,
                         int days, char *message, size_t size);

/* Wipes and frees what certificate owns; it is empty afterwards. An empty one is welcome. */
void xr_certificate_clear(struct xr_certificate *certificate);

#endif
