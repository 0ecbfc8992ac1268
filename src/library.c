/* Libraries that are loaded when they are first needed; see library.h. */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

void *xr_library_load(const char *file, const struct xr_library_symbol *symbols, size_t count,
                      void *functions, char *why, size_t size)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        (void)snprintf(why, size, "%s", dlerror());
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (!address) {
            (void)snprintf(why, size, "%s is too old: it has no %s", file, symbols[i].name);
            xr_library_close(library);
            return NULL;
        }
        /* ISO C knows no cast from an object's address to a function's; POSIX says they are alike.
         */
        memcpy((char *)functions + symbols[i].place, &address, sizeof address);
    }
    return library;
}

void xr_library_close(void *library)
{
    if (library)
        (void)dlclose(library);
}
