/*
 * How a run that failed says so. An error object is a message for people: one line, a hint, the
 * exit status of its kind. Any other error is a bug of a script, so its traceback is shown.
 */
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "native.h"

int xr_native_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    if (message == NULL && luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL) {
        lua_settop(L, 1);
        return 1;
    }
    if (message == NULL)
        message = lua_pushfstring(L, "(the error is a %s value)", luaL_typename(L, 1));
    luaL_traceback(L, L, message, 1);
    return 1;
}

/*
 * Text of strangers must not steer a terminal: C0 and C1 controls show as escapes. What lies
 * between is written in one piece, so that programs which fail at once do not mix their words.
 */
static void write_plain(const char *text)
{
    const unsigned char *from = (const unsigned char *)text, *at = from;
    for (; *at != '\0'; at++) {
        int c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0;
        if (!c1 && (*at >= ' ' || *at == '\n' || *at == '\t') && *at != 0x7F)
            continue;
        (void)fwrite(from, 1, (size_t)(at - from), stderr);
        (void)fprintf(stderr, "\\x%02x", c1 ? *++at : *at);
        from = at + 1;
    }
    (void)fwrite(from, 1, (size_t)(at - from), stderr);
}

void xr_native_say(const char *message, const char *hint)
{
    /* Where standard error fails there is nobody left to tell. */
    (void)fputs("xero-run: ", stderr);
    write_plain(message);
    if (hint != NULL) {
        (void)fputs("\nhint: ", stderr);
        write_plain(hint);
    }
    (void)fputc('\n', stderr);
}

static int is_error_object(lua_State *L, int index)
{
    if (!lua_istable(L, index) || luaL_getmetafield(L, index, "__name") == LUA_TNIL)
        return 0;
    const char *name = lua_tostring(L, -1);
    int found = name != NULL && strcmp(name, "xero.error") == 0;
    lua_pop(L, 1);
    return found;
}

/* The error is argument 1; gives its exit status. It may run Lua code of the error's metatable. */
static int l_report(lua_State *L)
{
    int status = XR_EXIT_FAILED;
    int object = is_error_object(L, 1);
    if (object) {
        lua_getfield(L, 1, "exit_status");
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        status = (int)lua_tointeger(L, -1);
        lua_getfield(L, 1, "hint");
    } else {
        lua_pushnil(L);
    }
    const char *hint = lua_tostring(L, -1);
    xr_native_say(luaL_tolstring(L, 1, NULL), hint);
    lua_pushinteger(L, status);
    return 1;
}

int xr_native_report(lua_State *L)
{
    lua_pushcfunction(L, l_report);
    lua_pushvalue(L, -2);
    int status = XR_EXIT_FAILED;
    if (lua_pcall(L, 1, 1, 0) == LUA_OK)
        status = (int)lua_tointeger(L, -1);
    else
        xr_native_say(lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1)
                                                     : "(the error cannot be shown)",
                      NULL);
    lua_pop(L, 1);
    return status;
}
