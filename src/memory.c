/* Allocators that wipe what they give back; see memory.h. */
#include "memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

/*
 * A large block comes in huge pages where the system has some: a page fault costs about as much as
 * reading the page, and a list of ten thousand connections is 3 MB that are copied once.
 */
static void *take(size_t size)
{
    if (size < HUGE_PAGE || size > SIZE_MAX - HUGE_PAGE)
        return malloc(size);
    size_t room = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, room);
    if (block != NULL)
        (void)madvise(block, room, MADV_HUGEPAGE); /* without it the block is as good */
    return block;
}

void *xr_memory_lua(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    if (block == NULL) /* then old_size is a type, not a size */
        return new_size > 0 ? take(new_size) : NULL;
    if (new_size == 0) {
        explicit_bzero(block, old_size);
        free(block);
        return NULL;
    }
    if (new_size <= old_size) {
        /* Lua counts on shrinking to succeed; where realloc cannot, the block is merely too big. */
        explicit_bzero((char *)block + new_size, old_size - new_size);
        void *shrunk = realloc(block, new_size);
        if (shrunk == NULL)
            return block;
        return shrunk;
    }
    /* realloc may move the bytes and leave the old ones behind. */
    void *grown = take(new_size);
    if (grown == NULL)
        return NULL;
    memcpy(grown, block, old_size);
    explicit_bzero(block, old_size);
    free(block);
    return grown;
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

void *xr_memory_malloc(size_t size)
{
    return take(size);
}

void *xr_memory_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

void *xr_memory_realloc(void *block, size_t size)
{
    void *moved = take(size);
    if (moved != NULL && block != NULL) {
        size_t old_size = malloc_usable_size(block);
        memcpy(moved, block, old_size < size ? old_size : size);
        xr_memory_free(block);
    }
    return moved;
}

char *xr_memory_strdup(const char *text)
{
    return strdup(text);
}

void xr_memory_free(void *block)
{
    if (block == NULL)
        return;
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
}
