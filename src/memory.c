/* Memory that is wiped when it is given back; see memory.h. */
#include "memory.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#endif

/*
 * A large block comes in huge pages where the system has some: a page fault costs about as much as
 * reading the page, and a list of ten thousand connections is 3 MB that are copied once.
 */
void *xr_memory_malloc(size_t size)
{
    if (size < HUGE_PAGE || size > SIZE_MAX - HUGE_PAGE)
        return malloc(size);
    size_t room = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, room);
    if (block != NULL)
        (void)madvise(block, room, MADV_HUGEPAGE); /* without it the block is as good */
    return block;
}

void *xr_memory_move(void *block, size_t old_size, size_t new_size)
{
    void *moved = xr_memory_malloc(new_size);
    if (moved != NULL && block != NULL) {
        memcpy(moved, block, old_size < new_size ? old_size : new_size);
        free(block);
    }
    return moved;
}

/* AddressSanitizer has a free of its own, which would take ours for a fault of the program. */
#if defined(SANITIZED)
#define free_unwiped free
#else
/*
 * The free that comes after the program's in the loader's order: malloc's sister, be that glibc's
 * or one of LD_PRELOAD. It is looked up once, by the first block that is given back, which is
 * before main; a second thread would find the same.
 */
static void free_unwiped(void *block)
{
    static _Atomic(void *) found;
    void *address = atomic_load_explicit(&found, memory_order_relaxed);
    if (address == NULL) {
        address = dlsym(RTLD_NEXT, "free");
        atomic_store_explicit(&found, address, memory_order_relaxed);
    }
    void (*next)(void *);
    memcpy(&next, &address, sizeof next); /* POSIX has functions in void *, ISO C has not */
    next(block);
}

/* The parameters have names of our own: libc's are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
void free(void *block)
{
    if (block == NULL)
        return;
    explicit_bzero(block, malloc_usable_size(block));
    free_unwiped(block);
}

/* malloc's own would move the bytes and leave the old ones behind. */
void *realloc(void *block, size_t size)
{
    size_t room = malloc_usable_size(block);
    if (block != NULL && size == 0) {
        free(block);
        return NULL;
    }
    if (block != NULL && size <= room && size >= room / 2)
        return block;
    void *moved = xr_memory_move(block, room, size);
    return moved == NULL && size <= room ? block : moved;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
#endif

void *xr_memory_lua(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (block == NULL) /* then old_size is a type, not a size */
        return xr_memory_malloc(new_size);
    /* Lua counts on shrinking to succeed; where memory is short the block is merely too big. */
    void *moved = xr_memory_move(block, old_size, new_size);
    return moved == NULL && new_size <= old_size ? block : moved;
}

void *xr_memory_lua_ending(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    if (new_size == 0)
        return NULL;
    if (block != NULL && new_size <= old_size)
        return block;
    void *grown = malloc(new_size);
    if (grown != NULL && block != NULL)
        memcpy(grown, block, old_size);
    return grown;
}

void xr_memory_end(void *block)
{
    free_unwiped(block);
}
