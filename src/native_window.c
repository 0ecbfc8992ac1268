/*
 * The window at the border: pump:window(…) makes one, for the disconnects of a run. What went well
 * is told by tags alone; anything else is a table, as the pump's answers are.
 */
#include "native_window.h"

#include "native_field.h"
#include "native_pump.h"
#include "native_token.h"
#include "window.h"

#define WINDOW "xero.native.window"

#define WIDTH_MAX 32

struct window_box {
    struct xr_window *window; /* NULL when closed; its pump is the user value */
};

/* The window at 1, whose pump is then at the top. [-0, +1, v] */
static struct xr_window *check_window(lua_State *L)
{
    struct window_box *box = luaL_checkudata(L, 1, WINDOW);
    if (!box->window)
        luaL_error(L, "the window is closed");
    (void)lua_getiuservalue(L, 1, 1);
    (void)xr_native_check_pump(L, -1);
    return box->window;
}

/* __gc, __close */
static int l_window_close(lua_State *L)
{
    struct window_box *box = luaL_checkudata(L, 1, WINDOW);
    xr_window_free(box->window);
    box->window = NULL;
    return 0;
}

/* window:add(tag, id) -> whether there was room for it */
static int l_window_add(lua_State *L)
{
    lua_Integer tag = luaL_checkinteger(L, 2);
    const char *id = luaL_checkstring(L, 3);
    xr_native_check_uuid(L, id);
    lua_pushboolean(L, xr_window_add(check_window(L), tag, id));
    return 1;
}

/* window:open(token, width) */
static int l_window_open(lua_State *L)
{
    const struct xr_token *token = xr_native_to_token(L, 2);
    lua_Integer width = luaL_checkinteger(L, 3);
    luaL_argexpected(L, token != NULL, 2, "token");
    luaL_argcheck(L, width >= 1 && width <= WIDTH_MAX, 3, "1 to 32 expected");
    xr_window_open(check_window(L), token, (size_t)width);
    return 0;
}

/* Raises why a request was not sent. Does not return. [-0, +0, v] */
static int raise_refusal(lua_State *L, enum xr_http_refusal refusal, const char *why)
{
    if (refusal == XR_HTTP_DRY_RUN)
        return xr_native_raise(L, "limit", NULL, "DELETE is not sent: dry run");
    if (refusal == XR_HTTP_UNFIT)
        return xr_native_raise(L, "usage", NULL, "the URL of the API %s", why);
    return luaL_error(L, "not enough memory");
}

/* window:wait(seconds, batch) -> the answer that did not go well, or nil; seconds may be nil */
static int l_window_wait(lua_State *L)
{
    double seconds = luaL_optnumber(L, 2, -1);
    lua_Integer batch = luaL_checkinteger(L, 3);
    luaL_argcheck(L, batch >= 0 && batch <= (lua_Integer)XR_WINDOW_BATCH, 3, "0 to 16 expected");
    struct xr_window *window = check_window(L);
    enum xr_http_refusal refusal;
    const char *why = NULL;
    struct xr_http_answer *answer = xr_window_wait(window, seconds, (size_t)batch, &refusal, &why);
    if (refusal != XR_HTTP_ACCEPTED)
        return raise_refusal(L, refusal, why);
    if (answer)
        xr_native_push_answer(L, lua_gettop(L), answer);
    else
        lua_pushnil(L);
    return 1;
}

/* window:next() -> the tag of the next one that went well, and Xero's correlation id; nil where
 * there is none */
static int l_window_next(lua_State *L)
{
    struct xr_window_deleted deleted;
    if (!xr_window_next(check_window(L), &deleted)) {
        lua_pushnil(L);
        return 1;
    }
    lua_pushinteger(L, deleted.tag);
    if (deleted.correlation_id[0] == '\0')
        return 1;
    lua_pushstring(L, deleted.correlation_id);
    return 2;
}

/* window:recall() -> the tags of those that were not sent, in their order; the window is closed */
static int l_window_recall(lua_State *L)
{
    struct xr_window *window = check_window(L);
    long long tag;
    lua_newtable(L);
    for (lua_Integer i = 1; xr_window_recall(window, &tag); i++) {
        lua_pushinteger(L, tag);
        lua_rawseti(L, -2, i);
    }
    return 1;
}

/* window:under_way() -> how many are */
static int l_window_under_way(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)xr_window_under_way(check_window(L)));
    return 1;
}

int xr_native_new_window(lua_State *L)
{
    struct xr_http *http = xr_native_check_pump(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    const char *url = xr_field_text(L, 2, "url", false);
    double timeout = xr_field_seconds(L, 2, "timeout", XR_NATIVE_REQUEST_TIMEOUT);
    struct window_box *box = lua_newuserdatauv(L, sizeof *box, 1);
    *box = (struct window_box){.window = NULL};
    luaL_setmetatable(L, WINDOW);
    lua_pushvalue(L, 1);
    (void)lua_setiuservalue(L, -2, 1);
    box->window = xr_window_new(http, url, timeout);
    return box->window ? 1 : luaL_error(L, "not enough memory");
}

void xr_native_add_window(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_window_close},
        {"__close", l_window_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"add", l_window_add},
        {"open", l_window_open},
        {"wait", l_window_wait},
        {"next", l_window_next},
        {"recall", l_window_recall},
        {"under_way", l_window_under_way},
        {NULL, NULL},
    };
    xr_native_add_type(L, WINDOW, meta, methods);
}
