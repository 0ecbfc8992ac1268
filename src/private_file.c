/*
 * A private file, written as a whole; see private_file.h.
 *
 * It is written before it has a name, so that a kill leaves nothing behind. Not every file system
 * has such files, and not every system lets them be named; there it is written beside its place.
 */
#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "whole.h"

static bool fill(int fd, const char *bytes, size_t length)
{
    return xr_whole_write(fd, bytes, length) && fsync(fd) == 0;
}

/* Removes what could not be put in place; false, with the errno of before. */
static bool give_up(const char *beside)
{
    int number = errno;
    (void)unlink(beside); /* what cannot be removed either stays: the first failure is told */
    errno = number;
    return false;
}

/* A name for a file on its way to path; false, with errno, where that is too long. */
static bool name_beside(char beside[static PATH_MAX], const char *path, const char *ending)
{
    int count = snprintf(beside, PATH_MAX, "%s.%s", path, ending);
    if (count >= 0 && count < PATH_MAX)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* Gives the file without a name one that must be free. open(2), O_TMPFILE, has this way. */
static bool give_name(int fd, const char *name)
{
    char opened[sizeof "/proc/self/fd/" + 3 * sizeof fd];
    (void)snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, opened, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/*
 * Puts the file without a name in the place of another. That takes two calls: a kill between them
 * leaves it, whole, under the other name.
 */
static bool replace(int fd, const char *path)
{
    char beside[PATH_MAX];
    char process[3 * sizeof(long)];
    (void)snprintf(process, sizeof process, "%ld", (long)getpid());
    if (!name_beside(beside, path, process) || !give_name(fd, beside))
        return false;
    return rename(beside, path) == 0 || give_up(beside);
}

static bool write_unnamed(const char *path, const char *bytes, size_t length)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int above = slash == NULL ? 0 : (int)(slash - path) + 1;
    int count = snprintf(directory, sizeof directory, "%.*s.", above, path);
    if (count < 0 || count >= (int)sizeof directory)
        return false;
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool done =
        fill(fd, bytes, length) && (give_name(fd, path) || (errno == EEXIST && replace(fd, path)));
    (void)close(fd); /* fsync has told what became of the bytes */
    return done;
}

static bool write_beside(const char *path, const char *bytes, size_t length)
{
    char beside[PATH_MAX];
    if (!name_beside(beside, path, "XXXXXX"))
        return false;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return false;
    bool done = fill(fd, bytes, length);
    int number = errno;
    (void)close(fd); /* fsync has told what became of the bytes */
    errno = number;
    return (done && rename(beside, path) == 0) || give_up(beside);
}

bool xr_private_file_write(const char *path, const char *bytes, size_t length)
{
    return write_unnamed(path, bytes, length) || write_beside(path, bytes, length);
}
