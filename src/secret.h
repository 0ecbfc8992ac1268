/*
 * Bytes that nobody else may see: credentials, header lines and request bodies made of them. They
 * live in pages of their own, locked into memory where the system allows it and kept out of core
 * dumps, and are wiped when the last owner lets go. A secret does not change once it is made.
 *
 * Owners are counted: xr_secret_new and xr_secret_share give one share each, xr_secret_free takes
 * one. The bytes are always followed by a NUL that is not counted in the length.
 */
#ifndef XR_SECRET_H
#define XR_SECRET_H

#include <stddef.h>

struct xr_secret;

/* A copy of length bytes; NULL when memory is short. The caller wipes the original. */
struct xr_secret *xr_secret_new(const char *bytes, size_t length);

/*
 * A secret of length zeros, and where its bytes are: for the maker to write, before anyone else has
 * the secret. NULL when memory is short.
 */
struct xr_secret *xr_secret_reserve(size_t length, char **bytes);

/* The concatenation of count texts, each NUL-terminated; NULL when memory is short. */
struct xr_secret *xr_secret_join(const char *const *texts, size_t count);

/*
 * The one line of a file that nobody but its owner may read. NULL with why, a text for people that
 * names the file.
 */
struct xr_secret *xr_secret_read(const char *path, char *why, size_t size);

/* Another share of the same secret; never fails, NULL gives NULL. */
struct xr_secret *xr_secret_share(struct xr_secret *secret);

const char *xr_secret_bytes(const struct xr_secret *secret);
size_t xr_secret_length(const struct xr_secret *secret);

/* Gives a share back; the last one wipes the bytes. NULL is allowed. */
void xr_secret_free(struct xr_secret *secret);

#endif
