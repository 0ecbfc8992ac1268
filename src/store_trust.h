/*
 * What the store trusts: private directories on local file systems, and plain files in them that
 * are ours alone. Each function fills the error with what is wrong and the command that mends it;
 * none changes anything, and none keeps what it was given.
 */
#ifndef XR_STORE_TRUST_H
#define XR_STORE_TRUST_H

#include "store.h"

/* Looks at an open directory and at those above it. path is for the messages. */
enum xr_store_status xr_trust_directory(int fd, const char *path, struct xr_store_error *error);

/* Looks at an open file of the directory at path: plain, ours, unshared, at most limit bytes. */
enum xr_store_status xr_trust_file(int fd, const char *path, const char *name, size_t limit,
                                   struct xr_store_error *error);

/* Refuses a file that has more than limit bytes. */
enum xr_store_status xr_trust_too_large(const char *path, const char *name, size_t limit,
                                        struct xr_store_error *error);

/*
 * Explains why name could not be opened in directory (or, with AT_FDCWD, why path itself, name
 * being NULL): by what lies there if that is to blame, else by number, an errno.
 */
enum xr_store_status xr_trust_explain(int directory, const char *path, const char *name, int number,
                                      struct xr_store_error *error);

/* Fills in a failed system call: "cannot DO PATH/NAME: reason", with a hint where one is known. */
enum xr_store_status xr_trust_fail(struct xr_store_error *error, int number, const char *what,
                                   const char *path, const char *name);

/* Fills in any other outcome. hint may be NULL. */
enum xr_store_status xr_trust_set(struct xr_store_error *error, enum xr_store_status status,
                                  const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
