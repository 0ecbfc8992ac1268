#include "secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
