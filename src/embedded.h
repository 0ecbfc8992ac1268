/*
 * The Lua sources that the binary carries: the library (what `require` finds) and the bundled
 * commands (what a bare word runs); and the files that `init` writes. The tables are made by
 * src/embed.lua at build time, sorted by name, and live as long as the program.
 *
 * Beside each source stands what the compiler made of it, with all line numbers: compiling the
 * library took five times as long as loading that, a quarter of the CPU of `xero-run list`.
 */
#ifndef XR_EMBEDDED_H
#define XR_EMBEDDED_H

#include <stddef.h>

struct xr_embedded {
    const char *name; /* "xero.time", or "list" */
    const char *file; /* where it came from, for messages: "lua/xero/time.lua" */
    const char *text; /* size bytes and a terminating NUL */
    size_t size;
    const char *code; /* compiled, code_size bytes */
    size_t code_size;
};

extern const struct xr_embedded xr_embedded_modules[];
extern const size_t xr_embedded_module_count;
/* Files for the user, which are no code of this program: theirs is NULL. */
extern const struct xr_embedded xr_embedded_texts[];
extern const size_t xr_embedded_text_count;
extern const struct xr_embedded xr_embedded_commands[];
extern const size_t xr_embedded_command_count;

#endif
