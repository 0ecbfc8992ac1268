/* The Lua state of a run; see runtime.h. */
#include "runtime.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "embedded.h"
#include "help.h"
#include "host.h"
#include "interrupt.h"
#include "memory.h"
#include "native.h"
#include "secret.h"

#define OUTPUT_FAILED "cannot write to standard output: "

int luaopen_cjson(lua_State *L);

/*
 * Lua's warnings, off until "@on" as in lua itself; a message may come in pieces. It is
 * luaL_newstate that would have set such a function, but it takes no allocator.
 */
static void warn(void *context, const char *piece, int more)
{
    struct xr_host *host = context;
    bool begins = !host->warning;
    host->warning = more != 0;
    if (begins && !more && piece[0] == '@') {
        if (strcmp(piece, "@on") == 0 || strcmp(piece, "@off") == 0)
            host->warnings = strcmp(piece, "@on") == 0;
        return;
    }
    if (host->warnings)
        (void)fprintf(stderr, "%s%s%s", begins ? "Lua warning: " : "", piece, more ? "" : "\n");
}

lua_State *xr_runtime_new(struct xr_host *host)
{
    struct xr_arena *arena = xr_arena_new();
    lua_State *L = arena != NULL ? lua_newstate(xr_arena_lua, arena) : NULL;
    if (L == NULL) {
        xr_arena_free(arena);
        return NULL;
    }
    lua_setwarnf(L, warn, host);
    /*
     * The collector stays as Lua sets it up: decoding 10,000 connections took the same CPU and
     * memory with it stopped altogether, for all that is decoded stays alive, and generational mode
     * made working through them 14 % dearer.
     */
    xr_native_set_host(L, host);
    return L;
}

void xr_runtime_load(lua_State *L, const struct xr_embedded *source)
{
    /*
     * The bytes of compiled code are bound to the release of Lua that made them, and liblua is
     * another file that may be newer than this program: then the source is compiled.
     */
    bool same_release = strstr(lua_ident, "$LuaVersion: " LUA_RELEASE " ") != NULL;
    if (same_release &&
        luaL_loadbufferx(L, source->code, source->code_size, source->file, "b") == LUA_OK)
        return;
    if (same_release)
        lua_pop(L, 1);
    lua_pushfstring(L, "@%s", source->file);
    if (luaL_loadbufferx(L, source->text, source->size, lua_tostring(L, -1), "t") != LUA_OK)
        (void)lua_error(L);
    lua_remove(L, -2);
}

/* The loader of one embedded module: upvalue 1 is the module, the arguments are `require`'s. */
static int l_load_embedded(lua_State *L)
{
    lua_settop(L, 2);
    xr_runtime_load(L, lua_touserdata(L, lua_upvalueindex(1)));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

static bool is_xero(const char *name)
{
    return strcmp(name, "xero") == 0 || strncmp(name, "xero.", 5) == 0;
}

/* Makes the embedded modules known; none is loaded before it is required. [-0, +0, m] */
static void preload(lua_State *L, const struct xr_options *options)
{
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (size_t i = 0; i < xr_embedded_module_count; i++) {
        const struct xr_embedded *module = &xr_embedded_modules[i];
        if (options->lib != NULL && is_xero(module->name))
            continue;
        lua_pushlightuserdata(L, (void *)module);
        lua_pushcclosure(L, l_load_embedded, 1);
        lua_setfield(L, -2, module->name);
    }
    lua_pushcfunction(L, luaopen_xero_native);
    lua_setfield(L, -2, "xero.native");
    lua_pushcfunction(L, luaopen_cjson);
    lua_setfield(L, -2, "cjson");
    lua_pop(L, 1);
}

/*
 * Drops the entries of package[field] that are not absolute: ./cjson.lua, or whatever else lies in
 * the directory that a cron job happens to run in, is never loaded. [-0, +0, m]
 */
static void drop_relative(lua_State *L, const char *field)
{
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, field);
    const char *entry = lua_tostring(L, -1); /* stays on the stack meanwhile */
    luaL_Buffer kept;
    luaL_buffinit(L, &kept);
    while (*entry != '\0') {
        size_t length = strcspn(entry, ";");
        if (*entry == '/') {
            if (luaL_bufflen(&kept) > 0)
                luaL_addchar(&kept, ';');
            luaL_addlstring(&kept, entry, length);
        }
        entry += length + (entry[length] == ';');
    }
    luaL_pushresult(&kept);
    lua_setfield(L, -3, field);
    lua_pop(L, 2);
}

/* Puts the Lua modules of a directory before the others. [-0, +0, m] */
static void search_first(lua_State *L, const char *directory)
{
    /* Such a name cannot be written in a search path. */
    if (strpbrk(directory, ";?") != NULL)
        return;
    lua_getglobal(L, LUA_LOADLIBNAME);
    lua_getfield(L, -1, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", directory, directory, lua_tostring(L, -1));
    lua_setfield(L, -3, "path");
    lua_pop(L, 2);
}

void xr_runtime_search_beside(lua_State *L, const char *script)
{
    char resolved[PATH_MAX];
    if (realpath(script, resolved) == NULL)
        return; /* loading it says what is wrong */
    *strrchr(resolved, '/') = '\0';
    search_first(L, resolved);
}

/* os.exit([status]): as a run that ends by itself, from wherever it is called. */
static int l_os_exit(lua_State *L)
{
    lua_Integer status = XR_EXIT_DONE;
    if (lua_isboolean(L, 1))
        status = lua_toboolean(L, 1) ? XR_EXIT_DONE : XR_EXIT_FAILED;
    else
        status = luaL_optinteger(L, 1, XR_EXIT_DONE);
    luaL_argcheck(L, status >= 0 && status <= 255, 1, "true, false or 0 to 255 expected");
    exit(xr_runtime_finish(L, (int)status));
}

/*
 * print(...): as Lua's, but what cannot be written is an error. SIGPIPE does not end this program,
 * so a loop that prints would otherwise go on for ever after its reader has left.
 */
static int l_print(lua_State *L)
{
    int count = lua_gettop(L);
    bool written = true;
    for (int i = 1; i <= count && written; i++) {
        size_t length;
        const char *text = luaL_tolstring(L, i, &length);
        written =
            (i == 1 || fputc('\t', stdout) != EOF) && fwrite(text, 1, length, stdout) == length;
        lua_pop(L, 1);
    }
    if (written && fputc('\n', stdout) != EOF && fflush(stdout) == 0)
        return 0;
    if (errno == EINTR) /* a signal, which ends the script by itself */
        return 0;
    xr_native_host(L)->output_errno = errno;
    return xr_native_raise(L, "store", NULL, OUTPUT_FAILED "%s", strerror(errno));
}

void xr_runtime_open(lua_State *L)
{
    const struct xr_host *host = xr_native_host(L);
    if (host->options.ignore_environment) {
        lua_pushboolean(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    }
    luaL_openlibs(L);
    lua_register(L, "print", l_print);
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, l_os_exit);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 1);
    preload(L, &host->options);
    drop_relative(L, "path");
    drop_relative(L, "cpath");
    if (host->options.lib != NULL)
        search_first(L, host->options.lib);
}

/* Whether all that was printed arrived; if not, failure becomes the reason, where it is known. */
static bool flush_output(int *failure)
{
    if (fflush(stdout) != 0) {
        *failure = errno;
        return false;
    }
    return ferror(stdout) == 0;
}

int xr_runtime_finish(lua_State *L, int status)
{
    struct xr_host *host = xr_native_host(L);
    xr_native_end_interrupts(L);
    /* A finalizer that calls os.exit while the state is closed cannot close it again. */
    if (!host->closing) {
        void *arena;
        (void)lua_getallocf(L, &arena);
        host->closing = true;
        status = xr_native_end(L, status);
#if !defined(__SANITIZE_ADDRESS__) /* its leak checker wants to see every block come back */
        lua_setallocf(L, xr_memory_lua_ending, NULL);
#endif
        lua_close(L);
        xr_arena_free(arena);
    }
    xr_secret_free(host->client_secret);
    xr_secret_free(host->access_token);
    int failure = host->output_errno;
    bool told = failure != 0 && status != XR_EXIT_DONE; /* as the error that ended the script */
    if (!flush_output(&failure)) {
        if (!told)
            (void)fprintf(stderr, "xero-run: " OUTPUT_FAILED "%s\n",
                          failure != 0 ? strerror(failure) : "an earlier write failed");
        if (status == XR_EXIT_DONE)
            status = XR_EXIT_FAILED;
    }
    return xr_interrupt_status() != 0 ? xr_interrupt_status() : status;
}
