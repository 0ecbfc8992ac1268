/*
 * What --help and --version print, made from the tables that the program itself goes by: the
 * options, the bundled commands with the first line of each, the exit statuses.
 */
#ifndef XR_HELP_H
#define XR_HELP_H

#include <stddef.h>
#include <stdio.h>

/* The exit statuses as people read them. */
struct xr_help_status {
    const char *status; /* "2", or several that mean the same: "130, 143" */
    const char *meaning;
};

extern const struct xr_help_status xr_help_statuses[];
extern const size_t xr_help_status_count;

/* What the process ends with by itself; an error of Lua brings its own (lua/xero/error.lua). */
enum xr_exit { XR_EXIT_DONE = 0, XR_EXIT_FAILED = 1, XR_EXIT_USAGE = 2, XR_EXIT_PARTLY = 3 };

/* They print to file; whether that worked shows when it is flushed. lua: which one is within. */
void xr_help_print(FILE *file);
void xr_help_print_version(FILE *file, const char *lua);

#endif
