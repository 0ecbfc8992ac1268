/*
 * The pump at the border: an object with one method for each kind of request, and `wait`, which
 * gives the next finished one as a table. The engines do the rest.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "host.h"
#include "http.h"
#include "identity.h"
#include "interrupt.h"
#include "native.h"
#include "native_field.h"
#include "native_grant.h"
#include "native_pump.h"
#include "native_request.h"
#include "native_token.h"
#include "native_window.h"
#include "oauth.h"

#define PUMP "xero.native.pump"

#define CONNECT_TIMEOUT 10.0

struct pump_box {
    struct xr_http *http; /* NULL when closed */
    struct xr_http_answer *answer; /* being handed to Lua; kept here in case that raises */
};

static void drop_answer(struct pump_box *box)
{
    struct xr_http_answer *answer = box->answer;
    box->answer = NULL;
    if (answer)
        xr_http_release(box->http, answer);
}

/* pump:close(), __gc, __close */
static int l_pump_close(lua_State *L)
{
    struct pump_box *box = luaL_checkudata(L, 1, PUMP);
    drop_answer(box);
    struct xr_http *http = box->http;
    box->http = NULL;
    xr_http_free(http);
    return 0;
}

/* The open pump at an index. [-0, +0, v] */
static struct pump_box *check_open(lua_State *L, int index)
{
    struct pump_box *box = luaL_checkudata(L, index, PUMP);
    if (!box->http)
        luaL_error(L, "the pump is closed");
    return box;
}

static struct pump_box *check_pump(lua_State *L)
{
    return check_open(L, 1);
}

struct xr_http *xr_native_check_pump(lua_State *L, int index)
{
    return check_open(L, index)->http;
}

/* What the table at 2 says of any request; its URL stays on the stack. [-0, +1, v] */
static struct xr_http_request check_request(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    return (struct xr_http_request){
        .base = xr_field_text(L, 2, "url", false),
        .timeout = xr_field_seconds(L, 2, "timeout", XR_NATIVE_REQUEST_TIMEOUT),
    };
}

void xr_native_check_uuid(lua_State *L, const char *text)
{
    if (!xr_identity_is_uuid(text))
        xr_native_raise(L, "usage", "ids look like fe79f7dd-b6d4-4a92-ba7b-538af6289c58",
                        "an id is not a UUID: \"%.60s\"", text);
}

/* A UUID in a field, which stays on the stack; raises kind "usage". [-0, +1, v] */
static const char *uuid_field(lua_State *L, int table, const char *name, bool optional)
{
    const char *text = xr_field_text(L, table, name, optional);
    if (text)
        xr_native_check_uuid(L, text);
    return text;
}

/* The token of a field, which stays on the stack. [-0, +1, v] */
static struct xr_token *token_field(lua_State *L, int table)
{
    lua_getfield(L, table, "token");
    struct xr_token *token = xr_native_to_token(L, -1);
    if (!token)
        xr_field_fail(L, table, "token", "token");
    return token;
}

static void free_request(struct xr_http_request *request)
{
    xr_secret_free(request->authorization);
    xr_secret_free(request->lines);
    xr_secret_free(request->body);
}

/* Raises what is wrong with a URL, without what may be secret in it: all of it where there is an
 * "@" (a password), and of a script's own all but the server. Does not return. [-0, +0, v] */
__attribute__((noreturn)) static void
raise_unfit(lua_State *L, const struct xr_http_request *request, const char *why)
{
    const char *shown = strchr(request->base, '@') ? "that was given" : request->base;
    const char *server = strstr(shown, "://");
    size_t length = strlen(shown);
    if (request->own && server)
        length = (size_t)(server - shown) + 3 + strcspn(server + 3, "/?#");
    xr_native_raise(L, "usage", NULL, "the URL %.*s %s", (int)(length < 200 ? length : 200), shown,
                    why);
}

/*
 * Hands a built request to the pump, and frees what it holds; built is false where memory was too
 * short for it. Pushes its id, or nil and why it was not sent. [-0, +1 or +2, v]
 */
static int submit(lua_State *L, struct pump_box *box, struct xr_http_request *request, bool built)
{
    unsigned long id = 0;
    const char *why = NULL;
    enum xr_http_refusal refusal =
        built ? xr_http_submit(box->http, request, &id, &why) : XR_HTTP_NO_MEMORY;
    free_request(request);
    switch (refusal) {
    case XR_HTTP_ACCEPTED:
        lua_pushinteger(L, (lua_Integer)id);
        return 1;
    case XR_HTTP_DRY_RUN:
        lua_pushnil(L);
        lua_pushliteral(L, "dry run");
        return 2;
    case XR_HTTP_UNFIT:
        raise_unfit(L, request, why);
    case XR_HTTP_NO_MEMORY:
        break;
    }
    return luaL_error(L, "not enough memory");
}

/* pump:list{ url=, token=, auth_event_id=, timeout= } -> id */
static int l_pump_list(lua_State *L)
{
    struct pump_box *box = check_pump(L);
    struct xr_http_request request = check_request(L);
    const char *event = uuid_field(L, 2, "auth_event_id", true);
    xr_identity_list(&request, xr_token_authorization(token_field(L, 2)), event);
    return submit(L, box, &request, true);
}

/* The secret of a field, which stays on the stack; NULL when it is nil and may be. [-0, +1, v] */
static struct xr_secret *secret_field(lua_State *L, int table, const char *name, bool optional)
{
    int type = lua_getfield(L, table, name);
    struct xr_secret *secret = xr_native_to_secret(L, -1);
    if (!secret && !(optional && type == LUA_TNIL))
        xr_field_fail(L, table, name, "secret");
    return secret;
}

/* The refresh token, or the previous one, of the grant in the field "from", which stays on the
 * stack; raises kind "auth" when it has none. [-0, +2, v] */
static struct xr_secret *refresh_field(lua_State *L, int table)
{
    static const char *const which[] = {"refresh", "previous", NULL};
    lua_getfield(L, table, "from");
    struct xr_grant *grant = xr_native_to_grant(L, -1);
    if (!grant)
        xr_field_fail(L, table, "from", "grant");
    bool previous = xr_field_choice(L, table, "which", which) == 1;
    struct xr_secret *refresh = previous ? xr_grant_previous(grant) : xr_grant_refresh(grant);
    if (!refresh)
        xr_native_raise(L, "auth", "log in: xero-run login", "there is no refresh token");
    return refresh;
}

static struct xr_oauth_client client_fields(lua_State *L, int table, bool has_secret)
{
    return (struct xr_oauth_client){.id = xr_field_text(L, table, "client_id", false),
                                    .secret = secret_field(L, table, "client_secret", !has_secret)};
}

/*
 * pump:grant{ url=, grant=, client_id=, client_secret=, timeout= } -> id, with
 *   scope=                       for "client_credentials"
 *   code=, redirect_uri=, verifier=   for "authorization_code"
 *   from=, which=                for "refresh_token": of that grant, "refresh" or "previous"
 */
static int l_pump_grant(lua_State *L)
{
    static const char *const grants[] = {"client_credentials", "authorization_code",
                                         "refresh_token", NULL};
    struct pump_box *box = check_pump(L);
    struct xr_http_request request = check_request(L);
    bool built;
    (void)xr_field_text(L, 2, "grant", false);
    int grant = xr_field_choice(L, 2, "grant", grants);
    struct xr_oauth_client client = client_fields(L, 2, grant == 0);
    if (grant == 0) {
        built = xr_oauth_client_credentials(&request, &client, xr_field_text(L, 2, "scope", false));
    } else if (grant == 1) {
        const struct xr_secret *code = secret_field(L, 2, "code", false);
        const struct xr_secret *verifier = secret_field(L, 2, "verifier", true);
        const char *redirect_uri = xr_field_text(L, 2, "redirect_uri", false);
        built = xr_oauth_code(&request, &client, code, redirect_uri, verifier);
    } else {
        built = xr_oauth_refresh(&request, &client, refresh_field(L, 2));
    }
    return submit(L, box, &request, built);
}

/* pump:revoke{ url=, client_id=, client_secret=, from=, timeout= } -> id; from: a grant */
static int l_pump_revoke(lua_State *L)
{
    struct pump_box *box = check_pump(L);
    struct xr_http_request request = check_request(L);
    struct xr_oauth_client client = client_fields(L, 2, false);
    bool built = xr_oauth_revoke(&request, &client, refresh_field(L, 2));
    return submit(L, box, &request, built);
}

/* pump:request{ url=, method=, headers=, body=, timeout= } -> id, or nil and "dry run" */
static int l_pump_request(lua_State *L)
{
    struct pump_box *box = check_pump(L);
    struct xr_http_request request = check_request(L);
    bool built = xr_native_read_request(L, 2, &request);
    return submit(L, box, &request, built);
}

/* Adds a header to the table at the top, under its lower-case name; one that is there already is
 * joined to it (RFC 9110 section 5.2). [-0, +0, m] */
static void add_header(lua_State *L, const char *name, const char *value)
{
    luaL_Buffer buffer;
    size_t length = strlen(name);
    char *lower = luaL_buffinitsize(L, &buffer, length);
    for (size_t i = 0; i < length; i++)
        lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + ('a' - 'A') : name[i]);
    luaL_pushresultsize(&buffer, length);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, -3) == LUA_TNIL)
        lua_pushstring(L, value);
    else
        lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
    lua_remove(L, -2);
    lua_rawset(L, -3);
}

/* Sets the field "headers" of the table at the top. [-0, +0, m] */
static void set_headers(lua_State *L, struct xr_http_answer *answer)
{
    void *cursor = NULL;
    const char *name, *value;
    lua_createtable(L, 0, 8);
    while (xr_http_next_header(answer, &cursor, &name, &value))
        add_header(L, name, value);
    lua_setfield(L, -2, "headers");
}

/* Sets what a complete answer says in the table at the top. [-0, +0, m] */
static void set_content(lua_State *L, struct xr_http_answer *answer)
{
    lua_pushinteger(L, answer->status);
    lua_setfield(L, -2, "status");
    lua_pushstring(L, answer->version);
    lua_setfield(L, -2, "http");
    set_headers(L, answer);
    if (answer->confidential) {
        xr_native_set_grant(L, answer);
    } else {
        lua_pushlstring(L, answer->body ? answer->body : "", answer->body_length);
        lua_setfield(L, -2, "body");
    }
}

/* Pushes the table. [-0, +1, m] */
static void push_table(lua_State *L, struct xr_http_answer *answer)
{
    static const char *const errors[] = {
        [XR_HTTP_OK] = NULL,           [XR_HTTP_NETWORK] = "network",   [XR_HTTP_TLS] = "tls",
        [XR_HTTP_TIMEOUT] = "timeout", [XR_HTTP_PROTOCOL] = "protocol",
    };
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, (lua_Integer)answer->id);
    lua_setfield(L, -2, "id");
    lua_pushinteger(L, answer->sends);
    lua_setfield(L, -2, "sends");
    lua_pushinteger(L, answer->tag);
    lua_setfield(L, -2, "tag");
    lua_pushnumber(L, answer->seconds);
    lua_setfield(L, -2, "seconds");
    if (answer->error == XR_HTTP_OK) {
        set_content(L, answer);
        return;
    }
    lua_pushstring(L, errors[answer->error]);
    lua_setfield(L, -2, "error");
    lua_pushstring(L, answer->message);
    lua_setfield(L, -2, "message");
}

void xr_native_push_answer(lua_State *L, int pump, struct xr_http_answer *answer)
{
    struct pump_box *box = luaL_checkudata(L, pump, PUMP);
    drop_answer(box);
    box->answer = answer;
    push_table(L, answer);
    drop_answer(box);
}

/* pump:wait([seconds]) -> answer or nil */
static int l_pump_wait(lua_State *L)
{
    struct pump_box *box = check_pump(L);
    double seconds = luaL_optnumber(L, 2, INFINITY);
    luaL_argcheck(L, seconds >= 0, 2, "not a time to wait");
    struct xr_http_answer *answer = xr_http_wait(box->http, 0, seconds);
    if (answer)
        xr_native_push_answer(L, 1, answer);
    else
        lua_pushnil(L);
    return 1;
}

/* pump:in_flight() -> count */
static int l_pump_in_flight(lua_State *L)
{
    struct pump_box *box = luaL_checkudata(L, 1, PUMP);
    lua_pushinteger(L, box->http ? (lua_Integer)xr_http_in_flight(box->http) : 0);
    return 1;
}

/* pump:cancel(id) -> whether it was in flight */
static int l_pump_cancel(lua_State *L)
{
    struct pump_box *box = check_pump(L);
    lua_Integer id = luaL_checkinteger(L, 2);
    lua_pushboolean(L, id > 0 && xr_http_cancel(box->http, (unsigned long)id));
    return 1;
}

/* native.pump{ connect_timeout= } -> pump */
static int l_pump(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct xr_http_options options = {
        .dry_run = &xr_native_options(L)->dry_run,
        .connect_timeout = xr_field_seconds(L, 1, "connect_timeout", CONNECT_TIMEOUT),
        .interrupt_fd = xr_interrupt_fd(),
    };
    struct pump_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    *box = (struct pump_box){.http = NULL};
    luaL_setmetatable(L, PUMP);
    box->http = xr_http_new(&options);
    return box->http ? 1 : luaL_error(L, "cannot set up the network: %s", strerror(errno));
}

void xr_native_add_pump(lua_State *L)
{
    static const luaL_Reg meta[] = {
        {"__gc", l_pump_close},
        {"__close", l_pump_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"list", l_pump_list},       {"grant", l_pump_grant},
        {"wait", l_pump_wait},       {"in_flight", l_pump_in_flight},
        {"cancel", l_pump_cancel},   {"revoke", l_pump_revoke},
        {"request", l_pump_request}, {"window", xr_native_new_window},
        {"close", l_pump_close},     {NULL, NULL},
    };
    xr_native_add_type(L, PUMP, meta, methods);
    lua_pushcfunction(L, l_pump);
    lua_setfield(L, -2, "pump");
}
