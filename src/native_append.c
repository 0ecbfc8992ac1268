/*
 * The border's growing file: store:append(name) opens one; its methods write to the end, make that
 * durable, and read. A failed write or sync is a value, nil and message and hint: what it means for
 * a run that has sent something is for lua/xero/journal.lua to say.
 */
#include "native_append.h"

#include "append.h"
#include "native.h"
#include "native_store_error.h"

#define APPEND "xero.append"

#define READ_LIMIT (1 << 24)

struct append {
    struct xr_append *engine; /* NULL once closed */
};

static struct xr_append *check_append(lua_State *L)
{
    struct append *append = luaL_checkudata(L, 1, APPEND);
    luaL_argcheck(L, append->engine != NULL, 1, "the file is closed");
    return append->engine;
}

/* append:size() -> bytes */
static int l_append_size(lua_State *L)
{
    struct xr_append *append = check_append(L);
    struct xr_store_error error;
    unsigned long long size;
    if (xr_append_size(append, &size, &error) != XR_STORE_OK)
        return xr_native_raise_store(L, &error);
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

/* append:read(offset, length) -> text, shorter at the end of the file */
static int l_append_read(lua_State *L)
{
    struct xr_append *append = check_append(L);
    lua_Integer offset = luaL_checkinteger(L, 2);
    lua_Integer size = luaL_checkinteger(L, 3);
    luaL_argcheck(L, offset >= 0, 2, "before the beginning");
    luaL_argcheck(L, size >= 0 && size <= READ_LIMIT, 3, "length out of range");
    luaL_Buffer buffer;
    char *bytes = luaL_buffinitsize(L, &buffer, (size_t)size);
    struct xr_store_error error;
    size_t length;
    if (xr_append_read(append, (unsigned long long)offset, bytes, (size_t)size, &length, &error) !=
        XR_STORE_OK)
        return xr_native_raise_store(L, &error);
    luaL_pushresultsize(&buffer, length);
    return 1;
}

/* append:write(text) -> true; or nil, message, hint */
static int l_append_write(lua_State *L)
{
    struct xr_append *append = check_append(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    struct xr_store_error error;
    bool done = xr_append_write(append, text, length, &error) == XR_STORE_OK;
    return xr_native_push_outcome(L, &error, done);
}

/* append:sync() -> true; or nil, message, hint */
static int l_append_sync(lua_State *L)
{
    struct xr_append *append = check_append(L);
    struct xr_store_error error;
    bool done = xr_append_sync(append, &error) == XR_STORE_OK;
    return xr_native_push_outcome(L, &error, done);
}

/* Serves append:close(), __gc and __close. */
static int l_append_close(lua_State *L)
{
    struct append *append = luaL_checkudata(L, 1, APPEND);
    xr_append_close(append->engine);
    append->engine = NULL;
    return 0;
}

void xr_native_add_append(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_append_close},
        {"__close", l_append_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"size", l_append_size}, {"read", l_append_read},   {"write", l_append_write},
        {"sync", l_append_sync}, {"close", l_append_close}, {NULL, NULL},
    };
    xr_native_add_type(L, APPEND, meta, methods);
}

int xr_native_push_append(lua_State *L, const struct xr_store *store, const char *name)
{
    struct append *append = lua_newuserdatauv(L, sizeof *append, 0);
    append->engine = NULL;
    luaL_setmetatable(L, APPEND);
    struct xr_store_error error;
    if (xr_append_open(store, name, &append->engine, &error) != XR_STORE_OK)
        return xr_native_raise_store(L, &error);
    return 1;
}
