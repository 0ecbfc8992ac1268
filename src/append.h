/*
 * A file that only ever grows, in the directory of a store: the journal. What is written goes to
 * its end, whole or with an error that is told; what is synced survives a power cut. It knows bytes
 * only; lines and chains are for lua/xero/journal.lua.
 *
 * The file is trusted by the rules of the store (store_trust.h). There is one writer at a time: who
 * appends holds the lock that goes with the file. After a failed write or sync nothing more is
 * taken, for a descriptor whose fsync failed once may report success the next time, and bytes after
 * a torn line would be taken for a line of their own.
 */
#ifndef XR_APPEND_H
#define XR_APPEND_H

#include "store.h"

struct xr_append;

/*
 * Opens the file, making it (0600) where there is none; its entry in the directory is durable then.
 * Sets *append to what the caller closes with xr_append_close, or to NULL. Keeps nothing of the
 * store.
 */
enum xr_store_status xr_append_open(const struct xr_store *store, const char *name,
                                    struct xr_append **append, struct xr_store_error *error);

/* Closes the file. What was not synced may be lost. NULL is allowed. */
void xr_append_close(struct xr_append *append);

/* How many bytes the file has. */
enum xr_store_status xr_append_size(struct xr_append *append, unsigned long long *size,
                                    struct xr_store_error *error);

/* Reads up to size bytes from offset on; *length says how many there were. */
enum xr_store_status xr_append_read(struct xr_append *append, unsigned long long offset,
                                    char *bytes, size_t size, size_t *length,
                                    struct xr_store_error *error);

/* Writes all bytes to the end. */
enum xr_store_status xr_append_write(struct xr_append *append, const char *bytes, size_t length,
                                     struct xr_store_error *error);

/* Makes what was written durable. Does nothing where nothing was written since the last time. */
enum xr_store_status xr_append_sync(struct xr_append *append, struct xr_store_error *error);

#endif
