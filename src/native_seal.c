/* The border's seal: native.seal(key) gives one; it closes and opens secrets, which stay in C. */
#include "native.h"
#include "native_token.h"
#include "seal.h"

#define SEAL "xero.seal"

struct seal_box {
    struct xr_seal *seal; /* NULL until it is made */
};

static const struct xr_secret *check_secret(lua_State *L, int index)
{
    const struct xr_secret *secret = xr_native_to_secret(L, index);
    luaL_argexpected(L, secret, index, "secret");
    return secret;
}

static const struct xr_seal *check_seal(lua_State *L)
{
    struct seal_box *box = luaL_checkudata(L, 1, SEAL);
    return box->seal;
}

/* native.seal(key) -> seal; or nil, message, whether libsodium is missing */
static int l_seal(lua_State *L)
{
    const struct xr_secret *key = check_secret(L, 1);
    struct seal_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->seal = NULL;
    luaL_setmetatable(L, SEAL);
    char why[512];
    bool missing;
    box->seal = xr_seal_new(key, why, sizeof why, &missing);
    if (box->seal)
        return 1;
    luaL_pushfail(L);
    lua_pushstring(L, why);
    lua_pushboolean(L, missing);
    return 3;
}

/* native.is_sealed(secret) -> whether it is, with whatever key */
static int l_is_sealed(lua_State *L)
{
    lua_pushboolean(L, xr_seal_is_sealed(check_secret(L, 1)));
    return 1;
}

/* seal:close(secret) -> secret */
static int l_seal_close(lua_State *L)
{
    const struct xr_seal *seal = check_seal(L);
    const struct xr_secret *plain = check_secret(L, 2);
    struct xr_secret **sealed = xr_native_push_secret(L);
    *sealed = xr_seal_close(seal, plain);
    return *sealed ? 1 : luaL_error(L, "not enough memory");
}

/* seal:open(secret) -> secret, or nil where it was sealed with another key, or changed */
static int l_seal_open(lua_State *L)
{
    const struct xr_seal *seal = check_seal(L);
    const struct xr_secret *sealed = check_secret(L, 2);
    struct xr_secret **plain = xr_native_push_secret(L);
    *plain = xr_seal_open(seal, sealed);
    if (!*plain)
        luaL_pushfail(L);
    return 1;
}

static int l_seal_gc(lua_State *L)
{
    struct seal_box *box = luaL_checkudata(L, 1, SEAL);
    xr_seal_free(box->seal);
    box->seal = NULL;
    return 0;
}

void xr_native_add_seal(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_seal_gc},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"close", l_seal_close},
        {"open", l_seal_open},
        {NULL, NULL},
    };
    xr_native_add_type(L, SEAL, meta, methods);
    lua_pushcfunction(L, l_seal);
    lua_setfield(L, -2, "seal");
    lua_pushcfunction(L, l_is_sealed);
    lua_setfield(L, -2, "is_sealed");
}
