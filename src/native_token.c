/* Secrets and tokens at the border; see native_token.h. */
#include "native_token.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "grant.h"
#include "harden.h"
#include "host.h"
#include "native_decode.h"
#include "native_scratch.h"
#include "oauth.h"
#include "pkce.h"

#define SECRET "xero.native.secret"
#define TOKEN "xero.native.token"

#define LIFETIME_MAX (10.0 * 366 * 24 * 3600)

/* The userdata; the pointers are NULL until there is something to release. */
struct secret_box {
    struct xr_secret *secret;
};
struct token_box {
    struct xr_token *token;
};

struct xr_secret *xr_native_to_secret(lua_State *L, int index)
{
    struct secret_box *box = luaL_testudata(L, index, SECRET);
    return box ? box->secret : NULL;
}

struct xr_token *xr_native_to_token(lua_State *L, int index)
{
    struct token_box *box = luaL_testudata(L, index, TOKEN);
    return box ? box->token : NULL;
}

/* The secret or the token that is argument 1. [-0, +0, v] */
static struct xr_secret *check_secret(lua_State *L)
{
    struct xr_secret *secret = xr_native_to_secret(L, 1);
    luaL_argexpected(L, secret, 1, "secret");
    return secret;
}

static struct xr_token *check_token(lua_State *L)
{
    struct xr_token *token = xr_native_to_token(L, 1);
    luaL_argexpected(L, token, 1, "token");
    return token;
}

/* [-0, +1, m] */
static struct secret_box *push_secret(lua_State *L)
{
    struct secret_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->secret = NULL;
    luaL_setmetatable(L, SECRET);
    return box;
}

/* [-0, +1, m] */
static struct token_box *push_token(lua_State *L)
{
    struct token_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->token = NULL;
    luaL_setmetatable(L, TOKEN);
    return box;
}

struct xr_secret **xr_native_push_secret(lua_State *L)
{
    return &push_secret(L)->secret;
}

struct xr_token **xr_native_push_token(lua_State *L)
{
    return &push_token(L)->token;
}

static int l_secret_gc(lua_State *L)
{
    struct secret_box *box = luaL_checkudata(L, 1, SECRET);
    xr_secret_free(box->secret);
    box->secret = NULL;
    return 0;
}

static int l_token_gc(lua_State *L)
{
    struct token_box *box = luaL_checkudata(L, 1, TOKEN);
    xr_token_free(box->token);
    box->token = NULL;
    return 0;
}

static int l_secret_tostring(lua_State *L)
{
    lua_pushliteral(L, "secret");
    return 1;
}

static int l_token_tostring(lua_State *L)
{
    lua_pushliteral(L, "token");
    return 1;
}

/* native.secret(string) -> secret */
static int l_secret(lua_State *L)
{
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, length > 0, 1, "a secret is not empty");
    luaL_argcheck(L, strlen(bytes) == length, 1, "a secret has no NUL");
    struct secret_box *box = push_secret(L);
    box->secret = xr_secret_new(bytes, length);
    return box->secret ? 1 : luaL_error(L, "not enough memory");
}

/* The secret that the host took from the environment before Lua started; NULL for other names. */
static struct xr_secret *secret_of_host(const struct xr_host *host, const char *name)
{
    if (strcmp(name, "XERO_CLIENT_SECRET") == 0)
        return host->client_secret;
    return strcmp(name, "XERO_ACCESS_TOKEN") == 0 ? host->access_token : NULL;
}

/*
 * native.secret_from_env(name) -> secret or nil. What the host took can be had again; any other
 * variable leaves the environment now, so that children do not get it, and is the caller's to keep.
 */
static int l_secret_from_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct secret_box *box = push_secret(L);
    box->secret = xr_secret_share(secret_of_host(xr_native_host(L), name));
    if (!box->secret && !xr_harden_take(name, &box->secret))
        return luaL_error(L, "not enough memory");
    if (!box->secret)
        lua_pushnil(L);
    return 1;
}

/* native.secret_from_file(path) -> secret, or nil and a message */
static int l_secret_from_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    char why[512];
    struct secret_box *box = push_secret(L);
    box->secret = xr_secret_read(path, why, sizeof why);
    if (box->secret)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

/* native.pkce() -> secret (the code verifier), challenge */
static int l_pkce(lua_State *L)
{
    char challenge[XR_PKCE_LENGTH + 1];
    struct secret_box *verifier = push_secret(L);
    verifier->secret = xr_pkce_new(challenge);
    if (!verifier->secret)
        return luaL_error(L, "no randomness or no memory for a code verifier");
    lua_pushlstring(L, challenge, XR_PKCE_LENGTH);
    return 2;
}

/* native.token(secret [, expires_at]) -> token; raises kind "usage" */
static int l_token(lua_State *L)
{
    struct xr_secret *secret = check_secret(L);
    double expires_at = luaL_optnumber(L, 2, 0);
    const char *bytes = xr_secret_bytes(secret);
    size_t length = xr_secret_length(secret);
    if (length > XR_TOKEN_MAX)
        return xr_native_raise(L, "usage", NULL, "the access token is longer than 8 KiB");
    if (!xr_token_valid(bytes, length))
        return xr_native_raise(L, "usage", "it must be the token alone, without \"Bearer\"",
                               "the access token has characters that no access token has");
    struct token_box *box = push_token(L);
    box->token = xr_token_new(bytes, length, xr_clock_now(), expires_at, NULL);
    return box->token ? 1 : luaL_error(L, "not enough memory");
}

/* token:obtained_at() -> seconds */
static int l_token_obtained_at(lua_State *L)
{
    lua_pushnumber(L, xr_token_obtained_at(check_token(L)));
    return 1;
}

/* token:expires_at() -> seconds or nil */
static int l_token_expires_at(lua_State *L)
{
    double expires_at = xr_token_expires_at(check_token(L));
    if (expires_at <= 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushnumber(L, expires_at);
    return 1;
}

/* token:scope() -> string or nil */
static int l_token_scope(lua_State *L)
{
    lua_pushstring(L, xr_token_scope(check_token(L)));
    return 1;
}

/* Sets a field of the table at the top where there is a text. [-0, +0, m] */
static void set_text(lua_State *L, const char *key, const char *text)
{
    if (!text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* token:claims() -> table of what is shown of a JWT, or nil */
static int l_token_claims(lua_State *L)
{
    struct xr_token *token = check_token(L);
    struct secret_box *box = push_secret(L);
    box->secret = xr_token_payload(token);
    if (!box->secret) {
        lua_pushnil(L);
        return 1;
    }
    struct xr_claims claims = {.text = xr_secret_bytes(box->secret),
                               .length = xr_secret_length(box->secret)};
    bool good = xr_native_read_claims(L, &claims);
    int scratch = lua_gettop(L);
    lua_newtable(L);
    if (good) {
        set_text(L, "authentication_event_id", claims.event);
        set_text(L, "xero_userid", claims.user);
        set_text(L, "scope", claims.scope);
        lua_pushnumber(L, claims.expires);
        if (claims.expires > 0)
            lua_setfield(L, -2, "exp");
        else
            lua_pop(L, 1);
    }
    if (!good)
        lua_pushnil(L);
    xr_scratch_drop(L, scratch);
    return 1;
}

/* What makes an answer with status 200 no token, or NULL. */
static const char *find_fault(const struct xr_grant_answer *grant, bool read)
{
    if (!read)
        return "is not complete JSON";
    if (!grant->access_token)
        return "has no access_token";
    if (!xr_token_valid(grant->access_token, strlen(grant->access_token)))
        return "has an access_token that cannot be one";
    if (grant->refresh_token && !xr_grant_is_refresh(grant->refresh_token))
        return "has a refresh_token that cannot be one";
    if (!grant->bearer)
        return "has a token of an unknown type";
    if (!(grant->expires_in > 0 && grant->expires_in <= LIFETIME_MAX))
        return "does not say when the token expires";
    return NULL;
}

/* Sets the field "token" of the table at the top. [-0, +0, m] */
static void set_token(lua_State *L, const struct xr_grant_answer *grant, double started)
{
    struct token_box *box = push_token(L);
    box->token = xr_token_new(grant->access_token, strlen(grant->access_token), started,
                              started + grant->expires_in, grant->scope);
    if (!box->token ||
        (grant->refresh_token && !xr_token_keep_refresh(box->token, grant->refresh_token)))
        luaL_error(L, "not enough memory");
    lua_setfield(L, -2, "token");
}

void xr_native_set_grant(lua_State *L, const struct xr_http_answer *answer)
{
    struct xr_grant_answer grant = {.body = answer->body ? answer->body : "",
                                    .length = answer->body_length};
    if (answer->status == 200 && answer->revocation)
        return;
    int table = lua_gettop(L);
    bool read = xr_native_read_grant(L, &grant);
    lua_pushvalue(L, table);
    const char *fault = answer->status == 200 ? find_fault(&grant, read) : NULL;
    if (fault) {
        set_text(L, "error", "protocol");
        lua_pushfstring(L, "the token that %s sent cannot be used: the answer %s", answer->host,
                        fault);
        lua_setfield(L, -2, "message");
    } else if (answer->status == 200) {
        set_token(L, &grant, answer->started);
    } else if (read && grant.error && xr_oauth_is_error_code(grant.error)) {
        set_text(L, "oauth_error", grant.error);
        set_text(L, "oauth_description", grant.description);
    }
    lua_pop(L, 1);
    xr_scratch_drop(L, table + 1);
}

/* native.is_error_code(text) -> whether OAuth has such codes for errors. [-0, +1, v] */
static int l_is_error_code(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_pushboolean(L, strlen(text) == length && xr_oauth_is_error_code(text));
    return 1;
}

void xr_native_add_token(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"is_error_code", l_is_error_code},
        {"secret", l_secret},
        {"secret_from_env", l_secret_from_env},
        {"secret_from_file", l_secret_from_file},
        {"pkce", l_pkce},
        {"token", l_token},
        {NULL, NULL},
    };
    static const luaL_Reg secret_meta[] = {
        {"__gc", l_secret_gc},
        {"__tostring", l_secret_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg token_meta[] = {
        {"__gc", l_token_gc},
        {"__tostring", l_token_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg token_methods[] = {
        {"obtained_at", l_token_obtained_at},
        {"expires_at", l_token_expires_at},
        {"scope", l_token_scope},
        {"claims", l_token_claims},
        {NULL, NULL},
    };
    xr_native_add_type(L, SECRET, secret_meta, NULL);
    xr_native_add_type(L, TOKEN, token_meta, token_methods);
    luaL_setfuncs(L, functions, 0);
}
