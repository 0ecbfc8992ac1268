/*
 * A directory for one run: made under TMPDIR, closed to others, and removed with all that is in it.
 * A run against the private sandbox keeps its state there, so that it touches nothing of the
 * user's.
 */
#ifndef XR_SCRATCH_H
#define XR_SCRATCH_H

#include <limits.h>
#include <stdbool.h>

struct xr_scratch {
    char path[PATH_MAX]; /* "" while there is none */
};

/* Makes the directory; false, with errno, when that failed. The caller's to remove. */
bool xr_scratch_make(struct xr_scratch *scratch);

/* Removes it. May be called twice, and for one that was never made. */
void xr_scratch_remove(struct xr_scratch *scratch);

#endif
