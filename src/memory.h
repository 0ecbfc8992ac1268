/*
 * Allocators that wipe what they give back, so that no copy of a token stays in freed memory: one
 * for Lua states, one with the faces of malloc for curl_global_init_mem. Their blocks are malloc's
 * own.
 */
#ifndef XR_MEMORY_H
#define XR_MEMORY_H

#include <stddef.h>

/* A lua_Alloc; it may take over a state that luaL_newstate made. */
void *xr_memory_lua(void *context, void *block, size_t old_size, size_t new_size);

/*
 * A lua_Alloc that gives nothing back, for closing the last state of a process that ends: giving
 * back 10,000 connections piece by piece took a tenth of the CPU of listing them. The kernel wipes
 * the pages before another process sees them.
 */
void *xr_memory_lua_ending(void *context, void *block, size_t old_size, size_t new_size);

/* curl_malloc_callback and its sisters. */
void *xr_memory_malloc(size_t size);
void *xr_memory_calloc(size_t count, size_t size);
void *xr_memory_realloc(void *block, size_t size);
char *xr_memory_strdup(const char *text);
void xr_memory_free(void *block);

#endif
