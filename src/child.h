/*
 * Children of this program: how they start, and how they are waited for. They get our environment,
 * from which the secrets were taken at start, nothing to read on stdin, none of our descriptors but
 * those that are named, and the default signal actions. Knows nothing of Lua.
 */
#ifndef XR_CHILD_H
#define XR_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { XR_CHILD_NULL = -1, XR_CHILD_OURS = -2 };

struct xr_child {
    char *const *argv; /* the program is found by PATH */
    const char *directory; /* where it begins; NULL: where we are */
    int output; /* its stdout: a descriptor, or one of the two above */
    int errors; /* its stderr, likewise */
    bool apart; /* in a session of its own, without our terminal */
};

/* Starts it. 0, or an error number. */
int xr_child_start(pid_t *pid, const struct xr_child *how);

/*
 * Waits until something can be read from one of the count pipes; the last place of waits is for
 * what tells of signals, and filled here. NULL, or what came instead. Deadlines are of the
 * monotonic clock.
 */
const char *xr_child_await(struct pollfd waits[], size_t count, double deadline);

/*
 * Waits for the end of what was started so; by force, with all of its session, once the deadline is
 * over or a signal came to us, or at once. NULL, or what was wrong with it, which may be in text.
 */
const char *xr_child_reap(pid_t pid, bool apart, double deadline, bool at_once, char *text,
                          size_t size);

#endif
