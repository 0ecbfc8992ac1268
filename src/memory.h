/*
 * Memory that is wiped when it is given back, so that no copy of a token stays in freed memory.
 *
 * The program has a free and a realloc of its own, which the loader gives to every library, too:
 * tokens pass through buffers of OpenSSL, nghttp2, zlib and cjson, which nobody else can wipe.
 * Their blocks are malloc's own. In a build with AddressSanitizer nothing is wiped.
 */
#ifndef XR_MEMORY_H
#define XR_MEMORY_H

#include <stddef.h>

/* As malloc; a large block is better from here, for it comes in huge pages. free gives it back. */
void *xr_memory_malloc(size_t size);

/* As realloc, but it always moves. NULL: memory is short, and the block stays. */
void *xr_memory_move(void *block, size_t old_size, size_t new_size);

/* A lua_Alloc. */
void *xr_memory_lua(void *context, void *block, size_t old_size, size_t new_size);

/*
 * A lua_Alloc that gives nothing back, for closing the last state of a process that ends: giving
 * back 10,000 connections piece by piece took a tenth of the CPU of listing them. The kernel wipes
 * the pages before another process sees them.
 */
void *xr_memory_lua_ending(void *context, void *block, size_t old_size, size_t new_size);

/* Gives a block back unwiped, for the same reason. */
void xr_memory_end(void *block);

#endif
