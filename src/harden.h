/*
 * What the process does for the safety of tokens before anything else: no core dumps, no reading by
 * others of the same user, private files, no TLS key log; and the secrets leave the environment.
 */
#ifndef XR_HARDEN_H
#define XR_HARDEN_H

#include <stdbool.h>

struct xr_secret;

/*
 * Hardens the process. The umask is 077 from here on. Descriptors 0 to 2 that are closed are
 * filled, so that no socket ever stands where a script prints. False, with errno, when that failed.
 */
bool xr_harden_process(void);

/*
 * Takes a variable out of the environment into *secret (the caller's; NULL where it is unset or
 * empty), and wipes it where it stood, so that neither os.getenv, nor children, nor
 * /proc/PID/environ show it. False when memory is short.
 */
bool xr_harden_take(const char *name, struct xr_secret **secret);

#endif
