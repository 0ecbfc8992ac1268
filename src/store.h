/*
 * The store: a private directory of small files, each replaced as a whole, durably, under a lock.
 * It knows bytes and names only; what token.json means is for grant.c, and when it is written, for
 * lua/xero/refresh.lua.
 *
 * Everything is reached from the directory's descriptor. What another user could have planted, read
 * or changed (a link, a FIFO, a shared file, an open directory) is refused with the command that
 * mends it, and is never mended silently.
 *
 * A struct xr_store belongs to one caller and holds at most one lock and one prepared file. Each
 * function that may fail fills the caller's struct xr_store_error and returns its status.
 */
#ifndef XR_STORE_H
#define XR_STORE_H

#include <stdbool.h>
#include <stddef.h>

enum xr_store_status {
    XR_STORE_OK,
    XR_STORE_ABSENT, /* there is no such file or directory: for most callers not a failure */
    XR_STORE_BUSY, /* somebody else held the lock for all of the time given */
    XR_STORE_INTERRUPTED, /* a signal came while waiting for the lock */
    XR_STORE_REFUSED, /* something is there that cannot be trusted; the hint mends it */
    XR_STORE_FAILED, /* a system call failed: number is its errno */
};

struct xr_store_error {
    enum xr_store_status status;
    int number; /* errno, or 0 */
    char message[1024]; /* names the file and what is wrong */
    char hint[1024]; /* the command that mends it, or "" */
};

struct xr_store;

/*
 * Opens the directory at an absolute path; with create, makes it and its parents (0700) first. Sets
 * *store to a new store that the caller closes with xr_store_close, or to NULL. XR_STORE_ABSENT
 * when it does not exist and create is false.
 */
enum xr_store_status xr_store_open(const char *path, bool create, struct xr_store **store,
                                   struct xr_store_error *error);

/* Gives the lock back and frees the store. NULL is allowed. */
void xr_store_close(struct xr_store *store);

/* True for the names that the functions below take: no slash, no leading dot, 1 to 64 plain bytes.
 */
bool xr_store_is_name(const char *name);

/*
 * Takes the exclusive lock on the file name, for at most so many seconds (0: one attempt). A
 * wake_fd that becomes readable ends the wait; -1 for none.
 */
enum xr_store_status xr_store_lock(struct xr_store *store, const char *name, double seconds,
                                   int wake_fd, struct xr_store_error *error);

/* Removes a prepared file that was not used and gives the lock back. Does nothing without a lock.
 */
void xr_store_unlock(struct xr_store *store);

bool xr_store_is_locked(const struct xr_store *store);

/*
 * Reads the whole file of at most limit bytes. Sets *bytes to memory that the caller wipes and
 * frees, with a NUL after its *length bytes. XR_STORE_ABSENT when there is no file.
 */
enum xr_store_status xr_store_read(const struct xr_store *store, const char *name, size_t limit,
                                   char **bytes, size_t *length, struct xr_store_error *error);

/*
 * Makes NAME.new with room for size bytes, for the next xr_store_replace of that name. A NAME.new
 * that a killed process left is removed. The lock must be held.
 */
enum xr_store_status xr_store_prepare(struct xr_store *store, const char *name, size_t size,
                                      struct xr_store_error *error);

/*
 * Replaces the file by these bytes; once it returns XR_STORE_OK they survive a power cut. Otherwise
 * the file holds either its old bytes or the new ones, whole; a further call starts afresh. The
 * lock must be held.
 */
enum xr_store_status xr_store_replace(struct xr_store *store, const char *name, const char *bytes,
                                      size_t length, struct xr_store_error *error);

/*
 * For engines that keep files of another kind in the directory: its descriptor and its path, which
 * stay the store's; and what makes the coming and going of files in it durable.
 */
int xr_store_directory(const struct xr_store *store);
const char *xr_store_path(const struct xr_store *store);
enum xr_store_status xr_store_sync(const struct xr_store *store, struct xr_store_error *error);

/* Removes the file, durably. XR_STORE_ABSENT when there was none. The lock must be held. */
enum xr_store_status xr_store_remove(struct xr_store *store, const char *name,
                                     struct xr_store_error *error);

#endif
