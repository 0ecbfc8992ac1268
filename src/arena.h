/*
 * The memory of a run's Lua state. Ten thousand connections are ninety thousand small blocks: they
 * are cut one after the other from large chunks, because page faults and malloc's bookkeeping took
 * a fifth of the CPU of listing them. What is given back is wiped and kept for the next block of
 * its size; large blocks are memory.h's own. The arena owns its chunks.
 */
#ifndef XR_ARENA_H
#define XR_ARENA_H

#include <stddef.h>

struct xr_arena;

/* NULL where memory is short; the caller frees it, after the state. */
struct xr_arena *xr_arena_new(void);

/* Frees the small blocks, unwiped where they are still in use. NULL is fine. */
void xr_arena_free(struct xr_arena *arena);

/* A lua_Alloc; the context is the arena. */
void *xr_arena_lua(void *context, void *block, size_t old_size, size_t new_size);

#endif
