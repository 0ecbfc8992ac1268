/* A file that only ever grows; see append.h. */
#include "append.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_trust.h"
#include "whole.h"

#define NAME_LIMIT 64

struct xr_append {
    int fd;
    bool written; /* something is not synced yet */
    bool failed; /* it takes nothing more; failure says why */
    struct xr_store_error failure;
    char name[NAME_LIMIT + 1];
    char path[]; /* of the directory, for messages */
};

/* Opens the file, and makes it durable that there is one. */
static enum xr_store_status open_file(const struct xr_store *store, struct xr_append *append,
                                      struct xr_store_error *error)
{
    int directory = xr_store_directory(store);
    int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    append->fd = openat(directory, append->name, flags);
    bool fresh = append->fd < 0 && errno == ENOENT;
    if (fresh)
        append->fd = openat(directory, append->name, flags | O_CREAT | O_EXCL, 0600);
    if (append->fd < 0)
        return xr_trust_explain(directory, append->path, append->name, errno, error);
    enum xr_store_status result =
        xr_trust_file(append->fd, append->path, append->name, SIZE_MAX, error);
    return result == XR_STORE_OK && fresh ? xr_store_sync(store, error) : result;
}

enum xr_store_status xr_append_open(const struct xr_store *store, const char *name,
                                    struct xr_append **append, struct xr_store_error *error)
{
    *append = NULL;
    const char *path = xr_store_path(store);
    size_t length = strlen(path);
    struct xr_append *made = calloc(1, sizeof *made + length + 1);
    if (made == NULL)
        return xr_trust_fail(error, ENOMEM, "open", path, name);
    memcpy(made->path, path, length + 1);
    (void)snprintf(made->name, sizeof made->name, "%s", name);
    made->fd = -1;
    enum xr_store_status result = open_file(store, made, error);
    if (result == XR_STORE_OK)
        *append = made;
    else
        xr_append_close(made);
    return result;
}

void xr_append_close(struct xr_append *append)
{
    if (append == NULL)
        return;
    if (append->fd >= 0)
        (void)close(append->fd); /* what matters was synced, and told if it failed */
    free(append);
}

/* Remembers that a call failed, and tells it. */
static enum xr_store_status fail(struct xr_append *append, int number, const char *what,
                                 struct xr_store_error *error)
{
    append->failed = true;
    (void)xr_trust_fail(&append->failure, number, what, append->path, append->name);
    *error = append->failure;
    return error->status;
}

static enum xr_store_status refuse(const struct xr_append *append, struct xr_store_error *error)
{
    *error = append->failure;
    return error->status;
}

enum xr_store_status xr_append_size(struct xr_append *append, unsigned long long *size,
                                    struct xr_store_error *error)
{
    off_t end = lseek(append->fd, 0, SEEK_END);
    *size = end < 0 ? 0 : (unsigned long long)end;
    return end >= 0 ? XR_STORE_OK
                    : xr_trust_fail(error, errno, "measure", append->path, append->name);
}

enum xr_store_status xr_append_read(struct xr_append *append, unsigned long long offset,
                                    char *bytes, size_t size, size_t *length,
                                    struct xr_store_error *error)
{
    return xr_whole_read_at(append->fd, (off_t)offset, bytes, size, length)
               ? XR_STORE_OK
               : xr_trust_fail(error, errno, "read", append->path, append->name);
}

enum xr_store_status xr_append_write(struct xr_append *append, const char *bytes, size_t length,
                                     struct xr_store_error *error)
{
    if (append->failed)
        return refuse(append, error);
    append->written = true;
    return xr_whole_write(append->fd, bytes, length) ? XR_STORE_OK
                                                     : fail(append, errno, "write", error);
}

enum xr_store_status xr_append_sync(struct xr_append *append, struct xr_store_error *error)
{
    if (append->failed)
        return refuse(append, error);
    /* The size is what a reader needs of the metadata, and fdatasync writes that. */
    if (append->written && fdatasync(append->fd) != 0)
        return fail(append, errno, "sync", error);
    append->written = false;
    return XR_STORE_OK;
}
