/* Whole reads and writes; see whole.h. */
#include "whole.h"

#include <errno.h>
#include <unistd.h>

/* A call that is interrupted more often than this will never succeed. */
#define INTERRUPTIONS_MAX 100

struct progress {
    size_t done;
    int interruptions;
};

/* Takes in what a call gave. False: it failed for good. */
static bool advance(struct progress *progress, ssize_t n)
{
    if (n < 0)
        return errno == EINTR && ++progress->interruptions <= INTERRUPTIONS_MAX;
    progress->done += (size_t)n;
    return true;
}

bool xr_whole_read(int fd, char *bytes, size_t size, size_t *length)
{
    struct progress progress = {.done = 0};
    bool good = true;
    for (ssize_t n = 1; good && n != 0 && progress.done < size;) {
        n = read(fd, bytes + progress.done, size - progress.done);
        good = advance(&progress, n);
    }
    *length = progress.done;
    return good;
}

bool xr_whole_read_at(int fd, off_t offset, char *bytes, size_t size, size_t *length)
{
    struct progress progress = {.done = 0};
    bool good = true;
    for (ssize_t n = 1; good && n != 0 && progress.done < size;) {
        n = pread(fd, bytes + progress.done, size - progress.done, offset + (off_t)progress.done);
        good = advance(&progress, n);
    }
    *length = progress.done;
    return good;
}

bool xr_whole_write(int fd, const char *bytes, size_t length)
{
    struct progress progress = {.done = 0};
    while (progress.done < length) {
        ssize_t n = write(fd, bytes + progress.done, length - progress.done);
        if (n == 0)
            errno = ENOSPC;
        if (n == 0 || !advance(&progress, n))
            return false;
    }
    return true;
}
