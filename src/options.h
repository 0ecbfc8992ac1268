/*
 * The command line up to the script or command: one table of options, which the parser, --help and
 * native.option_table() share. Values are checked here, so that a mistake is one line at the start.
 * Everything points into argv or into static tables; nothing is allocated.
 */
#ifndef XR_OPTIONS_H
#define XR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum xr_option_kind {
    XR_OPTION_FLAG, /* bool */
    XR_OPTION_TEXT, /* const char * */
    XR_OPTION_DURATION, /* double, seconds */
    XR_OPTION_COUNT, /* long, 0 to XR_COUNT_MAX */
    XR_OPTION_WINDOW, /* long, 1 to XR_WINDOW_MAX */
    XR_OPTION_CHOICE, /* const char *, one of choices */
    XR_OPTION_STEP, /* -e and -l: carried out in their order, not stored */
};

enum { XR_COUNT_MAX = 1000000, XR_WINDOW_MAX = 32 };

/* The values; NULL and 0 mean "not given", for counts -1 does. */
struct xr_options {
    bool ignore_environment;
    bool warnings;
    bool version;
    bool help;
    bool dry_run;
    bool yes;
    bool quiet;
    bool verbose;
    bool sandbox;
    const char *profile;
    const char *config;
    const char *format;
    const char *lib;
    double timeout;
    double deadline;
    long max_disconnects;
    long concurrency;
    double lock_timeout;
    bool steps; /* there is a -e or -l */
    int word; /* where SCRIPT or COMMAND stands in argv; argc where there is none */
};

struct xr_option {
    char letter; /* 'n' for -n, or 0 */
    const char *name; /* "dry-run" for --dry-run, or NULL */
    const char *argument; /* what --help calls its value, or NULL for a flag */
    const char *help;
    enum xr_option_kind kind;
    size_t offset; /* of its value in struct xr_options */
    const char *const *choices;
};

extern const struct xr_option xr_option_list[];
extern const size_t xr_option_count;

/* What is wrong with a command line, for people. */
struct xr_complaint {
    char message[256];
    const char *word; /* a word that may be mistyped, or NULL, and what it may mean: */
    const struct xr_option *option; /* a choice of this one; NULL: an option */
};

/* Walks over the options in their order. Start with index = 1 and group = NULL. */
struct xr_option_reader {
    int argc;
    char **argv;
    int index;
    const char *group; /* what is left of grouped letters such as -ny */
};

enum xr_option_step { XR_OPTION_END, XR_OPTION_FOUND, XR_OPTION_BAD };

/*
 * The next option and its value ("" for a flag). At the end reader->index is that of the first
 * other word.
 */
enum xr_option_step xr_options_next(struct xr_option_reader *reader,
                                    const struct xr_option **option, const char **value,
                                    struct xr_complaint *complaint);

/* What holds where nothing is given. */
struct xr_options xr_options_standard(void);

/* Reads all options. False with a complaint. */
bool xr_options_parse(int argc, char **argv, struct xr_options *options,
                      struct xr_complaint *complaint);

#endif
