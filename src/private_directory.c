/* A directory for one run; see private_directory.h. */
#include "private_directory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

/* How many descriptors nftw may use; ours is two levels deep. */
enum { DESCRIPTORS = 8 };

bool xr_private_directory_make(struct xr_private_directory *directory)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] != '/')
        parent = "/tmp";
    int length = snprintf(directory->path, sizeof directory->path, "%s/xero-run-XXXXXX", parent);
    if (length < 0 || (size_t)length >= sizeof directory->path) {
        directory->path[0] = '\0';
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(directory->path) != NULL)
        return true;
    directory->path[0] = '\0';
    return false;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    (void)remove(path); /* what cannot be removed stays; there is nobody to tell */
    return 0;
}

void xr_private_directory_remove(struct xr_private_directory *directory)
{
    if (directory->path[0] != '\0')
        (void)nftw(directory->path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
    directory->path[0] = '\0';
}
