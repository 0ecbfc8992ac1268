/*
 * What one run of the program holds outside Lua: its options, and the secrets that were taken from
 * the environment before anything else saw them. `main` owns it; it outlives the Lua state.
 */
#ifndef XR_HOST_H
#define XR_HOST_H

#include <stdbool.h>

#include "options.h"

struct xr_secret;

struct xr_host {
    int argc;
    char **argv;
    struct xr_options options;
    struct xr_secret *client_secret; /* XERO_CLIENT_SECRET, or NULL */
    struct xr_secret *access_token; /* XERO_ACCESS_TOKEN, or NULL */
    bool interruptible; /* a signal may raise an error in Lua code now */
    int interruptions; /* how often one did, counted up to two */
    bool partly; /* some of what a script asked for was not done, and it was told so */
    bool closing; /* the Lua state is being closed */
    int output_errno; /* why standard output could not be written, which was raised; 0: it could */
    bool warnings; /* Lua's warnings are shown */
    bool warning; /* the last piece of one is still to come */
};

#endif
