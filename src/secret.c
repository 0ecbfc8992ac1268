/* Bytes that nobody else may see; see secret.h. */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole.h"

#define FILE_MAX ((size_t)64 * 1024)

struct xr_secret {
    size_t mapped; /* bytes of the mapping that this struct begins */
    size_t length;
    unsigned shares;
    char bytes[];
};

/* An unwritten secret of length bytes, its terminating NUL in place. */
static struct xr_secret *secret_map(size_t length)
{
    long page = sysconf(_SC_PAGESIZE);
    size_t unit = page > 0 ? (size_t)page : 4096;
    if (length > SIZE_MAX - sizeof(struct xr_secret) - unit)
        return NULL;
    size_t mapped = (sizeof(struct xr_secret) + length + 1 + unit - 1) / unit * unit;
    struct xr_secret *secret =
        mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    /* Both are a bonus: RLIMIT_MEMLOCK may be small, and an old kernel may not know the advice. */
    (void)mlock(secret, mapped);
    (void)madvise(secret, mapped, MADV_DONTDUMP);
    secret->mapped = mapped;
    secret->length = length;
    secret->shares = 1;
    return secret;
}

struct xr_secret *xr_secret_new(const char *bytes, size_t length)
{
    struct xr_secret *secret = secret_map(length);
    if (secret && length > 0)
        memcpy(secret->bytes, bytes, length);
    return secret;
}

struct xr_secret *xr_secret_reserve(size_t length, char **bytes)
{
    struct xr_secret *secret = secret_map(length);
    if (secret)
        *bytes = secret->bytes;
    return secret;
}

struct xr_secret *xr_secret_join(const char *const *texts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += strlen(texts[i]);
    struct xr_secret *secret = secret_map(length);
    if (!secret)
        return NULL;
    char *end = secret->bytes;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, texts[i]);
    return secret;
}

/* Whether others than the owner may read or change a file. systemd hands a credential to a service
 * by an access list, which shows as a read bit of the group root: that one is no leak. */
static bool is_open_to_others(const struct stat *file)
{
    mode_t allowed = file->st_gid == 0 ? 0740 : 0700;
    return (file->st_mode & 0777 & ~allowed) != 0;
}

/* What is wrong with a file for a secret, or NULL. */
static const char *find_file_fault(const struct stat *file)
{
    if (!S_ISREG(file->st_mode))
        return "is not a regular file";
    if (is_open_to_others(file))
        return "can be read by others: chmod 600 it";
    if (file->st_size > (off_t)FILE_MAX)
        return "is larger than 64 KiB";
    return NULL;
}

/* The first line of length bytes, which must be all there is, as a secret; NULL with *fault. */
static struct xr_secret *take_line(const char *bytes, size_t length, const char **fault)
{
    if (length > 0 && bytes[length - 1] == '\n')
        length--;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    *fault = length == 0 ? "is empty" : length >= FILE_MAX ? "is larger than 64 KiB" : NULL;
    for (size_t i = 0; i < length && !*fault; i++)
        if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7f)
            *fault = "holds more than one line, or control characters";
    if (*fault)
        return NULL;
    struct xr_secret *secret = xr_secret_new(bytes, length);
    if (!secret)
        *fault = "cannot be kept: memory is short";
    return secret;
}

/* As take_line, from a file that is open. */
static struct xr_secret *read_line(int fd, const char **fault)
{
    struct stat file;
    char *bytes;
    *fault = fstat(fd, &file) != 0 ? strerror(errno) : find_file_fault(&file);
    if (*fault)
        return NULL;
    struct xr_secret *page = xr_secret_reserve(FILE_MAX, &bytes);
    if (!page) {
        *fault = "cannot be kept: memory is short";
        return NULL;
    }
    struct xr_secret *secret = NULL;
    size_t length;
    if (xr_whole_read(fd, bytes, FILE_MAX, &length))
        secret = take_line(bytes, length, fault);
    else
        *fault = strerror(errno);
    xr_secret_free(page);
    return secret;
}

struct xr_secret *xr_secret_read(const char *path, char *why, size_t size)
{
    /* Not blocking, so that a FIFO is refused and not waited for. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        (void)snprintf(why, size, "%s: %s", path, strerror(errno));
        return NULL;
    }
    const char *fault = NULL;
    struct xr_secret *secret = read_line(fd, &fault);
    if (!secret)
        (void)snprintf(why, size, "%s %s", path, fault);
    (void)close(fd); /* nothing was written */
    return secret;
}

struct xr_secret *xr_secret_share(struct xr_secret *secret)
{
    if (secret)
        secret->shares++;
    return secret;
}

const char *xr_secret_bytes(const struct xr_secret *secret)
{
    return secret->bytes;
}

size_t xr_secret_length(const struct xr_secret *secret)
{
    return secret->length;
}

void xr_secret_free(struct xr_secret *secret)
{
    if (!secret || --secret->shares > 0)
        return;
    size_t mapped = secret->mapped;
    explicit_bzero(secret, mapped);
    (void)munmap(secret, mapped);
}
