/*
 * The border of the loopback server and of the certificates made for it: native.httpd, its server
 * and handle objects, native.certificate. What each offers is written at its Lua-facing function.
 */
#include <math.h>
#include <string.h>

#include "certificate.h"
#include "httpd.h"
#include "interrupt.h"
#include "native.h"

static const char server_type[] = "xero.native.server";
static const char handle_type[] = "xero.native.handle";
static const char certificate_type[] = "xero.native.certificate";

enum { MAX_NAMES = 16, MAX_DAYS = 3650, MESSAGE_SIZE = 256 };

struct server {
    struct xr_httpd *httpd; /* NULL: closed */
};

struct handle {
    struct xr_httpd_request *request;
};

/* ---- reading options ---- */

/* The field name of the table at index as a string, or NULL where it is nil; the table keeps it
 * alive. Raises on another type. [-0, +0, v] */
static const char *text_field(lua_State *L, int index, const char *name, size_t *length)
{
    const char *text = NULL;
    int type = lua_getfield(L, index, name);
    if (type == LUA_TSTRING)
        text = lua_tolstring(L, -1, length);
    else if (type != LUA_TNIL)
        luaL_error(L, "'%s' must be a string, not a %s", name, lua_typename(L, type));
    lua_pop(L, 1);
    return text;
}

/* The field name of the table at index as an integer in low..high; preset where it is nil. Raises
 * on anything else. [-0, +0, v] */
static lua_Integer integer_field(lua_State *L, int index, const char *name, lua_Integer preset,
                                 lua_Integer low, lua_Integer high)
{
    int good = 1;
    lua_Integer value = preset;
    if (lua_getfield(L, index, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &good);
    if (!good || value < low || value > high)
        luaL_error(L, "'%s' must be an integer from %I to %I", name, (LUAI_UACINT)low,
                   (LUAI_UACINT)high);
    lua_pop(L, 1);
    return value;
}

/* ---- the server ---- */

static struct server *check_server(lua_State *L)
{
    struct server *server = luaL_checkudata(L, 1, server_type);
    luaL_argcheck(L, server->httpd != NULL, 1, "the server is closed");
    return server;
}

/*
 * native.httpd{ address=, port=, certificate=, key= } -> server, or nil and a message.
 * address: "127.0.0.1" (preset), "::1" or "localhost" (both); port 0 (preset): any free one.
 */
static int l_httpd(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *address = text_field(L, 1, "address", NULL);
    struct xr_httpd_settings settings = {
        .address = address != NULL ? address : "127.0.0.1",
        .port = (uint16_t)integer_field(L, 1, "port", 0, 0, UINT16_MAX),
        .certificate = text_field(L, 1, "certificate", NULL),
        .key = text_field(L, 1, "key", NULL),
    };
    if ((settings.certificate == NULL) != (settings.key == NULL))
        return luaL_error(L, "'certificate' and 'key' go together");

    struct server *server = lua_newuserdatauv(L, sizeof *server, 0);
    server->httpd = NULL;
    luaL_setmetatable(L, server_type);
    char message[MESSAGE_SIZE];
    server->httpd = xr_httpd_open(&settings, message, sizeof message);
    if (server->httpd != NULL)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

/* server:port() -> integer */
static int l_server_port(lua_State *L)
{
    lua_pushinteger(L, xr_httpd_port(check_server(L)->httpd));
    return 1;
}

/* server:close(): may be called twice. */
static int l_server_close(lua_State *L)
{
    struct server *server = luaL_checkudata(L, 1, server_type);
    xr_httpd_close(server->httpd);
    server->httpd = NULL;
    return 0;
}

/* Sets name to value in the table at the top, after what is there already. [-0, +0, m] */
static void add_field(lua_State *L, const struct xr_httpd_field *field)
{
    luaL_Buffer lower;
    luaL_buffinit(L, &lower);
    for (const char *c = field->name; *c != '\0'; c++) {
        bool upper = field->place == XR_HTTPD_HEADER && *c >= 'A' && *c <= 'Z';
        luaL_addchar(&lower, (char)(upper ? *c + ('a' - 'A') : *c));
    }
    luaL_pushresult(&lower);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TSTRING && field->place == XR_HTTPD_HEADER) {
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), field->value);
        lua_replace(L, -2);
    } else {
        lua_pop(L, 1);
        lua_pushstring(L, field->value);
    }
    lua_rawset(L, -3);
}

/* Pushes the fields of one place. [-0, +1, m] */
static void push_fields(lua_State *L, const struct xr_httpd_request *request,
                        enum xr_httpd_place place)
{
    lua_newtable(L);
    for (const struct xr_httpd_field *field = xr_httpd_request_fields(request); field != NULL;
         field = field->next) {
        if (field->place == place)
            add_field(L, field);
    }
}

/* Pushes a request as a table; its handle is at index. [-0, +1, m] */
static void push_request(lua_State *L, const struct xr_httpd_request *request, int index)
{
    lua_createtable(L, 0, 7);
    lua_pushstring(L, xr_httpd_request_method(request));
    lua_setfield(L, -2, "method");
    lua_pushstring(L, xr_httpd_request_path(request));
    lua_setfield(L, -2, "path");
    push_fields(L, request, XR_HTTPD_QUERY);
    lua_setfield(L, -2, "query");
    push_fields(L, request, XR_HTTPD_HEADER);
    lua_setfield(L, -2, "headers");
    size_t length = 0;
    const char *body = xr_httpd_request_body(request, &length);
    lua_pushlstring(L, body, length);
    lua_setfield(L, -2, "body");
    lua_pushnumber(L, xr_httpd_request_arrived(request));
    lua_setfield(L, -2, "arrived");
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "handle");
}

/*
 * server:next([seconds]) -> request { method, path, query, headers, body, arrived, handle }, or nil
 * when the time is over or a signal came. Header names are in lower case, repeated header fields
 * joined; of a repeated query parameter the last one stands.
 */
static int l_server_next(lua_State *L)
{
    struct server *server = check_server(L);
    lua_Number seconds = luaL_optnumber(L, 2, -1);
    luaL_argcheck(L, !isnan(seconds), 2, "not a number of seconds");
    struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
    handle->request = NULL;
    luaL_setmetatable(L, handle_type);
    handle->request = xr_httpd_next(server->httpd, seconds, xr_interrupt_fd());
    if (handle->request == NULL)
        return 0;
    push_request(L, handle->request, lua_gettop(L));
    return 1;
}

/* ---- the handle of a request ---- */

/* true, or nil and the reason. [-0, +(1|2), m] */
static int result(lua_State *L, const char *reason)
{
    if (reason == NULL) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, reason);
    return 2;
}

static struct xr_httpd_request *check_handle(lua_State *L)
{
    struct handle *handle = luaL_checkudata(L, 1, handle_type);
    luaL_argcheck(L, handle->request != NULL, 1, "the request has been let go");
    return handle->request;
}

/* A header name or value at index as a C string; its table keeps it alive. [-0, +0, v] */
static const char *header_text(lua_State *L, int index)
{
    size_t length = 0;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : NULL;
    if (text == NULL || strlen(text) != length)
        luaL_error(L, "'headers' must have strings as names and values");
    return text;
}

/*
 * The table "headers" of the table at index 2 as a list of fields, which lives in a userdata that
 * is left on the stack for that. [-0, +2, v]
 */
static const struct xr_httpd_field *check_head(lua_State *L)
{
    if (lua_getfield(L, 2, "headers") == LUA_TNIL) {
        lua_pushnil(L);
        return NULL;
    }
    if (!lua_istable(L, -1))
        luaL_error(L, "'headers' must be a table");
    int headers = lua_gettop(L);
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, headers) != 0; lua_pop(L, 1))
        count++;
    struct xr_httpd_field *fields = lua_newuserdatauv(L, (count + 1) * sizeof *fields, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, headers) != 0; lua_pop(L, 1)) {
        fields[n] = (struct xr_httpd_field){
            .place = XR_HTTPD_HEADER,
            .name = header_text(L, -2),
            .value = header_text(L, -1),
            .next = n + 1 < count ? &fields[n + 1] : NULL,
        };
        n++;
    }
    return count > 0 ? fields : NULL;
}

/* Reads { status=, headers=, body= } at index 2; what it pushes keeps the reply alive. [-0, +2, v]
 */
static struct xr_httpd_reply check_reply(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    struct xr_httpd_reply reply = {
        .status = (unsigned)integer_field(L, 2, "status", 200, 200, 599),
    };
    const char *body = text_field(L, 2, "body", &reply.length);
    reply.body = body != NULL ? body : "";
    reply.send = reply.length;
    reply.head = check_head(L);
    return reply;
}

/* handle:answer{ status=200, headers={}, body="" } -> true, or nil and the reason */
static int l_handle_answer(lua_State *L)
{
    struct xr_httpd_request *request = check_handle(L);
    struct xr_httpd_reply reply = check_reply(L);
    return result(L, xr_httpd_request_answer(request, &reply));
}

/*
 * handle:truncate{ status=200, headers={}, body="", at=N }: declares the whole body, sends N bytes
 * of it and closes the connection. -> true, or nil and the reason
 */
static int l_handle_truncate(lua_State *L)
{
    struct xr_httpd_request *request = check_handle(L);
    struct xr_httpd_reply reply = check_reply(L);
    lua_Integer at = integer_field(L, 2, "at", 0, 0, LUA_MAXINTEGER);
    if ((lua_Unsigned)at < reply.length)
        reply.send = (size_t)at;
    return result(L, xr_httpd_request_answer(request, &reply));
}

/* handle:raw(bytes): writes them as they are and closes (plain http only). -> true, or nil, why */
static int l_handle_raw(lua_State *L)
{
    struct xr_httpd_request *request = check_handle(L);
    size_t length = 0;
    const char *bytes = luaL_checklstring(L, 2, &length);
    return result(L, xr_httpd_request_raw(request, bytes, length));
}

/* handle:reset(): aborts the connection (a TCP reset). -> true, or nil and the reason */
static int l_handle_reset(lua_State *L)
{
    return result(L, xr_httpd_request_reset(check_handle(L)));
}

static int l_handle_gc(lua_State *L)
{
    struct handle *handle = luaL_checkudata(L, 1, handle_type);
    xr_httpd_request_release(handle->request);
    handle->request = NULL;
    return 0;
}

/* ---- certificates ---- */

static int l_certificate_gc(lua_State *L)
{
    xr_certificate_clear(luaL_checkudata(L, 1, certificate_type));
    return 0;
}

/* The list "names" of the table at index 1 into names; the table keeps them. [-0, +0, v] */
static size_t check_names(lua_State *L, const char *names[MAX_NAMES])
{
    if (lua_getfield(L, 1, "names") != LUA_TTABLE)
        luaL_error(L, "'names' must be a list of strings");
    size_t count = lua_rawlen(L, -1);
    if (count == 0 || count > MAX_NAMES)
        luaL_error(L, "'names' must have 1 to %d names", (int)MAX_NAMES);
    for (size_t i = 0; i < count; i++) {
        if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
            luaL_error(L, "'names' must be a list of strings");
        names[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return count;
}

/*
 * native.certificate{ names={ "localhost", "127.0.0.1" }, days=2 } -> certificate PEM, key PEM; or
 * nil and a message. Signed by itself, and an authority: clients may have it as SSL_CERT_FILE.
 */
static int l_certificate(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *names[MAX_NAMES];
    size_t count = check_names(L, names);
    int days = (int)integer_field(L, 1, "days", 2, 1, MAX_DAYS);

    struct xr_certificate *made = lua_newuserdatauv(L, sizeof *made, 0);
    *made = (struct xr_certificate){0};
    luaL_setmetatable(L, certificate_type);
    char message[MESSAGE_SIZE];
    if (!xr_certificate_make(made, names, count, days, message, sizeof message)) {
        lua_pushnil(L);
        lua_pushstring(L, message);
        return 2;
    }
    lua_pushstring(L, made->certificate);
    lua_pushstring(L, made->key);
    xr_certificate_clear(made);
    return 2;
}

/* ---- the types ---- */

static const luaL_Reg server_methods[] = {
    {"port", l_server_port}, {"next", l_server_next}, {"close", l_server_close}, {NULL, NULL}};
static const luaL_Reg server_meta[] = {
    {"__gc", l_server_close}, {"__close", l_server_close}, {NULL, NULL}};
static const luaL_Reg handle_methods[] = {{"answer", l_handle_answer},
                                          {"truncate", l_handle_truncate},
                                          {"raw", l_handle_raw},
                                          {"reset", l_handle_reset},
                                          {NULL, NULL}};
static const luaL_Reg handle_meta[] = {{"__gc", l_handle_gc}, {NULL, NULL}};
static const luaL_Reg certificate_meta[] = {{"__gc", l_certificate_gc}, {NULL, NULL}};
static const luaL_Reg functions[] = {
    {"httpd", l_httpd}, {"certificate", l_certificate}, {NULL, NULL}};

void xr_native_add_httpd(lua_State *L)
{
    xr_native_add_type(L, server_type, server_meta, server_methods);
    xr_native_add_type(L, handle_type, handle_meta, handle_methods);
    xr_native_add_type(L, certificate_type, certificate_meta, NULL);
    luaL_setfuncs(L, functions, 0);
}
