/*
 * A program that lives no longer than this one: `xero-run sandbox`, started for --sandbox. It runs
 * in a session of its own (^C on the terminal does not reach it before we are done with it) and the
 * kernel kills it when we die, by whatever means.
 */
#ifndef XR_COMPANION_H
#define XR_COMPANION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct xr_companion {
    pid_t pid; /* 0: none */
    int output; /* what it prints comes here; -1: none */
};

/*
 * Starts this same program with the arguments argv (argv[0] included, NULL at the end). False with
 * a message. The companion is the caller's, who must stop it.
 */
bool xr_companion_start(struct xr_companion *companion, char *const argv[], char *message,
                        size_t size);

/*
 * Reads what it prints up to and with its first empty line into text (NUL-terminated). False with a
 * message when it ended, wrote too much or took longer than seconds, or when a signal came.
 */
bool xr_companion_greeting(struct xr_companion *companion, double seconds, char *text, size_t size,
                           char *message, size_t message_size);

/* Kills it and waits for its end. May be called twice, and for one that never started. */
void xr_companion_stop(struct xr_companion *companion);

#endif
