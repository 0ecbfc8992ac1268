/* The directory of a store. See store_directory.h. */
#include "store_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_trust.h"

/*
 * A descriptor of its own, since a descriptor whose fsync failed once may report success the next
 * time.
 */
enum xr_store_status xr_directory_sync(int directory, const char *path,
                                       struct xr_store_error *error)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return xr_trust_fail(error, errno, "open", path, NULL);
    int number = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && number == 0 && errno != EINTR)
        number = errno;
    return number == 0 ? XR_STORE_OK : xr_trust_fail(error, number, "sync", path, NULL);
}

/* Makes one directory, 0700, and its entry durable. One that exists is as good. */
static enum xr_store_status make_directory(char *path, struct xr_store_error *error)
{
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? XR_STORE_OK : xr_trust_fail(error, errno, "make", path, NULL);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int parent = open(slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    if (parent < 0)
        return xr_trust_fail(error, errno, "open the directory above", path, NULL);
    enum xr_store_status result = xr_directory_sync(parent, path, error);
    (void)close(parent); /* only its own sync wrote */
    return result;
}

enum xr_store_status xr_directory_make(const char *path, struct xr_store_error *error)
{
    char prefix[XR_DIRECTORY_PATH_LIMIT + 1];
    (void)snprintf(prefix, sizeof prefix, "%s", path);
    for (char *slash = strchr(prefix + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        enum xr_store_status result = make_directory(prefix, error);
        *slash = '/';
        if (result != XR_STORE_OK)
            return result;
    }
    return make_directory(prefix, error);
}

enum xr_store_status xr_directory_open(const char *path, int *fd, struct xr_store_error *error)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT)
        return xr_trust_set(error, XR_STORE_ABSENT, NULL, "%s does not exist", path);
    if (*fd < 0)
        return xr_trust_explain(AT_FDCWD, path, NULL, errno, error);
    enum xr_store_status result = xr_trust_directory(*fd, path, error);
    if (result != XR_STORE_OK) {
        (void)close(*fd); /* nothing was written through it */
        *fd = -1;
    }
    return result;
}
