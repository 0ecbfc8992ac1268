/*
 * The border's store: native.store opens a directory of small files; its methods lock, read and
 * replace them. The bytes of tokens pass as secrets, never as strings.
 *
 * What must not be (a refused file, a lock that cannot be had for a reason other than time) raises
 * an error object of kind "store" whose hint is the command that mends it. A save that failed is a
 * value, nil and message and hint, since the protocol in lua/xero/refresh.lua decides what it
 * means.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "native_append.h"
#include "native_store_error.h"
#include "native_token.h"
#include "store.h"

#define STORE "xero.store"

/* More than a login takes; whoever reads what may be larger says so. */
#define DEFAULT_LIMIT 65536

struct store {
    struct xr_store *engine; /* NULL once closed */
};

/* The open store at index 1. [-0, +0, v] */
static struct xr_store *check_store(lua_State *L)
{
    struct store *store = luaL_checkudata(L, 1, STORE);
    luaL_argcheck(L, store->engine != NULL, 1, "the store is closed");
    return store->engine;
}

/* The name of a file at index. [-0, +0, v] */
static const char *check_name(lua_State *L, int index, const char *otherwise)
{
    const char *name = otherwise ? luaL_optstring(L, index, otherwise) : luaL_checkstring(L, index);
    luaL_argcheck(L, xr_store_is_name(name), index, "not a plain file name");
    return name;
}

/* native.store{ directory =, create = } -> store, or nil where there is no directory. */
static int l_store_open(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "directory");
    const char *directory = lua_tostring(L, -1);
    luaL_argcheck(L, directory != NULL && directory[0] == '/', 1, "directory: no absolute path");
    lua_getfield(L, 1, "create");
    bool create = lua_toboolean(L, -1);

    struct store *store = lua_newuserdatauv(L, sizeof *store, 0);
    store->engine = NULL;
    luaL_setmetatable(L, STORE);
    struct xr_store_error error;
    enum xr_store_status status = xr_store_open(directory, create, &store->engine, &error);
    if (status == XR_STORE_ABSENT) {
        luaL_pushfail(L);
        lua_pushstring(L, error.message);
        return 2;
    }
    return status == XR_STORE_OK ? 1 : xr_native_raise_store(L, &error);
}

/* store:lock(seconds [, name]) -> true; or nil, "busy" | "interrupted", message. */
static int l_store_lock(lua_State *L)
{
    struct xr_store *store = check_store(L);
    double seconds = luaL_checknumber(L, 2);
    const char *name = check_name(L, 3, "token.lock");
    struct xr_store_error error;
    switch (xr_store_lock(store, name, seconds, xr_interrupt_fd(), &error)) {
    case XR_STORE_OK:
        lua_pushboolean(L, true);
        return 1;
    case XR_STORE_BUSY:
    case XR_STORE_INTERRUPTED:
        luaL_pushfail(L);
        lua_pushstring(L, error.status == XR_STORE_BUSY ? "busy" : "interrupted");
        lua_pushstring(L, error.message);
        return 3;
    default:
        return xr_native_raise_store(L, &error);
    }
}

static int l_store_unlock(lua_State *L)
{
    xr_store_unlock(check_store(L));
    return 0;
}

static int l_store_is_locked(lua_State *L)
{
    lua_pushboolean(L, xr_store_is_locked(check_store(L)));
    return 1;
}

/* Reads the file named at index 2, at most the limit at index 3; false where there is none. The
 * bytes are the caller's to free. [-0, +0, e] */
static bool read_file(lua_State *L, char **bytes, size_t *length)
{
    struct xr_store *store = check_store(L);
    const char *name = check_name(L, 2, NULL);
    lua_Integer limit = luaL_optinteger(L, 3, DEFAULT_LIMIT);
    luaL_argcheck(L, limit >= 0 && limit <= 1 << 30, 3, "limit out of range");
    struct xr_store_error error;
    enum xr_store_status status = xr_store_read(store, name, (size_t)limit, bytes, length, &error);
    if (status != XR_STORE_OK && status != XR_STORE_ABSENT)
        xr_native_raise_store(L, &error);
    return status == XR_STORE_OK;
}

/* store:read(name [, limit]) -> secret, or nil where there is no file. */
static int l_store_read(lua_State *L)
{
    lua_settop(L, 3);
    struct xr_secret **secret = xr_native_push_secret(L);
    char *bytes;
    size_t length;
    if (!read_file(L, &bytes, &length)) {
        luaL_pushfail(L);
        return 1;
    }
    *secret = xr_secret_new(bytes, length);
    explicit_bzero(bytes, length);
    free(bytes);
    return *secret != NULL ? 1 : luaL_error(L, "not enough memory");
}

struct text {
    char *bytes;
    size_t length;
};

/* Pushes the bytes of the struct text at the light userdata. [-0, +1, m] */
static int push_text(lua_State *L)
{
    const struct text *text = lua_touserdata(L, 1);
    lua_pushlstring(L, text->bytes, text->length);
    return 1;
}

/* store:read_text(name [, limit]) -> text, or nil where there is no file. Not for tokens: they are
 * never Lua values. */
static int l_store_read_text(lua_State *L)
{
    luaL_argcheck(L, strcmp(check_name(L, 2, NULL), "token.json") != 0, 2, "tokens are no text");
    struct text text;
    if (!read_file(L, &text.bytes, &text.length)) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushcfunction(L, push_text);
    lua_pushlightuserdata(L, &text);
    int status = lua_pcall(L, 1, 1, 0);
    free(text.bytes);
    return status == LUA_OK ? 1 : lua_error(L);
}

/* store:prepare(name, size) -> true; or nil, message, hint. */
static int l_store_prepare(lua_State *L)
{
    struct xr_store *store = check_store(L);
    const char *name = check_name(L, 2, NULL);
    lua_Integer size = luaL_checkinteger(L, 3);
    luaL_argcheck(L, size > 0, 3, "size must be positive");
    struct xr_store_error error;
    bool done = xr_store_prepare(store, name, (size_t)size, &error) == XR_STORE_OK;
    return xr_native_push_outcome(L, &error, done);
}

/* store:replace(name, secret|text) -> true; or nil, message, hint. */
static int l_store_replace(lua_State *L)
{
    struct xr_store *store = check_store(L);
    const char *name = check_name(L, 2, NULL);
    const struct xr_secret *secret = xr_native_to_secret(L, 3);
    luaL_argexpected(L, secret != NULL || lua_type(L, 3) == LUA_TSTRING, 3, "secret or string");
    size_t length;
    const char *bytes = secret != NULL ? xr_secret_bytes(secret) : lua_tolstring(L, 3, &length);
    if (secret != NULL)
        length = xr_secret_length(secret);
    struct xr_store_error error;
    bool done = xr_store_replace(store, name, bytes, length, &error) == XR_STORE_OK;
    return xr_native_push_outcome(L, &error, done);
}

/* store:remove(name) -> true, also where there was no file; or nil, message, hint. */
static int l_store_remove(lua_State *L)
{
    struct xr_store *store = check_store(L);
    const char *name = check_name(L, 2, NULL);
    struct xr_store_error error;
    enum xr_store_status status = xr_store_remove(store, name, &error);
    return xr_native_push_outcome(L, &error, status == XR_STORE_OK || status == XR_STORE_ABSENT);
}

/* store:append(name) -> a file that only ever grows */
static int l_store_append(lua_State *L)
{
    struct xr_store *store = check_store(L);
    const char *name = check_name(L, 2, NULL);
    return xr_native_push_append(L, store, name);
}

/* Serves store:close(), __gc and __close. */
static int l_store_close(lua_State *L)
{
    struct store *store = luaL_checkudata(L, 1, STORE);
    xr_store_close(store->engine);
    store->engine = NULL;
    return 0;
}

void xr_native_add_store(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_store_close},
        {"__close", l_store_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"lock", l_store_lock},
        {"unlock", l_store_unlock},
        {"is_locked", l_store_is_locked},
        {"read", l_store_read},
        {"read_text", l_store_read_text},
        {"prepare", l_store_prepare},
        {"replace", l_store_replace},
        {"remove", l_store_remove},
        {"append", l_store_append},
        {"close", l_store_close},
        {NULL, NULL},
    };
    xr_native_add_type(L, STORE, meta, methods);
    xr_native_add_append(L);
    lua_pushcfunction(L, l_store_open);
    lua_setfield(L, -2, "store");
}
