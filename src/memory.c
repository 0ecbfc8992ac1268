/* Allocators that wipe what they give back; see memory.h. */
#include "memory.h"

#include <stdint.h>
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
        return shrunk != NULL ? shrunk : block;
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

/* What stands before each block of the malloc family: its size, in room that keeps the alignment.
 */
union header {
    size_t size;
    max_align_t alignment;
};

void *xr_memory_malloc(size_t size)
{
    if (size > SIZE_MAX - sizeof(union header))
        return NULL;
    union header *header = malloc(sizeof *header + size);
    if (header == NULL)
        return NULL;
    header->size = size;
    return header + 1;
}

void *xr_memory_calloc(size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    void *block = xr_memory_malloc(count * size);
    if (block != NULL)
        memset(block, 0, count * size);
    return block;
}

void *xr_memory_realloc(void *block, size_t size)
{
    if (block == NULL)
        return xr_memory_malloc(size);
    size_t old_size = ((union header *)block - 1)->size;
    void *moved = xr_memory_malloc(size);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old_size < size ? old_size : size);
    xr_memory_free(block);
    return moved;
}

char *xr_memory_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = xr_memory_malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void xr_memory_free(void *block)
{
    if (block == NULL)
        return;
    union header *header = (union header *)block - 1;
    explicit_bzero(block, header->size);
    free(header);
}
