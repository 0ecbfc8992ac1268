/*
 * What a program prints: its whole output, within bounds of size and time, and the beginning of its
 * complaints. Knows nothing of Lua.
 */
#ifndef XR_CAPTURE_H
#define XR_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

struct xr_capture {
    char *output; /* owned; NULL where it is empty */
    size_t length;
    size_t capacity;
    char complaints[512]; /* the beginning of its stderr, a NUL behind */
    size_t complained;
};

struct xr_capture_bounds {
    double seconds;
    size_t most; /* bytes of output */
};

/*
 * Runs argv (found by PATH) in a directory (NULL: ours), apart from the terminal, to its end, and
 * fills a capture of zeros, which the caller clears. False, with why in message, when it could not
 * be run, ended with another status than 0, or went beyond the bounds.
 */
bool xr_capture_run(struct xr_capture *capture, char *const argv[], const char *directory,
                    const struct xr_capture_bounds *bounds, char *message, size_t size);

/* Frees what a capture holds; it can be filled again. */
void xr_capture_clear(struct xr_capture *capture);

#endif
