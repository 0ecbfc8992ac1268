/* --help and --version; see help.h. */
#include "help.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <string.h>

#include "embedded.h"
#include "options.h"
#include "version.h"

const struct xr_help_status xr_help_statuses[] = {
    {"0", "done"},
    {"1", "the script failed: an uncaught error"},
    {"2", "usage or configuration"},
    {"3", "partly done: some disconnects failed, or their outcome is unknown"},
    {"4", "not authorised: log in, or the credentials are wrong"},
    {"5", "refused by a guard: a limit, a protected tenant, no confirmation"},
    {"6", "a policy's source is missing, empty, stale or has shrunk"},
    {"7", "busy: another run holds the lock"},
    {"8", "Xero is unavailable: network, TLS, 5xx, or 429 beyond what we wait"},
    {"9", "only with --detailed-exitcode: the plan has something to do"},
    {"130, 143", "SIGINT, SIGTERM"},
};
const size_t xr_help_status_count = sizeof xr_help_statuses / sizeof xr_help_statuses[0];

/* The left column holds "    --lock-timeout DURATION" and its like. */
enum { COLUMN = 27, WIDTH = 80 };

/* A row of two columns, the right one wrapped. */
static void print_row(FILE *file, const char *left, const char *right)
{
    int used = fprintf(file, "  %-*s", COLUMN, left);
    while (*right != '\0') {
        int length = (int)strcspn(right, " ");
        if (used + 1 + length > WIDTH)
            used = fprintf(file, "\n  %-*s", COLUMN, "") - 1;
        used += fprintf(file, " %.*s", length, right);
        right += length;
        right += strspn(right, " ");
    }
    (void)fputc('\n', file);
}

static void print_option(FILE *file, const struct xr_option *option)
{
    char left[64];
    const char *argument = option->argument != NULL ? option->argument : "";
    const char *space = option->argument != NULL ? " " : "";
    if (option->name == NULL)
        (void)snprintf(left, sizeof left, "-%c%s%s", option->letter, space, argument);
    else if (option->letter == 0)
        (void)snprintf(left, sizeof left, "    --%s%s%s", option->name, space, argument);
    else
        (void)snprintf(left, sizeof left, "-%c, --%s%s%s", option->letter, option->name, space,
                       argument);
    char help[160];
    size_t used = (size_t)snprintf(help, sizeof help, "%s", option->help);
    for (size_t i = 0; option->choices != NULL && option->choices[i] != NULL; i++)
        used += (size_t)snprintf(help + used, sizeof help - used, "%s%s", i == 0 ? ": " : ", ",
                                 option->choices[i]);
    print_row(file, left, help);
}

/*
 * What a command is for: the first clause of the comment line that its source begins with, without
 * the dashes, and without the "xero-run NAME: " that may stand before it.
 */
static void print_command(FILE *file, const struct xr_embedded *command)
{
    char purpose[128] = "";
    const char *text = command->text + strspn(command->text, "- ");
    size_t length = strcspn(text, "\n");
    if (text != command->text)
        (void)snprintf(purpose, sizeof purpose, "%.*s", (int)(length < 120 ? length : 120), text);
    char prefix[64];
    (void)snprintf(prefix, sizeof prefix, "xero-run %s: ", command->name);
    size_t skip = strncmp(purpose, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
    purpose[skip + strcspn(purpose + skip, ".:")] = '\0';
    print_row(file, command->name, purpose + skip);
}

void xr_help_print(FILE *file)
{
    (void)fputs("usage: xero-run [OPTIONS] SCRIPT [ARGS...]   run a script: a/path, x.lua, or -\n"
                "       xero-run [OPTIONS] -e STAT [SCRIPT]   run a statement, then the script\n"
                "       xero-run [OPTIONS] COMMAND [ARGS...]  run a bundled command\n"
                "\nLists and disconnects the tenants of a Xero app.\n\nOptions:\n",
                file);
    for (size_t i = 0; i < xr_option_count; i++)
        print_option(file, &xr_option_list[i]);
    (void)fputs("\nCommands (xero-run COMMAND --help tells more):\n", file);
    for (size_t i = 0; i < xr_embedded_command_count; i++)
        print_command(file, &xr_embedded_commands[i]);
    (void)fputs("\nExit status:\n", file);
    for (size_t i = 0; i < xr_help_status_count; i++)
        print_row(file, xr_help_statuses[i].status, xr_help_statuses[i].meaning);
}

void xr_help_print_version(FILE *file, const char *lua)
{
    (void)fprintf(file, "xero-run %s (%s, libcurl %s, OpenSSL %s)\n", XR_VERSION, lua,
                  curl_version_info(CURLVERSION_NOW)->version,
                  OpenSSL_version(OPENSSL_VERSION_STRING));
}
