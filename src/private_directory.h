/*
 * A directory for one run: made under TMPDIR, closed to others, and removed with all that is in it.
 * A run against the private sandbox keeps its state there, so that it touches nothing of the
 * user's.
 */
#ifndef XR_PRIVATE_DIRECTORY_H
#define XR_PRIVATE_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>

struct xr_private_directory {
    char path[PATH_MAX]; /* "" while there is none */
};

/* Makes the directory; false, with errno, when that failed. The caller's to remove. */
bool xr_private_directory_make(struct xr_private_directory *directory);

/* Removes it. May be called twice, and for one that was never made. */
void xr_private_directory_remove(struct xr_private_directory *directory);

#endif
