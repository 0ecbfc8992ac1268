/* A script's own request at the border; see native_request.h. No message shows a header's value. */
#include "native_request.h"

#include <stdlib.h>
#include <string.h>

#include "native_field.h"
#include "request.h"
#include "url.h"

static enum xr_http_method read_method(lua_State *L, int table)
{
    enum xr_http_method method = XR_HTTP_GET;
    const char *name = xr_field_text(L, table, "method", true);
    if (name && !xr_request_method(name, &method))
        xr_native_raise(L, "usage", "there are GET, HEAD, POST, PUT, PATCH and DELETE",
                        "\"%.40s\" is no method of a request", name);
    return method;
}

/* The header of the name and the value at the top, which the table keeps alive. [-0, +0, v] */
static struct xr_request_header read_header(lua_State *L, int table)
{
    struct xr_request_header header;
    if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
        luaL_argerror(L, table, "a header's name and value are strings");
    header.name = lua_tolstring(L, -2, &header.name_length);
    header.value = lua_tolstring(L, -1, &header.value_length);
    const char *fault = xr_request_header_fault(&header);
    if (fault)
        xr_native_raise(L, "usage", NULL, "the header \"%.60s\" %s", header.name, fault);
    return header;
}

/* Reads the field "headers", which stays on the stack. Gives their count. [-0, +1, v] */
static size_t read_headers(lua_State *L, int table, struct xr_request_header *headers)
{
    size_t count = 0;
    int type = lua_getfield(L, table, "headers");
    if (type == LUA_TNIL)
        return 0;
    if (type != LUA_TTABLE)
        xr_field_fail(L, table, "headers", "table");
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (count == XR_HTTP_LINES_MAX)
            luaL_argerror(L, table, "more than 64 headers");
        headers[count++] = read_header(L, table);
        lua_pop(L, 1);
    }
    return count;
}

/* The bytes of the field "body", which stays on the stack. [-0, +1, v] */
static const char *read_body(lua_State *L, int table, enum xr_http_method method, size_t *length)
{
    int type = lua_getfield(L, table, "body");
    *length = 0;
    if (type == LUA_TNIL)
        return NULL;
    if (type != LUA_TSTRING)
        xr_field_fail(L, table, "body", "string");
    const char *body = lua_tolstring(L, -1, length);
    if (!xr_request_takes_body(method))
        xr_native_raise(L, "usage", NULL, "a body goes with POST, PUT and PATCH only");
    if (*length > XR_REQUEST_BODY_MAX)
        xr_native_raise(L, "usage", NULL, "the body is larger than 32 MiB");
    return body;
}

bool xr_native_read_request(lua_State *L, int table, struct xr_http_request *request)
{
    struct xr_request_header headers[XR_HTTP_LINES_MAX];
    size_t length;
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    request->method = read_method(L, table);
    size_t count = read_headers(L, table, headers);
    const char *body = read_body(L, table, request->method, &length);
    return xr_request_fill(request, headers, count, body, length);
}

/* native.url_fault(text) -> what is wrong with it, in words that follow "the URL"; nil: nothing */
static int l_url_fault(lua_State *L)
{
    struct xr_url url;
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_argcheck(L, strlen(text) == length, 1, "it has a NUL");
    const char *fault = xr_url_parse(&url, text, XR_URL_WHOLE);
    free(url.base);
    lua_pushstring(L, fault);
    return 1;
}

void xr_native_add_request(lua_State *L)
{
    lua_pushcfunction(L, l_url_fault);
    lua_setfield(L, -2, "url_fault");
}
