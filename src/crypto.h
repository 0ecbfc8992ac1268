/*
 * OpenSSL, entered with care: where memory was too short to set it up, its functions crash instead
 * of failing. Whoever calls them asks first.
 */
#ifndef XR_CRYPTO_H
#define XR_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#define XR_SHA256_SIZE 32

/* Sets OpenSSL up where that was not done yet. False: it cannot be used. */
bool xr_crypto_ready(void);

/* False where OpenSSL cannot do it. */
bool xr_crypto_sha256(const void *bytes, size_t length, unsigned char digest[XR_SHA256_SIZE]);

#endif
