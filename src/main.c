/*
 * xero-run: runs Lua scripts that list and disconnect the tenants of a Xero app.
 *
 * main hardens the process, takes the secrets out of the environment and makes the Lua state. All
 * that touches Lua then happens in one protected call of `run`; what it raises is told by one
 * other.
 */
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "embedded.h"
#include "harden.h"
#include "help.h"
#include "host.h"
#include "interrupt.h"
#include "native.h"
#include "runtime.h"
#include "script.h"

/* `run` gives three values: nil, or the message of a failure that is no bug; a hint; a status. */
enum { RUN_RESULTS = 3 };

static int run_fails(lua_State *L, const char *message, const char *hint, enum xr_exit status)
{
    lua_pushstring(L, message);
    lua_pushstring(L, hint);
    lua_pushinteger(L, status);
    return RUN_RESULTS;
}

/*
 * Pushes "did you mean X?" for the candidate in the list at the top that is nearest to the first
 * length bytes of word, or nil; takes the list. [-1, +1, e]
 */
static const char *push_suggestion(lua_State *L, const char *word, size_t length)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "xero.suggest");
    lua_call(L, 1, 1);
    lua_pushlstring(L, word, length);
    lua_rotate(L, -3, 2);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) {
        lua_pushfstring(L, "did you mean %s?", lua_tostring(L, -1));
        lua_replace(L, -2);
    }
    return lua_tostring(L, -1);
}

/* Explains a command line that is wrong. [-0, +3, e] */
static int refuse_options(lua_State *L, const struct xr_complaint *complaint)
{
    if (complaint->word == NULL)
        return run_fails(L, complaint->message, NULL, XR_EXIT_USAGE);
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t i = 0; complaint->option == NULL && i < xr_option_count; i++) {
        if (xr_option_list[i].name == NULL)
            continue;
        lua_pushfstring(L, "--%s", xr_option_list[i].name);
        lua_rawseti(L, -2, ++count);
    }
    for (size_t i = 0; complaint->option != NULL && complaint->option->choices[i] != NULL; i++) {
        lua_pushstring(L, complaint->option->choices[i]);
        lua_rawseti(L, -2, ++count);
    }
    const char *hint = push_suggestion(L, complaint->word, strcspn(complaint->word, "="));
    if (hint == NULL && complaint->option == NULL)
        hint = "xero-run --help lists the options; those of a command stand after its name";
    return run_fails(L, complaint->message, hint, XR_EXIT_USAGE);
}

/* A bare word that is no command. [-0, +3, e] */
static int refuse_command(lua_State *L, const char *word)
{
    const char *message = lua_pushfstring(L, "no command '%s'", word);
    struct stat file;
    if (stat(word, &file) == 0 && S_ISREG(file.st_mode))
        return run_fails(L, message, lua_pushfstring(L, "did you mean ./%s?", word), XR_EXIT_USAGE);
    lua_newtable(L);
    for (size_t i = 0; i < xr_embedded_command_count; i++) {
        lua_pushstring(L, xr_embedded_commands[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    const char *hint = push_suggestion(L, word, strlen(word));
    if (hint == NULL)
        hint = "xero-run --help lists the commands; a script is named with a / or .lua";
    return run_fails(L, message, hint, XR_EXIT_USAGE);
}

/* The global `arg`, as lua makes it: the script at 0, what stands before it below. [-0, +0, m] */
static void set_arguments(lua_State *L, const struct xr_host *host)
{
    int script = host->options.word < host->argc ? host->options.word : 0;
    lua_createtable(L, host->argc - script, script + 1);
    for (int i = 0; i < host->argc; i++) {
        lua_pushstring(L, host->argv[i]);
        lua_rawseti(L, -2, i - script);
    }
    lua_setglobal(L, "arg");
}

/* -l MOD or -l NAME=MOD. [-0, +0, e] */
static void require_module(lua_State *L, const char *value)
{
    const char *equals = strchr(value, '=');
    lua_getglobal(L, "require");
    lua_pushstring(L, equals != NULL ? equals + 1 : value);
    lua_call(L, 1, 1);
    lua_pushglobaltable(L);
    lua_pushlstring(L, value, equals != NULL ? (size_t)(equals - value) : strlen(value));
    lua_rotate(L, -3, -1);
    lua_settable(L, -3);
    lua_pop(L, 1);
}

/* Carries out -e and -l in their order. False with a message when a -e is no Lua. [-0, +0|1, e] */
static bool take_steps(lua_State *L, const struct xr_host *host)
{
    struct xr_option_reader reader = {.argc = host->argc, .argv = host->argv, .index = 1};
    struct xr_complaint complaint;
    const struct xr_option *option;
    const char *value;
    while (xr_options_next(&reader, &option, &value, &complaint) == XR_OPTION_FOUND) {
        if (option->letter == 'l') {
            require_module(L, value);
        } else if (option->letter == 'e') {
            if (luaL_loadbuffer(L, value, strlen(value), "=(command line)") != LUA_OK)
                return false;
            lua_call(L, 0, 0);
        }
    }
    return true;
}

static bool is_script(const char *word)
{
    size_t length = strlen(word);
    return strcmp(word, "-") == 0 || strchr(word, '/') != NULL ||
           (length > 4 && strcmp(word + length - 4, ".lua") == 0);
}

static const struct xr_embedded *find_command(const char *word)
{
    for (size_t i = 0; i < xr_embedded_command_count; i++)
        if (strcmp(xr_embedded_commands[i].name, word) == 0)
            return &xr_embedded_commands[i];
    return NULL;
}

/* Loads a script or a command: the function, or a message. Returns a status of Lua. [-0, +1, m] */
static int load_word(lua_State *L, const char *word, const struct xr_embedded *command)
{
    if (command == NULL && strcmp(word, "-") == 0)
        return luaL_loadfile(L, NULL);
    if (command == NULL) {
        xr_runtime_search_beside(L, word);
        return luaL_loadfile(L, word);
    }
    xr_runtime_load(L, command);
    return LUA_OK;
}

/* Plans the policy that the script returned, the value at the top, if it has used any. [-1, +0, e]
 */
static void show_returned(lua_State *L)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    bool declares = lua_getfield(L, -1, "xero.policy") != LUA_TNIL;
    lua_pop(L, 2);
    if (declares) {
        lua_getglobal(L, "require");
        lua_pushliteral(L, "xero.run_policy");
        lua_call(L, 1, 1);
        lua_getfield(L, -1, "show_returned");
        lua_pushvalue(L, -3);
        lua_call(L, 1, 0);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Runs the script or command with its arguments. [-0, +0|3, e] */
static int run_word(lua_State *L, const struct xr_host *host)
{
    const char *word = host->argv[host->options.word];
    const struct xr_embedded *command = is_script(word) ? NULL : find_command(word);
    if (command == NULL && !is_script(word))
        return refuse_command(L, word);
    const char *fault = command == NULL ? xr_script_fault(word, false) : NULL;
    if (fault != NULL)
        return run_fails(L, lua_pushfstring(L, "%s %s", word, fault),
                         lua_pushfstring(L, "chmod go-w '%s'", word), XR_EXIT_USAGE);
    int status = load_word(L, word, command);
    if (status == LUA_ERRMEM)
        return lua_error(L);
    if (status != LUA_OK)
        return run_fails(L, lua_tostring(L, -1), NULL,
                         status == LUA_ERRFILE ? XR_EXIT_USAGE : XR_EXIT_FAILED);
    int count = host->argc - host->options.word - 1;
    luaL_checkstack(L, count, "too many arguments");
    for (int i = 1; i <= count; i++)
        lua_pushstring(L, host->argv[host->options.word + i]);
    lua_call(L, count, 1);
    if (command == NULL)
        show_returned(L);
    return 0;
}

/* Everything that happens in Lua; the argument is the complaint about the command line. */
static int l_run(lua_State *L)
{
    const struct xr_complaint *complaint = lua_touserdata(L, 1);
    const struct xr_host *host = xr_native_host(L);
    const struct xr_options *options = &host->options;
    xr_runtime_open(L);
    if (complaint != NULL)
        return refuse_options(L, complaint);
    if (options->help) {
        xr_help_print(stdout);
        return 0;
    }
    if (options->version)
        xr_help_print_version(stdout, LUA_RELEASE);
    else if (!options->steps && options->word == host->argc)
        return run_fails(L, "no script and no command", "xero-run --help tells how", XR_EXIT_USAGE);
    if (options->warnings)
        lua_warning(L, "@on", 0);
    set_arguments(L, host);
    xr_native_allow_interrupts(L);
    if (!take_steps(L, host))
        return run_fails(L, lua_tostring(L, -1), NULL, XR_EXIT_FAILED);
    return options->word < host->argc ? run_word(L, host) : 0;
}

/* Tells how the protected call ended; gives the exit status. [-0, +0, -] */
static int conclude(lua_State *L, int status)
{
    xr_native_end_interrupts(L);
    if (status != LUA_OK)
        return xr_native_report(L);
    if (lua_isnil(L, -RUN_RESULTS))
        return xr_native_host(L)->partly ? XR_EXIT_PARTLY : XR_EXIT_DONE;
    xr_native_say(lua_tostring(L, -3), lua_tostring(L, -2));
    return (int)lua_tointeger(L, -1);
}

/* The directory of --lib, in full; `run` must not depend on where the process stands. */
static bool resolve_library(struct xr_options *options, char resolved[static PATH_MAX],
                            struct xr_complaint *complaint)
{
    if (options->lib == NULL)
        return true;
    bool found = realpath(options->lib, resolved) != NULL;
    if (!found)
        (void)snprintf(complaint->message, sizeof complaint->message, "--lib: %.100s: %s",
                       options->lib, strerror(errno));
    options->lib = resolved;
    return found;
}

static bool prepare(struct xr_host *host)
{
    if (!xr_harden_process()) {
        xr_native_say("cannot harden the process", strerror(errno));
        return false;
    }
    if (!xr_harden_take("XERO_CLIENT_SECRET", &host->client_secret) ||
        !xr_harden_take("XERO_ACCESS_TOKEN", &host->access_token)) {
        xr_native_say("not enough memory", NULL);
        return false;
    }
    if (!xr_interrupt_install()) {
        xr_native_say("cannot handle signals", strerror(errno));
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct xr_host host = {.argc = argc, .argv = argv};
    struct xr_complaint complaint;
    char library[PATH_MAX];
    if (!prepare(&host))
        return XR_EXIT_FAILED;
    bool understood = xr_options_parse(argc, argv, &host.options, &complaint) &&
                      resolve_library(&host.options, library, &complaint);
    if (understood && host.options.deadline > 0 && !xr_interrupt_deadline(host.options.deadline)) {
        xr_native_say("cannot set the timer of the deadline", strerror(errno));
        return XR_EXIT_FAILED;
    }
    if (!understood)
        host.options.lib = NULL; /* the explanation comes from the embedded library */
    lua_State *L = xr_runtime_new(&host);
    if (L == NULL) {
        xr_native_say("not enough memory", NULL);
        return XR_EXIT_FAILED;
    }
    lua_pushcfunction(L, xr_native_traceback);
    lua_pushcfunction(L, l_run);
    lua_pushlightuserdata(L, understood ? NULL : &complaint);
    int status = conclude(L, lua_pcall(L, 1, RUN_RESULTS, 1));
    return xr_runtime_finish(L, status);
}
