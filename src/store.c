/* The store: lock, read and durable replace inside one trusted directory. See store.h. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "store_directory.h"
#include "store_trust.h"
#include "whole.h"

#define NAME_LIMIT 64
#define LOCK_FILE_LIMIT 4096

struct xr_store {
    int directory;
    int lock; /* -1: not held */
    int prepared; /* -1: none; else NAME.new, open for writing */
    char prepared_for[NAME_LIMIT + 1];
    char path[];
};

bool xr_store_is_name(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length > 0 && length <= NAME_LIMIT && strspn(name, plain) == length && name[0] != '.' &&
           name[0] != '-';
}

/* The name of the file that takes the place of name. */
static const char *temporary(char out[NAME_LIMIT + 5], const char *name)
{
    (void)snprintf(out, NAME_LIMIT + 5, "%s.new", name);
    return out;
}

enum xr_store_status xr_store_open(const char *path, bool create, struct xr_store **store,
                                   struct xr_store_error *error)
{
    *store = NULL;
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (path[0] != '/')
        return xr_trust_set(error, XR_STORE_REFUSED, NULL, "%s is not an absolute path", path);
    if (length > XR_DIRECTORY_PATH_LIMIT)
        return xr_trust_set(error, XR_STORE_REFUSED, NULL, "the path of the store is too long");

    struct xr_store *made = calloc(1, sizeof *made + length + 1);
    if (made == NULL)
        return xr_trust_fail(error, ENOMEM, "open", path, NULL);
    memcpy(made->path, path, length);
    made->path[length] = '\0';
    made->lock = -1;
    made->prepared = -1;
    made->directory = -1;

    enum xr_store_status result = create ? xr_directory_make(made->path, error) : XR_STORE_OK;
    if (result == XR_STORE_OK)
        result = xr_directory_open(made->path, &made->directory, error);
    if (result == XR_STORE_OK)
        *store = made;
    else
        xr_store_close(made);
    return result;
}

void xr_store_close(struct xr_store *store)
{
    if (store == NULL)
        return;
    xr_store_unlock(store);
    if (store->directory >= 0)
        (void)close(store->directory); /* nothing is written through it */
    free(store);
}

/*
 * Sleeps for 5 to 40 ms, not beyond the seconds that are left; many waiters should not wake in
 * step. False when wake_fd became readable.
 */
static bool pause_a_little(double left, int wake_fd)
{
    unsigned char dice = 128;
    if (getrandom(&dice, 1, GRND_NONBLOCK) != 1)
        dice = 128;
    double milliseconds = 5 + 35 * dice / 255.0;
    if (left * 1000 < milliseconds)
        milliseconds = left * 1000;
    struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
    int ready = poll(&wake, 1, (int)milliseconds + 1);
    return ready <= 0; /* a signal's EINTR is followed by a readable wake_fd */
}

static enum xr_store_status open_lock(const struct xr_store *store, const char *name, int *fd,
                                      struct xr_store_error *error)
{
    *fd = openat(store->directory, name,
                 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (*fd < 0)
        return xr_trust_explain(store->directory, store->path, name, errno, error);
    enum xr_store_status result = xr_trust_file(*fd, store->path, name, LOCK_FILE_LIMIT, error);
    if (result != XR_STORE_OK) {
        (void)close(*fd); /* nothing was written to it */
        *fd = -1;
    }
    return result;
}

/* False when somebody removed the lock file by hand: the next process would lock another file. */
static bool still_named(const struct xr_store *store, const char *name, int fd)
{
    struct stat held;
    struct stat named;
    return fstat(fd, &held) == 0 &&
           fstatat(store->directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

enum xr_store_status xr_store_lock(struct xr_store *store, const char *name, double seconds,
                                   int wake_fd, struct xr_store_error *error)
{
    if (store->lock >= 0)
        return xr_trust_set(error, XR_STORE_FAILED, NULL, "%s is locked already", store->path);
    double deadline = xr_clock_monotonic() + seconds;
    int fd;
    enum xr_store_status result = open_lock(store, name, &fd, error);
    while (result == XR_STORE_OK) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            if (still_named(store, name, fd))
                break;
            (void)close(fd); /* nothing was written to it */
            result = open_lock(store, name, &fd, error);
            continue;
        }
        int failure = errno;
        double left = deadline - xr_clock_monotonic();
        if (failure != EWOULDBLOCK && failure != EINTR)
            result = xr_trust_fail(error, failure, "lock", store->path, name);
        else if (left <= 0)
            result = xr_trust_set(error, XR_STORE_BUSY, NULL, "another process holds %s/%s",
                                  store->path, name);
        else if (!pause_a_little(left, wake_fd))
            result = xr_trust_set(error, XR_STORE_INTERRUPTED, NULL,
                                  "interrupted while waiting for %s/%s", store->path, name);
    }
    if (result == XR_STORE_OK)
        store->lock = fd;
    else if (fd >= 0)
        (void)close(fd); /* nothing was written to it */
    return result;
}

/* Forgets the prepared file: an unfinished one is worth nothing. Only under the lock. */
static void discard_prepared(struct xr_store *store)
{
    char name[NAME_LIMIT + 5];
    if (store->prepared < 0)
        return;
    (void)close(store->prepared);
    store->prepared = -1;
    /* Should this fail, the next one who prepares or replaces removes it. */
    (void)unlinkat(store->directory, temporary(name, store->prepared_for), 0);
}

void xr_store_unlock(struct xr_store *store)
{
    if (store->lock < 0)
        return;
    discard_prepared(store);
    (void)close(store->lock); /* nothing was written to it; closing gives the lock back */
    store->lock = -1;
}

bool xr_store_is_locked(const struct xr_store *store)
{
    return store->lock >= 0;
}

enum xr_store_status xr_store_read(const struct xr_store *store, const char *name, size_t limit,
                                   char **bytes, size_t *length, struct xr_store_error *error)
{
    *bytes = NULL;
    *length = 0;
    int fd =
        openat(store->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return xr_trust_set(error, XR_STORE_ABSENT, NULL, "%s/%s does not exist", store->path,
                            name);
    if (fd < 0)
        return xr_trust_explain(store->directory, store->path, name, errno, error);
    size_t size = limit + 1; /* one more than allowed, to see that there is more */
    char *buffer = NULL;
    enum xr_store_status result = xr_trust_file(fd, store->path, name, limit, error);
    if (result == XR_STORE_OK) {
        buffer = malloc(size + 1);
        if (buffer == NULL)
            result = xr_trust_fail(error, ENOMEM, "read", store->path, name);
        else if (!xr_whole_read(fd, buffer, size, length))
            result = xr_trust_fail(error, errno, "read", store->path, name);
        else if (*length > limit)
            result = xr_trust_too_large(store->path, name, limit, error);
    }
    if (close(fd) != 0 && errno != EINTR && result == XR_STORE_OK)
        result = xr_trust_fail(error, errno, "close", store->path, name);
    if (result == XR_STORE_OK && buffer != NULL) {
        buffer[*length] = '\0';
        *bytes = buffer;
        return result;
    }
    if (buffer != NULL)
        explicit_bzero(buffer, *length);
    free(buffer);
    *length = 0;
    return result;
}

/* Makes NAME.new, empty. A leftover is a killed process's: we hold the lock, so nobody uses it. */
static enum xr_store_status create_temporary(const struct xr_store *store, const char *name,
                                             int *fd, struct xr_store_error *error)
{
    char file[NAME_LIMIT + 5];
    *fd = -1;
    (void)temporary(file, name);
    if (unlinkat(store->directory, file, 0) != 0 && errno != ENOENT)
        return xr_trust_fail(error, errno, "remove", store->path, file);
    *fd = openat(store->directory, file,
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (*fd < 0)
        return xr_trust_fail(error, errno, "create", store->path, file);
    return XR_STORE_OK;
}

static enum xr_store_status refuse_unlocked(const struct xr_store *store,
                                            struct xr_store_error *error)
{
    return xr_trust_set(error, XR_STORE_FAILED, NULL, "%s is not locked", store->path);
}

enum xr_store_status xr_store_prepare(struct xr_store *store, const char *name, size_t size,
                                      struct xr_store_error *error)
{
    char file[NAME_LIMIT + 5];
    if (store->lock < 0)
        return refuse_unlocked(store, error);
    discard_prepared(store);
    enum xr_store_status result = create_temporary(store, name, &store->prepared, error);
    if (result != XR_STORE_OK)
        return result;
    (void)snprintf(store->prepared_for, sizeof store->prepared_for, "%s", name);
    int number = size > LONG_MAX ? EFBIG : posix_fallocate(store->prepared, 0, (off_t)size);
    if (number != 0) {
        result =
            xr_trust_fail(error, number, "reserve space for", store->path, temporary(file, name));
        discard_prepared(store);
    }
    return result;
}

/* The prepared file of that name, now the caller's; -1 when there is none. */
static int take_prepared(struct xr_store *store, const char *name)
{
    if (store->prepared < 0 || strcmp(store->prepared_for, name) != 0)
        return -1;
    int fd = store->prepared;
    store->prepared = -1;
    return fd;
}

/* Gives the open file exactly these bytes, durably. Returns what failed, or NULL; see errno. */
static const char *fill(int fd, const char *bytes, size_t length)
{
    if (!xr_whole_write(fd, bytes, length))
        return "write";
    if (ftruncate(fd, (off_t)length) != 0) /* a prepared file is longer */
        return "cut";
    if (fsync(fd) != 0)
        return "sync";
    return NULL;
}

enum xr_store_status xr_store_replace(struct xr_store *store, const char *name, const char *bytes,
                                      size_t length, struct xr_store_error *error)
{
    char file[NAME_LIMIT + 5];
    if (store->lock < 0)
        return refuse_unlocked(store, error);
    (void)temporary(file, name);
    int fd = take_prepared(store, name);
    if (fd < 0) {
        enum xr_store_status result = create_temporary(store, name, &fd, error);
        if (result != XR_STORE_OK)
            return result;
    }
    const char *failed = fill(fd, bytes, length);
    int number = errno;
    if (close(fd) != 0 && errno != EINTR && failed == NULL) {
        failed = "close";
        number = errno;
    }
    if (failed == NULL && renameat(store->directory, file, store->directory, name) != 0) {
        failed = "put in place";
        number = errno;
    }
    if (failed == NULL)
        return xr_store_sync(store, error);
    (void)unlinkat(store->directory, file, 0); /* a leftover is removed by the next try */
    return xr_trust_fail(error, number, failed, store->path, file);
}

enum xr_store_status xr_store_remove(struct xr_store *store, const char *name,
                                     struct xr_store_error *error)
{
    if (store->lock < 0)
        return refuse_unlocked(store, error);
    if (unlinkat(store->directory, name, 0) != 0) {
        if (errno == ENOENT)
            return xr_trust_set(error, XR_STORE_ABSENT, NULL, "%s/%s does not exist", store->path,
                                name);
        return xr_trust_fail(error, errno, "remove", store->path, name);
    }
    return xr_store_sync(store, error);
}

int xr_store_directory(const struct xr_store *store)
{
    return store->directory;
}

const char *xr_store_path(const struct xr_store *store)
{
    return store->path;
}

enum xr_store_status xr_store_sync(const struct xr_store *store, struct xr_store_error *error)
{
    return xr_directory_sync(store->directory, store->path, error);
}
