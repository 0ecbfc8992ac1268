/*
 * Secrets at rest: bytes that only the holder of a key can read or change, by libsodium's secretbox
 * (XSalsa20 and Poly1305) with a random nonce each time. libsodium is loaded when a key is first
 * used; its functions are declared here as its manual has them, so building needs no headers of it.
 *
 * A sealed secret is a text: XR_SEAL_MARK, then the nonce and the box in base64. The key belongs to
 * the seal.
 */
#ifndef XR_SEAL_H
#define XR_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "secret.h"

#define XR_SEAL_MARK "xero-run sealed 1\n"

struct xr_seal;

/*
 * A seal with the key of this text: 32 bytes in base64. NULL with why, a text for people that shows
 * nothing of it. *missing says whether it was libsodium that was missing.
 */
struct xr_seal *xr_seal_new(const struct xr_secret *text, char *why, size_t size, bool *missing);

/* Whether the bytes are sealed, with whatever key. */
bool xr_seal_is_sealed(const struct xr_secret *bytes);

/* The bytes sealed; the caller's. NULL when memory is short. */
struct xr_secret *xr_seal_close(const struct xr_seal *seal, const struct xr_secret *plain);

/* What is sealed in the text; the caller's. NULL where they were sealed with another key, or were
 * changed, or memory is short. */
struct xr_secret *xr_seal_open(const struct xr_seal *seal, const struct xr_secret *sealed);

/* Wipes the key. NULL is allowed. */
void xr_seal_free(struct xr_seal *seal);

#endif
