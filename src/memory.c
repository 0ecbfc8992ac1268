/* Allocators that wipe what they give back; see memory.h. */
#include "memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *xr_memory_lua(void *context, void *block, size_t old_size, size_t new_size)
{
    (void)context;
    if (block == NULL) /* then old_size is a type, not a size */
        return new_size > 0 ? malloc(new_size) : NULL;
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
    void *grown = malloc(new_size);
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
    return malloc(size);
}

void *xr_memory_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

void *xr_memory_realloc(void *block, size_t size)
{
    void *moved = malloc(size);
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
