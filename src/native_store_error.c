/* What went wrong with a store or a file of it; see native_store_error.h. */
#include "native_store_error.h"

#include "native.h"

int xr_native_raise_store(lua_State *L, const struct xr_store_error *error)
{
    const char *hint = error->hint[0] != '\0' ? error->hint : NULL;
    return xr_native_raise(L, "store", hint, "%s", error->message);
}

int xr_native_push_outcome(lua_State *L, const struct xr_store_error *error, bool done)
{
    if (done) {
        lua_pushboolean(L, true);
        return 1;
    }
    luaL_pushfail(L);
    lua_pushstring(L, error->message);
    lua_pushstring(L, error->hint[0] != '\0' ? error->hint : NULL);
    return 3;
}
