/* Small blocks cut from large chunks; see arena.h. */
#include "arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#if defined(__SANITIZE_ADDRESS__) || defined(XR_EACH_BLOCK) /* they want to see each by itself */
#define LARGEST ((size_t)0)
#else
#define LARGEST ((size_t)512)
#endif
#define GRAIN sizeof(void *) /* Lua asks for no stricter alignment */
#define FIRST_CHUNK ((size_t)128 << 10) /* a short script is not worth a huge page */
#define LARGEST_CHUNK ((size_t)2 << 20)

struct chunk {
    struct chunk *next;
};

struct spare {
    struct spare *next;
};

struct xr_arena {
    struct spare *spares[LARGEST / GRAIN + 1]; /* wiped blocks, by their size in grains */
    struct chunk *chunks; /* the newest first */
    char *unused; /* what no block has taken yet of the newest */
    size_t left;
    size_t next_chunk; /* its size: each is twice the one before, up to the largest */
};

static bool add_chunk(struct xr_arena *arena)
{
    size_t size = arena->next_chunk;
    struct chunk *chunk = xr_memory_malloc(size);
    if (chunk == NULL)
        return false;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->unused = (char *)(chunk + 1);
    arena->left = size - sizeof *chunk;
    if (size < LARGEST_CHUNK)
        arena->next_chunk = size * 2;
    return true;
}

struct xr_arena *xr_arena_new(void)
{
    struct xr_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->next_chunk = FIRST_CHUNK;
    if (add_chunk(arena))
        return arena;
    free(arena);
    return NULL;
}

void xr_arena_free(struct xr_arena *arena)
{
    if (arena == NULL)
        return;
    for (struct chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        xr_memory_end(chunk);
    }
    free(arena);
}

static size_t grains(size_t size)
{
    return (size + GRAIN - 1) / GRAIN;
}

static void *take(struct xr_arena *arena, size_t size)
{
    if (size > LARGEST)
        return xr_memory_malloc(size);
    struct spare **spares = &arena->spares[grains(size)];
    if (*spares != NULL) {
        void *block = *spares;
        *spares = (*spares)->next;
        return block;
    }
    size_t room = grains(size) * GRAIN;
    if (room > arena->left && !add_chunk(arena))
        return NULL;
    void *block = arena->unused;
    arena->unused += room;
    arena->left -= room;
    return block;
}

static void give(struct xr_arena *arena, void *block, size_t size)
{
    if (size > LARGEST) {
        free(block);
        return;
    }
    explicit_bzero(block, size);
    struct spare *spare = block;
    spare->next = arena->spares[grains(size)];
    arena->spares[grains(size)] = spare;
}

static void *resize(struct xr_arena *arena, void *block, size_t old_size, size_t new_size)
{
    size_t kept = new_size < old_size ? new_size : old_size;
    if (grains(new_size) != grains(old_size)) {
        void *moved = take(arena, new_size);
        if (moved != NULL) {
            memcpy(moved, block, kept);
            give(arena, block, old_size);
            return moved;
        }
        /* Lua counts on shrinking to succeed; then the block is merely too big for its size. */
        if (new_size > old_size)
            return NULL;
    }
    explicit_bzero((char *)block + kept, old_size - kept);
    return block;
}

void *xr_arena_lua(void *context, void *block, size_t old_size, size_t new_size)
{
    struct xr_arena *arena = context;
    if (block == NULL) /* then old_size is a type, not a size */
        return new_size > 0 ? take(arena, new_size) : NULL;
    if (new_size == 0) {
        give(arena, block, old_size);
        return NULL;
    }
    if (old_size > LARGEST && new_size > LARGEST)
        return xr_memory_lua(NULL, block, old_size, new_size);
    return resize(arena, block, old_size, new_size);
}
