/*
 * malloc and realloc for lua-cjson, which ends the process with a status of its own where it gets
 * no room for its buffers: these do so first, as any run ends that is short of memory. What was
 * under way is left as by a kill, and the next run settles it. The build binds cjson to them.
 */
#ifndef XR_NEED_H
#define XR_NEED_H

#include <stddef.h>

/* As malloc; but it does not return where memory is short. */
void *xr_need_malloc(size_t size);

/* As realloc; likewise. */
void *xr_need_realloc(void *block, size_t size);

#endif
