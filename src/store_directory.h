/*
 * The directory of a store: made, opened and kept so that a power cut loses no entry of it and no
 * other user has had a hand in it.
 */
#ifndef XR_STORE_DIRECTORY_H
#define XR_STORE_DIRECTORY_H

#include "store.h"

/* A longer path would not fit into the messages and their commands. */
#define XR_DIRECTORY_PATH_LIMIT 512

/* Makes the directory and its parents, each 0700 and durable. Those that exist stay as they are. */
enum xr_store_status xr_directory_make(const char *path, struct xr_store_error *error);

/*
 * Opens the directory, of its user alone, and sets *fd to its descriptor, which the caller closes;
 * or to -1. XR_STORE_ABSENT when it does not exist.
 */
enum xr_store_status xr_directory_open(const char *path, int *fd, struct xr_store_error *error);

/* Makes the coming and going of entries in the open directory durable. */
enum xr_store_status xr_directory_sync(int directory, const char *path,
                                       struct xr_store_error *error);

#endif
