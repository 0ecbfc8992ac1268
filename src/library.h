/*
 * Libraries that are loaded when they are first needed: who has no use for one need not have it
 * installed, and does not wait for its loading. Their functions go into a struct of pointers.
 */
#ifndef XR_LIBRARY_H
#define XR_LIBRARY_H

#include <stddef.h>

struct xr_library_symbol {
    const char *name; /* of the function */
    size_t place; /* of its pointer in the struct */
};

/*
 * Loads a library and fills in the pointers to its functions; the caller closes it. NULL with why,
 * a text for people.
 */
void *xr_library_load(const char *file, const struct xr_library_symbol *symbols, size_t count,
                      void *functions, char *why, size_t size);

/* NULL is allowed. */
void xr_library_close(void *library);

#endif
