/*
 * Programs of the user's that we start: one that prints a secret (a password manager), and one that
 * is started and let go (a browser). Knows nothing of Lua.
 */
#ifndef XR_PROGRAM_H
#define XR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct xr_secret;

/*
 * Starts a program (found by PATH) in a session of its own, its standard descriptors on /dev/null,
 * and does not wait for it. False, with why in message, when it could not be started.
 */
bool xr_program_start(char *const argv[], char *message, size_t size);

/*
 * Runs a command line of sh, its stdin on /dev/null, and gives the first line of what it prints
 * within so many seconds; the caller frees it. What was read is wiped. NULL, with why in message
 * (which holds nothing of the output), when it failed or printed what is no secret.
 */
struct xr_secret *xr_program_secret(const char *command, double seconds, char *message,
                                    size_t size);

#endif
