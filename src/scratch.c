/* A directory for one run; see scratch.h. */
#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* How many descriptors nftw may use; ours is two levels deep. */
enum { DESCRIPTORS = 8 };

bool xr_scratch_make(struct xr_scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] != '/')
        parent = "/tmp";
    int length = snprintf(scratch->path, sizeof scratch->path, "%s/xero-run-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof scratch->path) {
        scratch->path[0] = '\0';
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(scratch->path) != NULL)
        return true;
    scratch->path[0] = '\0';
    return false;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    (void)remove(path); /* what cannot be removed stays; there is nobody to tell */
    return 0;
}

void xr_scratch_remove(struct xr_scratch *scratch)
{
    if (scratch->path[0] != '\0')
        (void)nftw(scratch->path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    scratch->path[0] = '\0';
}
