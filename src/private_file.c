/* A private file, written as a whole; see private_file.h. */
#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Writes the bytes and closes the file; false, with errno, unless they are on the disk. */
static bool fill(int fd, const char *bytes, size_t length)
{
    FILE *file = fdopen(fd, "wb");
    if (file == NULL) {
        int number = errno;
        (void)close(fd);
        errno = number;
        return false;
    }
    bool done = fwrite(bytes, 1, length, file) == length && fflush(file) == 0 && fsync(fd) == 0;
    int number = errno;
    if (fclose(file) != 0 && done)
        return false;
    errno = number;
    return done;
}

bool xr_private_file_write(const char *path, const char *bytes, size_t length)
{
    char temporary[PATH_MAX];
    int count = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (count < 0 || (size_t)count >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fill(fd, bytes, length) && rename(temporary, path) == 0)
        return true;
    int number = errno;
    (void)unlink(temporary);
    errno = number;
    return false;
}
