/*
 * The border's PostgreSQL: native.postgres connects; the methods of what it gives run statements.
 * What the database calls bytea comes as a secret, and a secret is bound as that: so tokens never
 * are Lua values.
 *
 * A failure is a value, nil and { status =, sqlstate =, message = }: what it means for a login or a
 * journal is for lua/xero/postgres.lua to say.
 */
#include <math.h>

#include "interrupt.h"
#include "native.h"
#include "native_token.h"
#include "postgres.h"

#define CONNECTION "xero.postgres"

#define VALUES_MAX 16

struct connection_box {
    struct xr_postgres *engine; /* NULL once closed */
};

/* The open connection at index 1. [-0, +0, v] */
static struct xr_postgres *check_connection(lua_State *L)
{
    struct connection_box *box = luaL_checkudata(L, 1, CONNECTION);
    luaL_argcheck(L, box->engine != NULL, 1, "the connection is closed");
    return box->engine;
}

/* [-0, +2, m] */
static int push_failure(lua_State *L, const struct xr_postgres_error *error)
{
    static const char *const names[] = {
        [XR_POSTGRES_OK] = "ok",           [XR_POSTGRES_MISSING] = "missing",
        [XR_POSTGRES_LOST] = "lost",       [XR_POSTGRES_INTERRUPTED] = "interrupted",
        [XR_POSTGRES_REFUSED] = "refused",
    };
    luaL_pushfail(L);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, names[error->status]);
    lua_setfield(L, -2, "status");
    lua_pushstring(L, error->sqlstate);
    lua_setfield(L, -2, "sqlstate");
    lua_pushstring(L, error->message);
    lua_setfield(L, -2, "message");
    return 2;
}

/* The seconds at index; a signal ends the wait only where that is allowed. [-0, +0, v] */
static struct xr_postgres_patience check_patience(lua_State *L, int index, bool interruptible)
{
    double seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, isfinite(seconds) && seconds >= 0, index, "no time to wait");
    bool wakes = interruptible && !xr_interrupt_held();
    return (struct xr_postgres_patience){seconds, wakes ? xr_interrupt_fd() : -1};
}

/* native.postgres(url, seconds [, sslmode]) -> connection; or nil, failure */
static int l_postgres(lua_State *L)
{
    const char *url = luaL_checkstring(L, 1);
    /* What is done after a signal is to record what was in flight. */
    struct xr_postgres_patience patience = check_patience(L, 2, xr_interrupt_name() == NULL);
    const char *sslmode = luaL_optstring(L, 3, NULL);
    struct connection_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    box->engine = NULL;
    luaL_setmetatable(L, CONNECTION);
    struct xr_postgres_error error;
    if (xr_postgres_open(url, sslmode, patience, &box->engine, &error) != XR_POSTGRES_OK)
        return push_failure(L, &error);
    return 1;
}

/* The value at index: a text, a secret, or nothing. [-0, +0, v] */
static struct xr_postgres_value check_value(lua_State *L, int index)
{
    struct xr_postgres_value value = {.bytes = NULL};
    const struct xr_secret *secret = xr_native_to_secret(L, index);
    if (secret) {
        value.bytes = xr_secret_bytes(secret);
        value.length = xr_secret_length(secret);
        value.secret = true;
    } else if (!lua_isnil(L, index)) {
        luaL_argexpected(L, lua_type(L, index) == LUA_TSTRING || lua_isinteger(L, index), index,
                         "text, integer or secret");
        value.bytes = lua_tolstring(L, index, &value.length);
    }
    return value;
}

/* Pushes a value of a result: a text or a secret, false for NULL. [-0, +1, e] */
static void push_value(lua_State *L, const struct xr_postgres_result *result, size_t row,
                       size_t column)
{
    size_t length;
    const char *bytes = xr_postgres_result_value(result, row, column, &length);
    if (!bytes) {
        lua_pushboolean(L, false);
    } else if (!xr_postgres_result_is_secret(result, column)) {
        lua_pushlstring(L, bytes, length);
    } else {
        struct xr_secret **secret = xr_native_push_secret(L);
        *secret = xr_secret_new(bytes, length);
        if (!*secret)
            luaL_error(L, "not enough memory");
    }
}

/* Pushes an array of rows, each an array of values. [-0, +1, e] */
static void push_rows(lua_State *L, const struct xr_postgres_result *result)
{
    size_t rows = xr_postgres_result_rows(result);
    size_t columns = xr_postgres_result_columns(result);
    lua_newtable(L);
    for (size_t row = 0; row < rows; row++) {
        lua_createtable(L, (int)columns, 0);
        for (size_t column = 0; column < columns; column++) {
            push_value(L, result, row, column);
            lua_rawseti(L, -2, (lua_Integer)column + 1);
        }
        lua_rawseti(L, -2, (lua_Integer)row + 1);
    }
}

static int run(lua_State *L, bool interruptible)
{
    struct xr_postgres *connection = check_connection(L);
    const char *sql = luaL_checkstring(L, 2);
    struct xr_postgres_patience patience = check_patience(L, 3, interruptible);
    int count = lua_gettop(L) - 3;
    luaL_argcheck(L, count <= VALUES_MAX, 4, "too many values");
    struct xr_postgres_value values[VALUES_MAX];
    for (int i = 0; i < count; i++)
        values[i] = check_value(L, 4 + i);

    struct xr_postgres_error error;
    if (xr_postgres_run(connection, sql, values, (size_t)count, patience, &error) != XR_POSTGRES_OK)
        return push_failure(L, &error);
    push_rows(L, xr_postgres_result(connection)); /* what it raises leaves them to the connection */
    xr_postgres_forget(connection);
    return 1;
}

/* connection:run(sql, seconds, values...) -> rows; or nil, failure. A signal does not end it. */
static int l_connection_run(lua_State *L)
{
    return run(L, false);
}

/* connection:wait(sql, seconds, values...) -> the same, but a signal ends it. */
static int l_connection_wait(lua_State *L)
{
    return run(L, true);
}

/* What came of a statement without rows. [-0, +(1|2), m] */
static int push_done(lua_State *L, enum xr_postgres_status status,
                     const struct xr_postgres_error *error)
{
    if (status != XR_POSTGRES_OK)
        return push_failure(L, error);
    lua_pushboolean(L, true);
    return 1;
}

/* connection:script(sql, seconds) -> true; or nil, failure */
static int l_connection_script(lua_State *L)
{
    struct xr_postgres *connection = check_connection(L);
    const char *sql = luaL_checkstring(L, 2);
    struct xr_postgres_patience patience = check_patience(L, 3, false);
    struct xr_postgres_error error;
    return push_done(L, xr_postgres_script(connection, sql, patience, &error), &error);
}

/* connection:scrub(seconds) -> true; or nil, failure */
static int l_connection_scrub(lua_State *L)
{
    struct xr_postgres *connection = check_connection(L);
    struct xr_postgres_patience patience = check_patience(L, 2, false);
    struct xr_postgres_error error;
    return push_done(L, xr_postgres_scrub(connection, patience, &error), &error);
}

/* connection:about() -> { server =, libpq =, tls = }; the versions as PostgreSQL numbers them */
static int l_connection_about(lua_State *L)
{
    struct xr_postgres_about about = xr_postgres_about(check_connection(L));
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, about.server);
    lua_setfield(L, -2, "server");
    lua_pushinteger(L, about.libpq);
    lua_setfield(L, -2, "libpq");
    lua_pushboolean(L, about.tls);
    lua_setfield(L, -2, "tls");
    return 1;
}

/* Serves connection:close(), __gc and __close. */
static int l_connection_close(lua_State *L)
{
    struct connection_box *box = luaL_checkudata(L, 1, CONNECTION);
    xr_postgres_close(box->engine);
    box->engine = NULL;
    return 0;
}

void xr_native_add_postgres(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_connection_close},
        {"__close", l_connection_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"run", l_connection_run},
        {"wait", l_connection_wait},
        {"script", l_connection_script},
        {"scrub", l_connection_scrub},
        {"about", l_connection_about},
        {"close", l_connection_close},
        {NULL, NULL},
    };
    xr_native_add_type(L, CONNECTION, meta, methods);
    lua_pushcfunction(L, l_postgres);
    lua_setfield(L, -2, "postgres");
}
