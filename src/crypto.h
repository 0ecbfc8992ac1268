/*
 * OpenSSL, entered with care: where memory was too short to set it up, its functions crash instead
 * of failing. Whoever calls them asks first.
 */
#ifndef XR_CRYPTO_H
#define XR_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#define XR_SHA256_SIZE 32
#define XR_SHA256_HEX_SIZE (2 * XR_SHA256_SIZE)

/* Sets OpenSSL up where that was not done yet. False: it cannot be used. */
bool xr_crypto_ready(void);

/* False where OpenSSL cannot do it. */
bool xr_crypto_sha256(const void *bytes, size_t length, unsigned char digest[XR_SHA256_SIZE]);

/* A digest as hexadecimal digits, in lower case, without a NUL. */
void xr_crypto_hex(const unsigned char digest[XR_SHA256_SIZE], char hex[XR_SHA256_HEX_SIZE]);

/* For many digests in a row: OpenSSL takes longer to look the algorithm up than to hash a line. */
struct xr_sha256;

/* NULL where memory or OpenSSL is missing. */
struct xr_sha256 *xr_sha256_new(void);
void xr_sha256_free(struct xr_sha256 *sha256);

/* False where OpenSSL cannot do it. */
bool xr_sha256_digest(struct xr_sha256 *sha256, const void *bytes, size_t length,
                      unsigned char digest[XR_SHA256_SIZE]);

#endif
