/* The command line up to the script or command; see options.h. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const formats[] = {"table", "json", "jsonl", "csv", "ids", NULL};

#define AT(member) offsetof(struct xr_options, member)

const struct xr_option xr_option_list[] = {
    {'e', NULL, "STAT", "run the Lua statement STAT", XR_OPTION_STEP, 0, NULL},
    {'l', NULL, "MOD", "require MOD into the global MOD; NAME=MOD names the global", XR_OPTION_STEP,
     0, NULL},
    {'E', NULL, NULL, "ignore LUA_PATH and LUA_CPATH", XR_OPTION_FLAG, AT(ignore_environment),
     NULL},
    {'W', NULL, NULL, "turn Lua's warnings on", XR_OPTION_FLAG, AT(warnings), NULL},
    {'p', "profile", "NAME", "the profile of the configuration to use", XR_OPTION_TEXT, AT(profile),
     NULL},
    {0, "config", "FILE", "the configuration (default ~/.config/xero-run/config.lua)",
     XR_OPTION_TEXT, AT(config), NULL},
    {'n', "dry-run", NULL, "send no DELETE, whatever the script does", XR_OPTION_FLAG, AT(dry_run),
     NULL},
    {'y', "yes", NULL, "ask no question; needed where no terminal is there to answer",
     XR_OPTION_FLAG, AT(yes), NULL},
    {0, "timeout", "DURATION", "the longest that a request may take (default 30s)",
     XR_OPTION_DURATION, AT(timeout), NULL},
    {0, "lock-timeout", "DURATION", "the longest wait for another run (default 30s)",
     XR_OPTION_DURATION, AT(lock_timeout), NULL},
    {0, "deadline", "DURATION", "the longest that the run may take; what is under way is finished",
     XR_OPTION_DURATION, AT(deadline), NULL},
    {0, "max-disconnects", "N", "refuse to disconnect more than N tenants in this run",
     XR_OPTION_COUNT, AT(max_disconnects), NULL},
    {0, "concurrency", "N", "how many disconnects may be under way at once, 1 to 32 (default 4)",
     XR_OPTION_WINDOW, AT(concurrency), NULL},
    {'f', "format", "FORMAT", "how lists are printed", XR_OPTION_CHOICE, AT(format), formats},
    {0, "sandbox", NULL, "run against a private sandbox, started for this run", XR_OPTION_FLAG,
     AT(sandbox), NULL},
    {'q', "quiet", NULL, "print nothing but results and errors", XR_OPTION_FLAG, AT(quiet), NULL},
    {0, "verbose", NULL, "say each request on standard error", XR_OPTION_FLAG, AT(verbose), NULL},
    {0, "lib", "DIR", "load the xero library from DIR/xero, for development", XR_OPTION_TEXT,
     AT(lib), NULL},
    {'v', "version", NULL, "print the versions", XR_OPTION_FLAG, AT(version), NULL},
    {'h', "help", NULL, "print this help", XR_OPTION_FLAG, AT(help), NULL},
};
const size_t xr_option_count = sizeof xr_option_list / sizeof xr_option_list[0];

static const struct xr_option *by_letter(char letter)
{
    for (size_t i = 0; i < xr_option_count; i++)
        if (letter != 0 && xr_option_list[i].letter == letter)
            return &xr_option_list[i];
    return NULL;
}

static const struct xr_option *by_name(const char *name, size_t length)
{
    for (size_t i = 0; i < xr_option_count; i++) {
        const char *candidate = xr_option_list[i].name;
        if (candidate != NULL && strlen(candidate) == length &&
            memcmp(candidate, name, length) == 0)
            return &xr_option_list[i];
    }
    return NULL;
}

/* "--timeout", or "-e" where there is no long name. */
static const char *spelling(const struct xr_option *option, char buffer[static 32])
{
    if (option->name != NULL)
        (void)snprintf(buffer, 32, "--%s", option->name);
    else
        (void)snprintf(buffer, 32, "-%c", option->letter);
    return buffer;
}

#define COMPLAIN(complaint, ...)                                                                   \
    ((void)snprintf((complaint)->message, sizeof(complaint)->message, __VA_ARGS__))

/* The value in the word after the option, where the option takes one. */
static enum xr_option_step take_word(struct xr_option_reader *reader,
                                     const struct xr_option *option, const char **value,
                                     struct xr_complaint *complaint)
{
    if (reader->index >= reader->argc) {
        char buffer[32];
        COMPLAIN(complaint, "%s needs a value: %s", spelling(option, buffer), option->argument);
        return XR_OPTION_BAD;
    }
    *value = reader->argv[reader->index++];
    return XR_OPTION_FOUND;
}

static enum xr_option_step next_letter(struct xr_option_reader *reader,
                                       const struct xr_option **option, const char **value,
                                       struct xr_complaint *complaint)
{
    const char *at = reader->group;
    reader->group = NULL;
    *option = by_letter(*at);
    *value = "";
    if (*option == NULL) {
        COMPLAIN(complaint, "unknown option -%c", *at);
        /* "-verbose" is "--verbose" with a dash too few: let the whole word be looked at. */
        complaint->word = reader->argv[reader->index - 1];
        return XR_OPTION_BAD;
    }
    if ((*option)->argument == NULL) {
        if (at[1] != '\0')
            reader->group = at + 1;
        return XR_OPTION_FOUND;
    }
    if (at[1] == '\0')
        return take_word(reader, *option, value, complaint);
    *value = at + 1;
    return XR_OPTION_FOUND;
}

static enum xr_option_step next_name(struct xr_option_reader *reader,
                                     const struct xr_option **option, const char **value,
                                     struct xr_complaint *complaint)
{
    const char *word = reader->argv[reader->index++];
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    *option = by_name(name, length);
    *value = "";
    if (*option == NULL) {
        COMPLAIN(complaint, "unknown option --%.*s", (int)(length < 64 ? length : 64), name);
        complaint->word = word;
        return XR_OPTION_BAD;
    }
    if ((*option)->argument == NULL && equals != NULL) {
        COMPLAIN(complaint, "--%s takes no value", (*option)->name);
        return XR_OPTION_BAD;
    }
    if ((*option)->argument == NULL)
        return XR_OPTION_FOUND;
    if (equals == NULL)
        return take_word(reader, *option, value, complaint);
    *value = equals + 1;
    return XR_OPTION_FOUND;
}

enum xr_option_step xr_options_next(struct xr_option_reader *reader,
                                    const struct xr_option **option, const char **value,
                                    struct xr_complaint *complaint)
{
    if (reader->group != NULL)
        return next_letter(reader, option, value, complaint);
    if (reader->index >= reader->argc)
        return XR_OPTION_END;
    const char *word = reader->argv[reader->index];
    if (word[0] != '-' || word[1] == '\0')
        return XR_OPTION_END;
    if (strcmp(word, "--") == 0) {
        reader->index++;
        return XR_OPTION_END;
    }
    if (word[1] == '-')
        return next_name(reader, option, value, complaint);
    reader->index++;
    reader->group = word + 1;
    return next_letter(reader, option, value, complaint);
}

/* "90s", "36h", "1.5m", "500ms", "30d", "2w": what xero.time.duration reads, but more than 0. */
static bool read_duration(const char *text, double *seconds)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    size_t length = strspn(text, "0123456789.");
    if (length == 0 || length > 15 || text[0] == '.')
        return false;
    char *end;
    double count = strtod(text, &end);
    if (end != text + length || !(count > 0))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0) {
            *seconds = count * units[i].seconds;
            return true;
        }
    }
    return false;
}

/* An empty word is what a variable that is not set leaves. */
static bool store_text(const struct xr_option *option, const char *value, const char **place,
                       struct xr_complaint *complaint)
{
    *place = value;
    if (*value != '\0')
        return true;
    COMPLAIN(complaint, "--%s: the word is empty; is it a variable that is not set?", option->name);
    return false;
}

static bool store_count(const struct xr_option *option, const char *value, long *place,
                        struct xr_complaint *complaint)
{
    bool window = option->kind == XR_OPTION_WINDOW;
    long least = window ? 1 : 0;
    long most = window ? XR_WINDOW_MAX : XR_COUNT_MAX;
    size_t length = strlen(value);
    if (length > 0 && length < 10 && strspn(value, "0123456789") == length) {
        long count = strtol(value, NULL, 10);
        if (count >= least && count <= most) {
            *place = count;
            return true;
        }
    }
    COMPLAIN(complaint, "--%s: '%.40s' is no whole number from %ld to %ld", option->name, value,
             least, most);
    return false;
}

static bool store_choice(const struct xr_option *option, const char *value, const char **place,
                         struct xr_complaint *complaint)
{
    char list[128] = "";
    size_t used = 0;
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (strcmp(*choice, value) == 0) {
            *place = *choice;
            return true;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                 *choice);
    }
    COMPLAIN(complaint, "--%s: '%.40s' is none of %s", option->name, value, list);
    complaint->word = value;
    complaint->option = option;
    return false;
}

static bool store(struct xr_options *options, const struct xr_option *option, const char *value,
                  struct xr_complaint *complaint)
{
    void *place = (char *)options + option->offset;
    switch (option->kind) {
    case XR_OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case XR_OPTION_TEXT:
        return store_text(option, value, place, complaint);
    case XR_OPTION_CHOICE:
        return store_choice(option, value, place, complaint);
    case XR_OPTION_DURATION:
        if (read_duration(value, place))
            return true;
        COMPLAIN(complaint, "--%s: '%.40s' is no duration: write 500ms, 90s, 15m or 36h",
                 option->name, value);
        return false;
    case XR_OPTION_COUNT:
    case XR_OPTION_WINDOW:
        return store_count(option, value, place, complaint);
    case XR_OPTION_STEP:
        options->steps = true;
        return true;
    }
    return true;
}

struct xr_options xr_options_standard(void)
{
    return (struct xr_options){.lock_timeout = 30, .max_disconnects = -1, .concurrency = -1};
}

bool xr_options_parse(int argc, char **argv, struct xr_options *options,
                      struct xr_complaint *complaint)
{
    struct xr_option_reader reader = {.argc = argc, .argv = argv, .index = 1};
    *options = xr_options_standard();
    *complaint = (struct xr_complaint){.word = NULL};
    const struct xr_option *option = NULL;
    const char *value = "";
    enum xr_option_step step;
    while ((step = xr_options_next(&reader, &option, &value, complaint)) == XR_OPTION_FOUND)
        if (!store(options, option, value, complaint))
            return false;
    options->word = reader.index < argc ? reader.index : argc;
    return step == XR_OPTION_END;
}
